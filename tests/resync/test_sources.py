from __future__ import annotations

import contextlib
import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncdoctor.engine.record import Amounts, Line, RecordStatus
from syncdoctor.errors import UsageError
from syncdoctor.resync.columns import COLUMNS, json_schema
from syncdoctor.resync.entries import Entry
from syncdoctor.resync.sources import EmptySource, open_source

HEADER = "number,contact_name,date,due_date,line_description,quantity,unit_amount\n"
GOOD = "INV-1,Juniper & Co,2026-11-20,2026-12-20,Advice,2,60.25\n"


def entries(directory: Path, content: str | bytes, name: str = "r.csv") -> list[Entry]:
    path = directory / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(open_source(path).entries())


def test_rows_with_one_number_are_the_lines_of_one_record(tmp_path: Path) -> None:
    header = (
        "kind,number,contact_name,contact_email,contact_number,date,due_date,currency,status,amounts,"
        "reference,updated_at,external_id,line_description,quantity,unit_amount,account,tax_type\n"
    )
    one, two = entries(
        tmp_path,
        header + "invoice,INV-1,Ann,a@b.example,C1,2026-11-20,2026-12-20,gbp,Authorised,inclusive,"
        "Ref,2026-11-21T10:00:00+01:00,x1,Advice,2,60.25,200,OUTPUT2\n"
        + "invoice,INV-1,,,,,,,,,,,,Travel,1,-5,,\n"
        + "credit-note,INV-1,Ann,,,2026-11-20,,,,,,,,Advice,1,5,,\n",
    )
    record = one.record
    assert record is not None
    assert record.lines == (
        Line("Advice", Decimal(2), Decimal("60.25"), "200", "OUTPUT2"),
        Line("Travel", Decimal(1), Decimal(-5)),
    )
    assert (record.date, record.due_date) == (date(2026, 11, 20), date(2026, 12, 20))
    assert (record.currency, record.amounts) == ("GBP", Amounts.INCLUSIVE)
    assert record.status is RecordStatus.AUTHORISED
    assert record.updated_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert (record.position, record.external_id, record.contact_number) == (2, "x1", "C1")
    assert (two.kind, two.key) == ("credit-note", "INV-1")
    assert two.record is not None


def test_json_lines_say_the_same_as_csv(tmp_path: Path) -> None:
    value = {
        "number": "INV-1", "contact_name": "Juniper & Co", "date": "2026-11-20",
        "due_date": "2026-12-20", "lines": [
            {"description": "Advice", "quantity": 2, "unit_amount": 60.25}
        ],
    }  # fmt: skip
    (from_json,) = entries(tmp_path, json.dumps(value) + "\n\n", "r.jsonl")
    (from_csv,) = entries(tmp_path, HEADER + GOOD)
    assert from_json.record is not None
    assert from_csv.record is not None
    assert from_json.record.content_hash() == from_csv.record.content_hash()
    jsonschema.validate(value, json_schema("invoice"))


def test_a_byte_order_mark_crlf_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    text = (HEADER + GOOD + "\n,,,,,,\n").replace("\n", "\r\n")
    (entry,) = entries(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert entry.key == "INV-1"
    assert entry.record is not None


def test_a_cell_over_several_lines_does_not_shift_the_line_numbers(tmp_path: Path) -> None:
    first = 'INV-1,Juniper & Co,2026-11-20,,"two\nlines",1,1\n'
    _, second = entries(tmp_path, HEADER + first + "INV-2,Ann,tomorrow,,x,1,1\n")
    assert str(second.problems[0]) == (
        "line 4, column date: expected a date written YYYY-MM-DD, is 'tomorrow'"
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("INV-1,Ann,20/11/2026,,x,1,1", "column date: expected a date written YYYY-MM-DD"),
        ("INV-1,Ann,20261120,,x,1,1", "column date: expected a date written YYYY-MM-DD"),
        ("INV-1,Ann,2026-02-30,,x,1,1", "column date: expected a date"),
        ("INV-1,Ann,,,x,1,1", "column date: expected date of issue, is empty"),
        (",Ann,2026-11-20,,x,1,1", "column number: expected the number"),
        ("INV-1,,2026-11-20,,x,1,1", "column contact_name: expected the customer's name"),
        ('INV-1,Ann,2026-11-20,,x,1,"1,250.00"', "column unit_amount: expected a number"),
        ("INV-1,Ann,2026-11-20,,x,1,£5", "column unit_amount: expected a number"),
        ("INV-1,Ann,2026-11-20,,x,1,1e9", "column unit_amount: expected a number"),
        ("INV-1,Ann,2026-11-20,,x,1,NaN", "column unit_amount: expected a number"),
        ("INV-1,Ann,2026-11-20,,x,1,1.00001", "with at most 4 decimals"),
        ("INV-1,Ann,2026-11-20,,x,,1", "column quantity: expected how many, is empty"),
        ("INV-1,A\x07nn,2026-11-20,,x,1,1", "text without control characters"),
        ("INV-1,Ann,2026-11-20,,x,1", "expected 7 columns, has 6"),
        ("INV-1,Ann,2026-11-20,,x,1,1,1", "expected 7 columns, has 8"),
    ],
)
def test_a_bad_record_is_named_and_the_others_go(tmp_path: Path, row: str, said: str) -> None:
    good, bad, last = entries(
        tmp_path, HEADER + GOOD.replace("INV-1", "A") + row + "\n" + GOOD.replace("INV-1", "Z")
    )
    assert good.record is not None
    assert last.record is not None
    assert bad.record is None
    assert bad.problems[0].line == 3
    assert said in str(bad.problems[0])


