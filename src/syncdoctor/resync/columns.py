"""The columns of a source file: what each is, how it is read, and the JSON Schema made of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from syncdoctor.engine.record import (
    CONTACT,
    CREDIT_NOTE,
    EVENT,
    INVOICE,
    KINDS,
    PAYMENT,
    SETTLEMENT,
    Amounts,
    RecordStatus,
)

DOCUMENTS = (INVOICE, CREDIT_NOTE)
BOOKED = (*DOCUMENTS, SETTLEMENT)
PEOPLE = (CONTACT, *BOOKED, PAYMENT)
# Fifteen significant digits pass unharmed through every JSON number.
_NUMBER = re.compile(r"-?\d{1,11}(\.\d{1,4})?")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Unexpected(ValueError):
    """A value is not what its column holds; the text says what was expected."""


def _word(value: str) -> str:
    if _CONTROL.search(value):
        raise Unexpected("text without control characters")
    return value


def _number(value: str) -> Decimal:
    if not _NUMBER.fullmatch(value):
        raise Unexpected("a number such as 1250.00, with at most 4 decimals and no separators")
    return Decimal(value)


def _date(value: str) -> dt.date:
    try:
        date = dt.date.fromisoformat(value)
    except ValueError:
        date = None
    if date is None or date.isoformat() != value:  # 20261120 and 2026-W47-5 are dates as well
        raise Unexpected("a date written YYYY-MM-DD")
    return date


def _moment(value: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise Unexpected("a time such as 2026-11-20T09:30:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _when(value: str) -> dt.date | dt.datetime:
    if "T" not in value and " " not in value:
        return _date(value)
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        raise Unexpected("a day, or a time such as 2026-11-20T09:30:00Z") from None


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # no such zone is a KeyError, a folder an OSError
        raise Unexpected("a time zone such as Europe/London") from None
    return value


def _emails(value: str) -> tuple[str, ...]:
    return tuple(_email(one) for one in re.split(r"[\s,;]+", value) if one)


def _currency(value: str) -> str:
    if not _CURRENCY.fullmatch(value):
        raise Unexpected("a currency of three letters, such as GBP")
    return value.upper()


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(_word(value)):
        raise Unexpected("an e-mail address")
    return value


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in words:
            raise Unexpected("one of " + ", ".join(words))
        return value.lower()

    return read


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``required`` names the kinds that cannot be without it."""

    name: str
    read: Callable[[str], Any]
    meaning: str
    required: tuple[str, ...] = ()
    kinds: tuple[str, ...] = BOOKED
    of_line: bool = False
    schema: tuple[tuple[str, Any], ...] = ()
    field: str | None = None

    @property
    def target(self) -> str:
        """The name of the field that it fills."""
        return self.field or self.name


_STATUS = tuple(status.value for status in RecordStatus)
_AMOUNTS = tuple(amounts.value for amounts in Amounts)

