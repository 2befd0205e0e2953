"""A record as plain JSON, in the very form in which a JSON-lines source has it. Pure.

``syncdoctor records schema KIND`` prints its JSON Schema. What a record leaves open is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from syncdoctor.engine.record import SETTLEMENT, Line, Record

_FIELDS = (
    "kind number contact_name contact_email contact_number channel period_start period_end date"
    " due_date currency status amounts reference amount invoice_number"
).split()
_OF_DOCUMENTS = ("status", "amounts")


def plain(record: Record) -> dict[str, Any]:
    """The record; amounts are texts, so that no reader rounds them."""
    names = [n for n in _FIELDS if record.lines or n not in _OF_DOCUMENTS]
    values = {name: text(getattr(record, name)) for name in names}
    if record.event is not None:
        event = record.event
        values |= {
            "title": event.title,
            "start": text(event.start),
            "end": text(event.end),
            "time_zone": event.time_zone,
            "location": event.location,
            "description": event.description,
            "attendees": ", ".join(event.attendees) or None,
        }
        del values["contact_name"]
    told: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if record.lines:
        told["lines"] = [_line(line, settlement=record.kind == SETTLEMENT) for line in record.lines]
    return told


def text(value: dt.date | Decimal | str | None) -> str | None:
    """A value as JSON text; None stays None."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else (value and str(value))


def same(told: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    """Whether all that a record tells is there; numbers are compared by their value."""
    return all(_equal(value, there.get(name)) for name, value in told.items())


def _line(line: Line, *, settlement: bool) -> dict[str, Any]:
    values = {"description": line.description, "account": line.account, "tax_type": line.tax_type}
    if settlement:
        values["amount"] = text(line.unit_amount)
    else:
        values |= {"quantity": text(line.quantity), "unit_amount": text(line.unit_amount)}
    return {name: value for name, value in values.items() if value is not None}


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, list):
        return (
            isinstance(other, list)
            and len(one) == len(other)
            and all(_equal(a, b) for a, b in zip(one, other, strict=True))
        )
    if isinstance(one, Mapping):
        return isinstance(other, Mapping) and same(one, other)
    return one == other or _number(one) == _number(other) is not None


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return None
