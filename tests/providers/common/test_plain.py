"""A record told as plain JSON is the record that a JSON-lines source would give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncdoctor.providers.common.plain import plain, same
from syncdoctor.resync.sources import open_source

ROWS = [
    {"kind": "contact", "contact_name": "Ada Ltd", "contact_email": "ada@example.com"},
    {
        "kind": "invoice", "number": "C-1", "contact_name": "Ada Ltd", "date": "2026-11-22",
        "due_date": "2026-12-22", "currency": "GBP", "status": "draft", "amounts": "inclusive",
        "reference": "PO 7", "lines": [
            {"description": "Work", "quantity": "1.5", "unit_amount": "100.00", "account": "200"},
            {"description": "Parts", "quantity": "2", "unit_amount": "-0.25", "tax_type": "NONE"},
        ],
    },
    {
        "kind": "settlement", "number": "S-1", "channel": "Amazon", "date": "2026-11-22",
        "period_start": "2026-11-01", "period_end": "2026-11-14",
        "lines": [{"description": "Sales", "amount": "120.00"}],
    },
    {
        "kind": "event", "number": "E-1", "title": "Fitting", "start": "2026-11-22T09:00:00",
        "end": "2026-11-22T10:30:00", "time_zone": "Europe/London",
        "attendees": "ada@example.com, bob@example.com",
    },
    {"kind": "payment", "number": "P-1", "contact_name": "Ada Ltd", "amount": "25.00"},
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["kind"])
def test_what_is_told_can_be_read_back(row: dict[str, object], tmp_path: Path) -> None:
    def read(value: object) -> object:
        path = tmp_path / "records.jsonl"
        path.write_text(json.dumps(value) + "\n")
        (entry,) = open_source(path).entries()
        assert not entry.problems, entry.problems
        return entry.record

    record = read(row)
    told = plain(record)  # type: ignore[arg-type]
    assert read(told) == record


def test_numbers_are_compared_by_value_and_more_may_be_there() -> None:
    told = {"number": "7", "lines": [{"unit_amount": "100.00"}]}
    assert same(told, {"id": 1, "number": 7, "lines": [{"unit_amount": 100, "tax": 20}]})
    assert not same(told, {"number": "7", "lines": [{"unit_amount": "100.01"}]})
    assert not same(told, {"number": "7", "lines": []})
    assert not same(told, {"lines": [{"unit_amount": "100.00"}]})