COLUMNS = (
    Column("kind", _one_of(KINDS), "what the row is", kinds=KINDS, schema=(("enum", list(KINDS)),)),
    Column(
        "number", _word, "the number that people know it by; unique",
        required=(*BOOKED, EVENT, PAYMENT), kinds=(*BOOKED, EVENT, PAYMENT),
    ),
    Column(
        "contact_name", _word, "the customer's name; of a settlement, the channel when empty",
        required=(CONTACT, *DOCUMENTS, PAYMENT), kinds=PEOPLE,
    ),
    Column(
        "contact_email", _email, "for a contact that has to be made", kinds=PEOPLE,
        schema=(("format", "email"),),
    ),
    Column("contact_number", _word, "your own number of the contact", kinds=PEOPLE),
    Column(
        "channel", _word, "the sales channel that paid", required=(SETTLEMENT,),
        kinds=(SETTLEMENT,),
    ),
    Column(
        "period_start", _date, "the first day that is paid for", required=(SETTLEMENT,),
        kinds=(SETTLEMENT,), schema=(("format", "date"),),
    ),
    Column(
        "period_end", _date, "the last day that is paid for", required=(SETTLEMENT,),
        kinds=(SETTLEMENT,), schema=(("format", "date"),),
    ),
    Column(
        "date", _date, "date of issue; of a payment, the first day on which it may be collected",
        required=BOOKED, kinds=(*BOOKED, PAYMENT), schema=(("format", "date"),),
    ),
    Column(
        "amount", _number, "what is to be collected", required=(PAYMENT,), kinds=(PAYMENT,)
    ),
    Column(
        "invoice_number", _word, "the number of the invoice that is paid", kinds=(PAYMENT,)
    ),
    Column(
        "due_date", _date, "when it is due; of a settlement, the date when empty",
        schema=(("format", "date"),),
    ),
    Column(
        "currency", _currency, "ISO 4217; the organisation's own, or the mandate's, when empty",
        kinds=(*BOOKED, PAYMENT), schema=(("pattern", "^[A-Za-z]{3}$"),),
    ),
    Column(
        "status", _one_of(_STATUS), "the connection's invoice_status when empty",
        schema=(("enum", list(_STATUS)),),
    ),
    Column(
        "amounts", _one_of(_AMOUNTS),
        "whether amounts hold tax; exclusive when empty, inclusive for a settlement",
        schema=(("enum", list(_AMOUNTS)),),
    ),
    Column("reference", _word, "a further reference that is shown", kinds=(*BOOKED, PAYMENT)),
    Column(
        "updated_at", _moment, "last change; decides what is recent, the date when empty",
        kinds=KINDS, schema=(("format", "date-time"),),
    ),
    Column("external_id", _word, "your own id; not sent", kinds=KINDS),
    Column(
        "line_description", _word, "what was sold, or taken off", required=BOOKED, of_line=True,
        field="description",
    ),
    Column("quantity", _number, "how many", required=DOCUMENTS, kinds=DOCUMENTS, of_line=True),
    Column(
        "unit_amount", _number, "price of one", required=DOCUMENTS, kinds=DOCUMENTS, of_line=True
    ),
    Column(
        "amount", _number, "what was paid, tax included; what was taken off has a minus",
        required=(SETTLEMENT,), kinds=(SETTLEMENT,), of_line=True,
    ),
    Column("title", _word, "what the event is called", required=(EVENT,), kinds=(EVENT,)),
    Column(
        "start", _when, "a day, or a time with an offset or of the time zone", required=(EVENT,),
        kinds=(EVENT,),
    ),
    Column(
        "end", _when, "a time; of whole days the day after the last, one day when empty",
        kinds=(EVENT,),
    ),
    Column("time_zone", _zone, "IANA name of the zone of the times, Europe/London", kinds=(EVENT,)),
    Column("location", _word, "where it is", kinds=(EVENT,)),
    Column("description", _word, "what else is to be said", kinds=(EVENT,)),
    Column("attendees", _emails, "e-mail addresses with commas between; not told", kinds=(EVENT,)),
    Column("account", _word, "the connection's sales_account when empty", of_line=True),
    Column("tax_type", _word, "the connection's tax_type when empty", of_line=True),
)  # fmt: skip
BY_NAME = {column.name: column for column in COLUMNS}
IGNORED = ("problem", "problem_column")  # written by us into files of refused records


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one JSON line of a kind."""
    mine = [c for c in COLUMNS if kind in c.kinds]
    head = [c for c in mine if not c.of_line]
    lines = [c for c in mine if c.of_line]
    properties = {c.name: _property(c, c.name) for c in head}
    properties["kind"] = {"const": kind, "description": BY_NAME["kind"].meaning}
    required = [c.name for c in head if kind in c.required]
    if lines:
        properties["lines"] = {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {c.target: _property(c, c.target) for c in lines},
                "required": [c.target for c in lines if kind in c.required],
            },
        }
        required.append("lines")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"syncdoctor {kind}",
        "type": "object",
        "properties": properties,
        "required": required,
    }


def _property(column: Column, name: str) -> dict[str, Any]:
    number = column.read is _number
    shown: dict[str, Any] = {
        "type": ["number", "string"] if number else "string",
        "description": column.meaning,
    }
    if CONTACT not in column.kinds and name == "number":
        shown["minLength"] = 1
    return shown | dict(column.schema)