def test_rows_of_one_record_must_agree(tmp_path: Path) -> None:
    other = GOOD.replace("2026-12-20", "2026-12-24")
    (entry,) = entries(tmp_path, HEADER + GOOD + other)
    assert str(entry.problems[0]) == (
        "line 3, column due_date: differs from line 2 of the same record"
    )


def test_a_number_that_comes_back_later_is_a_repeat(tmp_path: Path) -> None:
    first, _, again = entries(
        tmp_path, HEADER + GOOD + GOOD.replace("INV-1", "B") + GOOD.replace("INV-1", "inv-1")
    )
    assert first.record is not None
    assert again.repeats
    assert "'inv-1' was on line 2 already" in str(again.problems[0])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "expected one JSON object"),
        ("[1]", "expected one JSON object"),
        ('{"number": NaN}', "expected one JSON object"),
        ('{"number": "1", "lines": {}}', "column lines: expected a list of objects"),
        ('{"number": ["1"], "lines": []}', "column number: expected text or a number"),
        ('{"number": "1", "lines": [{"quantity": true}]}', "lines[0].quantity: expected text"),
        ("[" * 100_000, "expected one"),
        ('{"number": 1e999999999}', "expected"),
        ('{"number": ' + "9" * 5000 + "}", "expected"),
    ],
)  # fmt: skip
def test_a_bad_json_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    first, bad = entries(tmp_path, '{"number": "0"}\n' + line + "\n", "r.jsonl")
    assert first.problems
    assert bad.record is None
    assert bad.problems[0].line == 2
    assert said in " ".join(map(str, bad.problems))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("number,contact_name\n1,Ann\n", "missing columns date, line_description, quantity"),
        ("kind,number\ninvoice,1\n", "missing column contact_name"),
        (HEADER.replace("due_date", "duedate") + GOOD, "no column duedate; due_date was expected"),
        (HEADER.replace("due_date", "date") + GOOD, "the column date is there twice"),
        (HEADER.replace(",", ";"), "columns must be separated by commas"),
        ((HEADER + GOOD).encode("utf-16"), "is UTF-16; save it as UTF-8"),
        ((HEADER + "INV-1,Zo\u00eb\n").encode("latin-1"), "line 2, byte 9: not UTF-8"),
        (HEADER.encode() + b"INV-1,A\0,", "line 2: a NUL byte"),
        (HEADER + '"INV-1,Ann\n', "line 2: not valid CSV"),
        (HEADER + GOOD + '"a"b,Ann\n', "line 3: not valid CSV"),
        ('[{"number": 1}]\n', "is a JSON array"),
        ("\x89PNG\r\n\x1a\n", "not UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_source_is_refused_whole(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    content = content.encode("latin-1") if content == "\x89PNG\r\n\x1a\n" else content
    with pytest.raises(UsageError) as raised:
        entries(tmp_path, content)
    assert said in raised.value.message
    assert "r.csv" in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize("content", ["", "\n \n", HEADER, "\ufeff"])
def test_an_empty_file_is_its_own_fault(tmp_path: Path, content: str) -> None:
    with pytest.raises(EmptySource):
        entries(tmp_path, content)


def test_a_directory_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a directory"):
        open_source(tmp_path)
    with pytest.raises(UsageError, match="There is no file"):
        open_source(tmp_path / "none.csv")


def test_a_column_of_somebody_elses_is_said_and_left(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(HEADER.strip() + ",colour,problem\n" + GOOD.strip() + ",red,old words\n")
    source = open_source(path)
    assert source.warnings == (f"{path}: the column colour is not used.",)
    assert next(source.entries()).record is not None


@given(st.binary(max_size=400))
def test_no_file_makes_it_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    directory = tmp_path_factory.getbasetemp()
    for name, head in (("any.csv", HEADER.encode()), ("any.jsonl", b"")):
        found: list[Entry] = []
        with contextlib.suppress(UsageError):
            found = entries(directory, head + content, name)
        assert all(e.record or e.problems for e in found)


@given(st.lists(st.text(max_size=12), min_size=7, max_size=7))
def test_any_cells_give_a_record_or_a_problem(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    found: list[Entry] = []
    with contextlib.suppress(UsageError):
        text = HEADER + GOOD + out.getvalue()
        found = entries(tmp_path_factory.getbasetemp(), text.encode(errors="replace"), "cells.csv")
        assert found[0].key == "INV-1"
    assert all(e.record or e.problems for e in found)


def test_every_column_is_in_the_schemas() -> None:
    for kind in ("contact", "invoice", "credit-note"):
        schema = json_schema(kind)
        jsonschema.Draft202012Validator.check_schema(schema)
        lines = schema["properties"].get("lines", {}).get("items", {}).get("properties", {})
        for column in COLUMNS:
            if kind in column.kinds:
                assert column.target in (lines if column.of_line else schema["properties"])
