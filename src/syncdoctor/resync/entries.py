"""From the raw values of a source to records, or to what is wrong with them. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from syncdoctor.engine.record import (
    EVENT,
    INVOICE,
    SETTLEMENT,
    Amounts,
    Line,
    Record,
    RecordStatus,
)
from syncdoctor.resync import events
from syncdoctor.resync.columns import BY_NAME, COLUMNS, Unexpected


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a record, and where in the file."""

    line: int
    column: str | None
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Raw:
    """One record as it was read: the values of its head and of its lines, each with a place."""

    line: int
    head: Mapping[str, str]
    lines: tuple[tuple[int, Mapping[str, str]], ...]
    source: (
        tuple[tuple[str, ...], ...] | str
    )  # the rows (CSV, as parsed) or the line (JSON), as they were
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a source, or why it cannot be one."""

    kind: str
    key: str
    record: Record | None
    problems: tuple[Problem, ...]
    raw: Raw
    repeats: bool = False  # an earlier record has the same number


def build(raw: Raw, default_kind: str | None, *, flat: bool) -> Entry:
    """Read the values of one record. ``flat``: lines have the names of CSV columns."""
    problems = list(raw.problems)
    kind = _kind(raw, default_kind, problems)
    head = _values(raw.line, raw.head, kind, problems, of_line=False, flat=flat)
    lines = []
    if kind in BY_NAME["line_description"].required:
        if not raw.lines:
            problems.append(Problem(raw.line, "lines", "expected at least one line"))
        for number, (line, values) in enumerate(raw.lines):
            place = "" if flat else f"lines[{number}]."
            lines.append(
                _values(line, values, kind, problems, of_line=True, flat=flat, place=place)
            )
    name = raw.head.get("contact_name", "").strip()
    key = (raw.head.get("number", "").strip() or name) if kind != "contact" else name
    if kind == SETTLEMENT and not problems:
        problems += _settlement_problems(raw.line, head)
    if kind == EVENT and not problems:
        problems += [Problem(raw.line, *found) for found in events.problems(head)]
    if problems:
        return Entry(kind, key, None, tuple(problems), raw)
    return Entry(kind, key, _record(kind, raw.line, head, lines), (), raw)


def _kind(raw: Raw, default: str | None, problems: list[Problem]) -> str:
    written = raw.head.get("kind", "").strip()
    if not written:
        return default or usual_kind(raw.head)
    try:
        return str(BY_NAME["kind"].read(written))
    except Unexpected as error:
        problems.append(_problem(raw.line, "kind", error, written))
        return default or usual_kind(raw.head)


def usual_kind(names: Iterable[str]) -> str:
    """The kind of a row that names none: one with a title and a start is an event."""
    return EVENT if {"title", "start"} <= set(names) else INVOICE


def _values(
    line: int,
    given: Mapping[str, str],
    kind: str,
    problems: list[Problem],
    *,
    of_line: bool,
    flat: bool,
    place: str = "",
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in COLUMNS:
        if column.of_line is not of_line or column.name == "kind" or kind not in column.kinds:
            continue
        name = column.name if flat else column.target
        text = given.get(name, "").strip()
        if not text:
            if kind in column.required:
                meaning = column.meaning.partition(";")[0]
                problems.append(Problem(line, place + name, f"expected {meaning}, is empty"))
            continue
        try:
            values[column.target] = column.read(text)
        except Unexpected as error:
            problems.append(_problem(line, place + name, error, text))
    return values


def _problem(line: int, column: str, error: Unexpected, text: str) -> Problem:
    longest = 40
    shown = text if len(text) <= longest else text[:longest] + "…"
    return Problem(line, column, f"expected {error}, is {shown!r}")


def _record(kind: str, line: int, head: dict[str, Any], lines: Sequence[dict[str, Any]]) -> Record:
    if status := head.pop("status", None):
        head["status"] = RecordStatus(status)
    if amounts := head.pop("amounts", None):
        head["amounts"] = Amounts(amounts)
    if kind == EVENT:
        return events.record(line, head)
    if kind == SETTLEMENT:
        return _settlement(line, head, lines)
    return Record(kind=kind, position=line, lines=tuple(Line(**v) for v in lines), **head)


def _settlement_problems(line: int, head: Mapping[str, Any]) -> list[Problem]:
    problems = []
    if head["period_end"] < head["period_start"]:
        text = "expected a day that is not before period_start"
        problems.append(Problem(line, "period_end", text))
    if head.get("amounts") == Amounts.EXCLUSIVE:
        text = "expected inclusive or no-tax: the lines of a settlement add up to what was paid"
        problems.append(Problem(line, "amounts", text))
    return problems


def _settlement(line: int, head: dict[str, Any], lines: Sequence[dict[str, Any]]) -> Record:
    """A settlement; what it leaves open is told by its channel, its period and its date."""
    period = f"{_day(head['period_start'])} to {_day(head['period_end'])}"
    usual = {
        "contact_name": head["channel"],
        "reference": f"{head['channel']}, {period}",
        "due_date": head["date"],
        "amounts": Amounts.INCLUSIVE,
    }
    booked = tuple(
        Line(quantity=Decimal(1), unit_amount=values.pop("amount"), **values) for values in lines
    )
    return Record(kind=SETTLEMENT, position=line, lines=booked, **{**usual, **head})


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"
