from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.engine.record import RecordStatus
from syncdoctor.errors import Guarded, UsageError
from syncdoctor.providers.xero.records import ADAPTER
from syncdoctor.resync.plan import Known, Plan, Selection, plan, settled
from syncdoctor.resync.since import parse_since
from syncdoctor.resync.sources import open_source

SINCE = datetime(2026, 11, 15, tzinfo=UTC)
HEADER = (
    "kind,number,contact_name,date,due_date,updated_at,status,external_id,"
    "line_description,quantity,unit_amount\n"
)


def row(number: str, *, kind: str = "invoice", day: str = "2026-11-20", updated: str = "",
        status: str = "authorised", external: str = "") -> str:  # fmt: skip
    return f"{kind},{number},Ann,{day},2026-12-20,{updated},{status},{external},x,1,1\n"


def made(
    directory: Path,
    *rows: str,
    settings: dict[str, Any] | None = None,
    known: Known | None = None,
    **selection: Any,
) -> Plan:
    path = directory / "r.csv"
    path.write_text(HEADER + "".join(rows))
    return plan(
        open_source(path).entries(),
        ADAPTER,
        settings or {},
        Selection(**({"since": SINCE} | selection)),
        known or Known(),
    )


def keys(made_plan: Plan) -> list[str]:
    return [step.record.key for step in made_plan.steps]


def test_only_what_is_recent_goes_by_last_change_or_date(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        row("old", day="2026-11-01"),
        row("changed", day="2026-11-01", updated="2026-11-21T00:00:00Z"),
        row("untouched", updated="2026-11-14T23:59:59Z"),
        row("first-day", day="2026-11-15"),
        "contact,,Bob,,,,,,,,\n",
    )
    assert keys(found) == ["Bob", "changed", "first-day"]
    assert found.held_back == {"not recent": 2}
    assert found.seen == 5


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["D", "A", "C"]),
        ({"invoice_status": "authorised"}, ["A", "C"]),
        ({"invoice_status": "draft"}, ["D", "A", "C"]),
        ({"kinds": ["invoice"]}, ["D", "A"]),
        ({"exclude": ["A*"]}, ["D", "C"]),
    ],
)
def test_what_the_settings_let_through(
    tmp_path: Path, settings: dict[str, Any], expected: list[str]
) -> None:
    rows = (row("D", status="draft"), row("A"), row("C", kind="credit-note"))
    assert keys(made(tmp_path, *rows, settings=settings)) == expected


def test_what_a_record_leaves_open_comes_from_the_settings(tmp_path: Path) -> None:
    (step,) = made(tmp_path, row("A", status="")).steps
    filled = settled(step.record, {"sales_account": 200, "tax_type": "OUTPUT2"})
    assert (filled.lines[0].account, filled.lines[0].tax_type) == ("200", "OUTPUT2")
    assert filled.status is RecordStatus.DRAFT
    authorised = settled(step.record, {"invoice_status": "authorised"})
    # The step was settled as a draft already; a fresh record would follow the setting.
    assert authorised.status is RecordStatus.DRAFT
    (fresh,) = made(tmp_path, row("A", status=""), settings={"invoice_status": "authorised"}).steps
    assert fresh.record.status is RecordStatus.AUTHORISED
    (drafted,) = made(tmp_path, row("A"), settings={"invoice_status": "draft"}).steps
    assert drafted.record.status is RecordStatus.DRAFT


def test_what_stands_there_is_unchanged_until_its_content_changes(tmp_path: Path) -> None:
    (step,) = made(tmp_path, row("A")).steps
    known = Known({("invoice", "A"): step.content_hash})
    assert made(tmp_path, row("A"), known=known).steps == ()
    assert keys(made(tmp_path, row("A", status="draft"), known=known)) == ["A"]
    other_default = made(tmp_path, row("A"), known=known, settings={"sales_account": "260"})
    assert keys(other_default) == ["A"]


def test_an_intent_without_result_goes_whatever_its_age(tmp_path: Path) -> None:
    known = Known(unresolved=frozenset({("invoice", "A")}))
    (step,) = made(tmp_path, row("A", day="2020-01-01"), known=known).steps
    assert step.tried
    assert step.look_first


def test_one_number_twice_refuses_both(tmp_path: Path) -> None:
    found = made(tmp_path, row("A"), row("B"), row("A"))
    assert keys(found) == ["B"]
    assert [e.key for e in found.refused] == ["A", "A"]
    assert "is in the source more than once" in str(found.refused[0].problems[0])


def test_what_the_provider_can_never_take_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    found = made(tmp_path, row("N" * 256), row("A").replace("2026-12-20", ""))
    assert found.steps == ()
    assert {str(e.problems[0]) for e in found.refused} == {
        "line 2, column number: expected at most 255 characters, has 256",
        "line 3, column due_date: expected a due date, which Xero wants of an authorised invoice",
    }


def test_record_takes_the_products_own_id_as_well(tmp_path: Path) -> None:
    rows = (row("A", external="p-1", day="2020-01-01"), row("B"))
    assert keys(made(tmp_path, *rows, records=frozenset({"p-1"}))) == ["A"]
    assert keys(made(tmp_path, *rows, kinds=frozenset({"contact"}))) == []


def test_max_changes_counts_only_what_would_be_sent(tmp_path: Path) -> None:
    rows = (row("A"), row("B"), row("old", day="2020-01-01"))
    assert len(made(tmp_path, *rows, max_changes=2).steps) == 2
    with pytest.raises(Guarded, match="more than --max-changes 1"):
        made(tmp_path, *rows, max_changes=1)


def test_since() -> None:
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert parse_since("7d", now) == datetime(2026, 11, 15, 9, tzinfo=UTC)
    assert parse_since("24h", now) == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert parse_since("2W", now) == datetime(2026, 11, 8, 9, tzinfo=UTC)
    assert parse_since("2026-11-20", now) == datetime(2026, 11, 20, tzinfo=UTC)
    for wrong in ("", "7", "-7d", "yesterday", "7 months"):
        with pytest.raises(UsageError, match="expected 7d"):
            parse_since(wrong, now)
