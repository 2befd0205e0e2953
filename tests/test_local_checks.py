"""The product's side: what the workspace file, the guide, the last syncs and the source say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from syncdoctor import doctor, local_checks
from syncdoctor.config import Config
from syncdoctor.config_tables import Channel, Workspace
from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import load_guide
from syncdoctor.errors import ConfigError, UsageError
from syncdoctor.local_checks.answers import NAMES, answered, questions
from syncdoctor.model import (
    Action,
    Cause,
    Check,
    Connection,
    Organisation,
    Severity,
    State,
    Trigger,
)
from syncdoctor.states import Background, Case, exit_code, known_row
from syncdoctor.store.rows import Evidence, Sync, SyncStatus

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HEADER = "kind,number,contact_name,date,due_date,status,line_description,quantity,unit_amount\n"


@cache
def catalogue() -> Catalogue:
    return load()


def case(
    guide: str = "default",
    *,
    provider: str = "xero",
    settings: Mapping[str, Any] | None = None,
    background: Background | None = None,
    last_sync: Sync | None = None,
    **workspace: Any,
) -> Case:
    connection = Connection(
        "acme",
        provider,
        "c-1",
        provider,
        "app",
        NOW,
        Organisation("1", "Demo"),
        {"sales_account": "200", "tax_type": "OUTPUT2", **(settings or {})},
    )
    return Case(
        connection,
        Workspace("acme", guide=guide, **workspace),
        catalogue().providers[provider],
        load_guide(guide),
        last_sync,
        background or Background(NOW),
    )


def checks(one: Case) -> dict[str, Check]:
    return {check.name: check for check in local_checks.run(one)}


def facts(one: Case) -> set[str]:
    """The facts that hold."""
    return {name for c in local_checks.run(one) for name, v in c.facts.items() if v is True}


def sync(status: SyncStatus, ago: timedelta = timedelta(hours=1), number: int = 1) -> Sync:
    return Sync(number, "c-1", "acme/xero", Trigger.MANUAL, NOW - ago, None, status)


def asked(one: Case) -> set[str]:
    return {check.name for check in local_checks.run(one) if check.outcome == "to-ask"}


@pytest.mark.parametrize(
    ("guide", "open_ones"),
    [
        ("solido", set()),
        ("default", set()),
        ("tradebooked", {"plan"}),
        ("client-portal", {"licence", "tier", "invoice-limit", "invoices-this-month"}),
        ("hearlink", {"role", "auto-sync", "invoice-status", "credit-notes"}),
        ("link-my-books", {"role", "channels"}),
    ],
)
def test_only_what_the_guide_speaks_about_is_asked(guide: str, open_ones: set[str]) -> None:
    assert asked(case(guide)) == open_ones
    assert facts(case(guide)) == set()


@pytest.mark.parametrize(
    ("one", "fact"),
    [
        (case("client-portal", licence="lapsed"), "licence_inactive"),
        (case("tradebooked", plan="Solo"), "plan_excludes_provider"),
        (case("client-portal", invoice_limit=10, invoices_this_month=10), "invoice_limit_reached"),
        (case("client-portal", invoice_limit=10, invoices_this_month=9), "invoice_limit_near"),
        (case("link-my-books", person_role="Viewer"), "role_may_not_manage"),
        (case("hearlink", person_role="no"), "role_may_not_manage"),
        (case(settings={"auto_sync": False}), "auto_sync_off"),
        (case(settings={"kinds": ["invoice", "contact"]}), "credit_notes_excluded"),
        (case(channels=(Channel("amazon", "Ann", "paused"),)), "channel_off"),
        (case(channels=(Channel("amazon", "Bob"),), person="Ann"), "channel_of_another"),
    ],
)
def test_what_the_product_does_not_allow(one: Case, fact: str) -> None:
    assert facts(one) == {fact}


@pytest.mark.parametrize(
    "one",
    [
        case("client-portal", licence="active", tier="Growth"),
        case("tradebooked", plan="autopilot"),
        case("client-portal", invoice_limit=10, invoices_this_month=8),
        case("link-my-books", person_role="full user"),
        case("hearlink", person_role="owner"),
        case("hearlink", settings={"auto_sync": True}),
        case(channels=(Channel("amazon", "ann", "active"),), person="Ann"),
    ],
)
def test_what_is_fine_makes_no_fact(one: Case) -> None:
    assert facts(one) == set()


def test_a_group_that_the_guide_does_not_know_is_asked_about() -> None:
    check = checks(case("hearlink", person_role="Sales"))["role"]
    assert check.outcome == "to-ask"
    assert "Sales" in check.summary


@pytest.mark.parametrize(
    ("tier", "hours", "late"),
    [("Starter", 20, False), ("Starter", 25, True), ("Growth", 2, True), ("scale", 0.2, False)],
)
def test_the_last_sync_is_compared_with_the_tier(tier: str, hours: float, *, late: bool) -> None:
    last = sync(SyncStatus.SUCCEEDED, timedelta(hours=hours))
    one = case("client-portal", tier=tier, last_sync=last)
    assert ("sync_overdue" in facts(one)) is late


def test_a_row_of_failed_syncs_is_a_pattern() -> None:
    failed = [sync(SyncStatus.FAILED, number=n) for n in range(5)]
    for row, told in ((2, False), (3, True)):
        recent = (*failed[:row], sync(SyncStatus.SUCCEEDED))
        one = case("solido", last_sync=recent[0], background=Background(NOW, recent))
        assert ("syncs_failing" in facts(one)) is told
    partial = tuple(sync(SyncStatus.PARTIAL) for _ in range(5))
    one = case(last_sync=partial[0], background=Background(NOW, partial))
    assert facts(one) == {"last_sync_failed"}  # refused records: the connection works


@pytest.mark.parametrize(
    ("minutes", "abandoned", "hangs"),
    [(1, False, False), (1, True, True), (14, False, False), (16, False, True)],
)
def test_a_send_that_hangs(minutes: int, *, abandoned: bool, hangs: bool) -> None:
    last = sync(SyncStatus.RUNNING, timedelta(minutes=minutes))
    one = case(last_sync=last, background=Background(NOW, (last,), {}, abandoned))
    assert ("sync_hangs" in facts(one)) is hangs
    if hangs:
        found = doctor.conclude(one, catalogue(), list(local_checks.run(one)))
        assert found.state is State.LAST_SYNC_FAILED
        assert found.findings[0].cause == "network-failure"
        assert found.findings[0].action == "resync"


def pending(tmp_path: Path, rows: str, confirmed: tuple[str, ...] = (), **settings: Any) -> Case:
    source = tmp_path / "records.csv"
    source.write_text(HEADER + rows)
    there = {("invoice", key): "other" for key in confirmed}
    return case(source=source, settings=settings, background=Background(NOW, (), there))


GOOD = "invoice,INV-1,Bob,2026-11-19,2026-12-19,authorised,Work,1,10\n"
DRAFT = "invoice,INV-2,Bob,2026-11-19,2026-12-19,draft,Work,1,10\n"


@pytest.mark.parametrize(
    ("rows", "settings", "expected", "names"),
    [
        (GOOD, {}, set(), ""),
        (GOOD + DRAFT, {"invoice_status": "authorised"}, {"drafts_held_back"}, "INV-2"),
        (GOOD + DRAFT, {"invoice_status": "draft"}, set(), ""),
        (GOOD, {"exclude": ["INV-*"]}, {"records_excluded"}, "exclude INV-*"),
        (GOOD.replace("Bob", ""), {}, {"records_incomplete"}, "contact_name"),
        (GOOD + DRAFT + GOOD.replace("10", "11"), {}, {"records_doubled"}, "INV-1"),
    ],
)
def test_what_waits_in_the_source(
    tmp_path: Path, rows: str, settings: dict[str, Any], expected: set[str], names: str
) -> None:
    one = pending(tmp_path, rows, **settings)
    assert facts(one) == expected
    assert all(names in c.summary for c in local_checks.run(one) if c.outcome == "problem")


def test_a_record_whose_number_stands_there_in_another_form_is_a_double(tmp_path: Path) -> None:
    assert facts(pending(tmp_path, GOOD, ("inv-1",))) == {"records_doubled"}
    assert facts(pending(tmp_path, GOOD, ("INV-1",))) == set()  # the same one, changed


def test_a_source_is_read_up_to_a_bound(tmp_path: Path) -> None:
    rows = "".join(GOOD.replace("INV-1", f"INV-{n}") for n in range(2500))
    summary = checks(pending(tmp_path, rows))["source"].summary
    assert summary == "2000 or more records in the source"


@pytest.mark.parametrize("empty", [False, True], ids=["absent", "empty"])
def test_a_source_that_cannot_be_read_is_a_problem_of_its_own(
    tmp_path: Path, *, empty: bool
) -> None:
    path = tmp_path / "here.csv"
    if empty:
        path.touch()
    one = case(source=path)
    found = checks(one)["source"]
    assert found.outcome == "problem"
    assert "here.csv" in found.summary
    told = [f for f in doctor.conclude(one, catalogue(), [found]).findings if f.check == "source"]
    assert [(f.cause, f.severity, f.said) for f in told] == [
        (Cause.SETTING_MISSING, Severity.WARNING, found.summary)
    ]


@pytest.mark.parametrize("status", [SyncStatus.FAILED, SyncStatus.INTERRUPTED])
@pytest.mark.parametrize("cause", [None, Cause.PROVIDER_OUTAGE, Cause.RECONNECT_NEEDED])
def test_a_failed_sync_that_nothing_explains_is_not_healthy(
    status: SyncStatus, cause: Cause | None
) -> None:
    last = Sync(3, "c-1", "acme/xero", Trigger.AUTOMATIC, NOW, NOW, status, cause=cause)
    one = replace(case(), last_sync=last)
    made = doctor.conclude(one, catalogue(), [checks(one)["last-sync"]])
    (finding,) = made.findings
    assert (made.state, exit_code(made)) == (State.LAST_SYNC_FAILED, 1)
    assert (finding.action, finding.check) == (Action.RESYNC, "last-sync")
    assert finding.steps[-1].endswith("syncdoctor resync acme/xero --failed")


@pytest.mark.parametrize(
    ("status", "minutes", "state"),
    [
        (SyncStatus.SUCCEEDED, 1, State.UNKNOWN),
        (SyncStatus.SUCCEEDED, -1, State.LAST_SYNC_FAILED),
        (SyncStatus.FAILED, 1, State.LAST_SYNC_FAILED),
    ],
)
def test_a_later_sync_that_succeeded_ends_the_failure(
    status: SyncStatus, minutes: int, state: State
) -> None:
    began = NOW + timedelta(minutes=minutes)
    last = Sync(4, "c-1", "acme/xero", Trigger.MANUAL, began, began, status)
    known = Evidence(
        *("c-1", "acme/xero", State.LAST_SYNC_FAILED, Cause.UNKNOWN, Action.RESYNC, NOW, NOW),
        source="diagnose",
    )
    assert known_row(replace(case(), last_sync=last), known, ()).state is state


def test_warnings_of_the_products_side_are_no_state_of_the_connection() -> None:
    one = case("client-portal", invoice_limit=10, invoices_this_month=9, licence="active")
    found = doctor.conclude(one, catalogue(), list(local_checks.run(one)))
    assert [f.rule for f in found.findings] == ["common.invoice-limit-near"]
    assert found.state is State.HEALTHY


def test_answers_are_taken_for_what_the_file_would_say() -> None:
    one = case("client-portal")
    for name, value in (
        ("licence", "no"),
        ("tier", "Scale"),
        ("invoice-limit", "100"),
        ("invoices-this-month", "100"),
    ):
        assert name in {check.name for check in questions(one)}
        one = answered(one, name, value)
    assert questions(one) == []
    assert facts(one) == {"licence_inactive", "invoice_limit_reached"}


def test_answers_about_settings() -> None:
    one = case("hearlink")
    for name, value in (
        ("role", "yes"),
        ("auto-sync", "no"),
        ("invoice-status", "Authorised"),
        ("credit-notes", "no"),
    ):
        one = answered(one, name, value)
    assert asked(one) == set()
    assert facts(one) == {"auto_sync_off", "credit_notes_excluded"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("colour", "red", "there is no such question"),
        ("invoice-limit", "many", "a whole number is expected"),
        ("auto-sync", "perhaps", "yes or no is expected"),
        ("invoice-status", "paid", "draft or authorised is expected"),
    ],
)
def test_what_is_no_answer(name: str, value: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        answered(case(), name, value)


def test_every_question_of_every_guide_can_be_answered_or_is_listed() -> None:
    every = set().union(*(asked(case(g)) for g in ("client-portal", "hearlink", "tradebooked")))
    assert every <= set(NAMES)


def test_the_workspace_file_holds_the_products_side(tmp_path: Path) -> None:
    folder = tmp_path / "workspaces"
    folder.mkdir()
    file = folder / "acme.toml"
    file.write_text(
        'person_role = "Owner"\ninvoice_limit = 100\ninvoices_this_month = 7\n'
        '[channels.amazon]\nowner = "Ann"\nstate = "active"\n'
    )
    read = Config(tmp_path).workspace("acme")
    assert (read.person_role, read.invoice_limit, read.invoices_this_month) == ("Owner", 100, 7)
    assert read.channels == (Channel("amazon", "Ann", "active"),)
    for wrong in (
        "invoice_limit = -1",
        "invoice_limit = true",
        '[channels.amazon]\ncolour = "red"',
    ):
        file.write_text(wrong)
        with pytest.raises(ConfigError, match=r"acme\.toml:[12]"):
            Config(tmp_path).workspace("acme")


def test_a_case_without_background_has_the_checks_of_the_file_alone() -> None:
    one = replace(case("client-portal"), background=None)
    assert "failed-syncs" not in checks(one)
    assert "last-sync" in checks(one)


@pytest.mark.parametrize("provider", sorted(catalogue().providers))
def test_every_provider_has_the_products_side(tmp_path: Path, provider: str) -> None:
    source = tmp_path / "records.csv"
    source.write_text(HEADER + GOOD)
    one = case("client-portal", provider=provider, source=source, licence="lapsed")
    assert "licence_inactive" in facts(one)
    assert {"enabled", "auto-sync", "last-sync"} <= {*checks(one)}
