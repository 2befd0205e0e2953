"""One thing to sync, and the journey of one attempt to sync it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from syncdoctor.engine.event import Event

CONTACT = "contact"
INVOICE = "invoice"
CREDIT_NOTE = "credit-note"
SETTLEMENT = "settlement"
EVENT = "event"
PAYMENT = "payment"
KINDS = (CONTACT, INVOICE, CREDIT_NOTE, SETTLEMENT, EVENT, PAYMENT)
# No kind of a source: the contact of a bill, where a provider keeps suppliers apart from customers.
SUPPLIER = "supplier"
CONTACTS = (CONTACT, SUPPLIER)


class RecordStatus(StrEnum):
    """How far a document is on its way: a draft may still be changed by anybody."""

    DRAFT = "draft"
    AUTHORISED = "authorised"


class Amounts(StrEnum):
    """Whether the unit amounts of a record hold tax."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    NO_TAX = "no-tax"


class OperationState(StrEnum):
    """Where an operation is on its way: ``planned → sending → confirmed | rejected | unknown``.

    ``sending`` is the intent, written before the request; an intent whose answer never came is
    ``unknown`` until the provider has been asked.
    """

    PLANNED = "planned"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice or credit note; amounts are exact, in the record's currency."""

    description: str
    quantity: Decimal
    unit_amount: Decimal
    account: str | None = None
    tax_type: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A contact, an invoice, a credit note, a settlement or an event as the product has it.

    ``position`` is the line of the source file on which it begins. ``external_id`` is the
    product's own id: it names the record to people and is not sent.

    A settlement sums up what a sales channel paid out for a period. Its lines' amounts have
    signs and hold tax; their sum is what was paid.

    A payment is money to be collected from a contact, of ``amount`` and on ``date`` or as soon as
    can be, for the invoice of ``invoice_number``.
    """

    kind: str
    contact_name: str
    number: str | None = None
    contact_email: str | None = None
    contact_number: str | None = None
    date: dt.date | None = None
    due_date: dt.date | None = None
    currency: str | None = None
    status: RecordStatus | None = None
    amounts: Amounts = Amounts.EXCLUSIVE
    reference: str | None = None
    lines: tuple[Line, ...] = ()
    updated_at: dt.datetime | None = None
    external_id: str | None = None
    position: int = 0
    channel: str | None = None
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    event: Event | None = None
    amount: Decimal | None = None
    invoice_number: str | None = None

    @property
    def key(self) -> str:
        """What identifies the record among its kind: the number, or the contact's name."""
        return self.contact_name if self.kind in CONTACTS or self.number is None else self.number

    @property
    def total(self) -> Decimal:
        """The sum of its lines, as they are written: of a settlement, what was paid out."""
        return sum((line.quantity * line.unit_amount for line in self.lines), Decimal(0))

    @property
    def is_bill(self) -> bool:
        """Whether it is money to be paid: a settlement whose fees were more than its sales.

        No accounting provider takes an invoice over less than nothing.
        https://help.linkmybooks.com/en/articles/2969991 (2026-11-22)
        """
        return self.kind == SETTLEMENT and self.total < 0

    @property
    def booked_lines(self) -> tuple[Line, ...]:
        """The lines as they stand on the document: on a bill, what is owed has no minus."""
        if not self.is_bill:
            return self.lines
        return tuple(replace(line, unit_amount=-line.unit_amount) for line in self.lines)

    def content_hash(self) -> str:
        """SHA-256 over all that is sent, so that two equal records have one hash."""
        content = [
            self.kind,
            self.key,
            self.contact_name,
            self.contact_email,
            self.contact_number,
            _text(self.date),
            _text(self.due_date),
            self.currency,
            self.status,
            self.amounts,
            self.reference,
            [
                [x.description, _plain(x.quantity), _plain(x.unit_amount), x.account, x.tax_type]
                for x in self.lines
            ],
        ]
        if self.kind == SETTLEMENT:
            content += [self.channel, _text(self.period_start), _text(self.period_end)]
        if self.event is not None:
            content += self.event.content()
        if self.kind == PAYMENT:
            content += [_plain(self.amount or Decimal(0)), self.invoice_number]
        return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Operation:
    """One attempt to bring one record to one provider; ``attempt`` counts the answered ones."""

    id: int
    sync_id: int
    connection_uid: str
    kind: str
    key: str
    content_hash: str
    state: OperationState
    attempt: int = 0
    provider_id: str | None = None
    cause: str | None = None
    message: str | None = None


def _text(value: dt.date | None) -> str | None:
    return value.isoformat() if value else None


def _plain(value: Decimal) -> Any:
    return format(value.normalize(), "f")
