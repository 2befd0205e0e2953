"""Settlements in a source: read, refused by name, held back by their sales channel."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.config_tables import Channel
from syncdoctor.engine.record import Amounts, Record
from syncdoctor.providers.freeagent.records import ADAPTER as FREEAGENT
from syncdoctor.providers.xero.records import ADAPTER as XERO
from syncdoctor.resync.entries import Entry
from syncdoctor.resync.plan import Known, Selection, plan
from syncdoctor.resync.sources import open_source

HEADER = (
    "kind,number,channel,period_start,period_end,date,line_description,amount,account,tax_type\n"
)
HEAD = {
    "kind": "settlement",
    "number": "S-1",
    "channel": "Amazon UK",
    "period_start": "2026-11-01",
    "period_end": "2026-11-14",
    "date": "2026-11-15",
}


def row(amount: str, **changes: str) -> str:
    values = {**HEAD, "line_description": "Sales", "amount": amount, "account": "200", **changes}
    return ",".join(values.get(name, "") for name in HEADER.strip().split(",")) + "\n"


def entries(path: Path, *rows: str) -> list[Entry]:
    file = path / "s.csv"
    file.write_text(HEADER + "".join(rows))
    return list(open_source(file).entries())


def settlement(path: Path, *rows: str) -> Record:
    (entry,) = entries(path, *rows)
    assert entry.record is not None, entry.problems
    return entry.record


def test_rows_of_one_number_are_one_settlement(tmp_path: Path) -> None:
    record = settlement(tmp_path, row("100.00"), row("-20.50"))
    assert (record.total, record.is_bill) == (Decimal("79.50"), False)
    assert (record.contact_name, record.amounts) == ("Amazon UK", Amounts.INCLUSIVE)
    assert record.reference == "Amazon UK, 1 Nov 2026 to 14 Nov 2026"
    assert record.due_date == dt.date(2026, 11, 15)


def test_json_lines_say_the_same(tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    lines = [{"description": "Sales", "amount": a, "account": "200"} for a in ("100.00", "-20.50")]
    file.write_text(json.dumps({**HEAD, "lines": lines}) + "\n")
    (entry,) = open_source(file).entries()
    flat = settlement(tmp_path, row("100.00"), row("-20.50"))
    assert entry.record is not None
    assert entry.record.content_hash() == flat.content_hash()


def test_what_costs_more_than_it_brings_is_a_bill_without_minus(tmp_path: Path) -> None:
    record = settlement(tmp_path, row("10.00"), row("-30.00"))
    assert record.is_bill
    assert [line.unit_amount for line in record.booked_lines] == [Decimal(-10), Decimal(30)]
    assert settlement(tmp_path, row("10.00"), row("-10.00")).is_bill is False


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"channel": ""}, "column channel: expected the sales channel that paid, is empty"),
        ({"period_end": "2026-10-31"}, "column period_end: expected a day that is not before"),
        ({"line_description": ""}, "column line_description: expected what was sold, or taken"),
        ({"number": ""}, "column number: expected the number"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    (entry,) = entries(tmp_path, row("1.00", **changes))
    assert entry.record is None
    assert said in str(entry.problems[0])


def test_a_total_that_is_not_what_was_paid_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    line = {"description": "Sales", "amount": "1.00"}
    file.write_text(json.dumps({**HEAD, "amounts": "exclusive", "lines": [line]}) + "\n")
    (entry,) = open_source(file).entries()
    assert "expected inclusive or no-tax" in str(entry.problems[0])


@pytest.mark.parametrize(
    ("channels", "held"),
    [
        ((), {}),
        ((Channel("amazon uk", "Ann", "active"),), {}),
        ((Channel("Amazon UK"),), {}),
        (
            (Channel("Amazon UK", "Ann", "paused"),),
            {"the sales channel Amazon UK, which is paused": 1},
        ),
        (
            (Channel("eBay", "Ann"),),
            {"the sales channel Amazon UK, which the workspace does not have": 1},
        ),
    ],
)
def test_a_channel_that_is_off_holds_its_settlements_back(
    tmp_path: Path, channels: tuple[Channel, ...], held: dict[str, int]
) -> None:
    found = entries(tmp_path, row("1.00"))
    selection = Selection(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), channels=channels)
    made = plan(found, XERO, {}, selection, Known())
    assert made.held_back == held
    assert [step.look_first for step in made.steps] == ([] if held else [True])


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        ((row("-1.00", tax_type="20"),), "status"),
        ((row("1.00"),), "tax_type"),
    ],
)
def test_freeagent_cannot_take_all_of_them(
    tmp_path: Path, rows: tuple[str, ...], column: str
) -> None:
    found = entries(tmp_path, *(line.replace(",200,", ",001,") for line in rows))
    selection = Selection(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    made = plan(found, FREEAGENT, {}, selection, Known())
    assert [entry.problems[0].column for entry in made.refused] == [column]


def test_xero_exports_bills_into_a_file_of_their_own(tmp_path: Path) -> None:
    payout = settlement(tmp_path, row("10.00"))
    bill = settlement(tmp_path, row("-10.00", number="S-2"))
    files: Any = {file.name: file for file in XERO.export([payout, bill])}
    assert set(files) == {"xero-invoices-inclusive-1.csv", "xero-bills-inclusive-1.csv"}
    assert "10.00" in files["xero-bills-inclusive-1.csv"].rows[0]
