"""Saving invoices and credit notes: what Xero takes, what it refuses, and how it says so.

States: https://developer.xero.com/documentation/api/accounting/invoices. Words of validation
errors: the vendor's description, recordings of a demo company
(https://github.com/corrin/docketworks/tree/main/apps/xero/fake/recordings) and integrators'
public lists (https://support.workguru.io/support/solutions/articles/43000570879), all read on
2026-11-22.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from syncdoctor.providers.common.embedded import Faults
from syncdoctor.providers.xero.sandbox import contacts, lines
from syncdoctor.providers.xero.sandbox.answers import (
    Document,
    Refused,
    day,
    msdate,
    new_id,
    unreadable,
)
from syncdoctor.providers.xero.sandbox.books import Books, due

NEW = ("DRAFT", "SUBMITTED", "AUTHORISED")
# From which state a document may go to which; what is missing here is final.
MOVES = {
    "DRAFT": (*NEW, "DELETED"),
    "SUBMITTED": (*NEW, "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
}
LOCKED_BY_PAYMENT = (
    "This document cannot be edited as it has a payment or credit note allocated to it."
)
NO_CONTACT = "A Contact must be specified for this type of transaction"
AMOUNTS = ("Exclusive", "Inclusive", "NoTax")
_MSDATE = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of document names its parts."""

    collection: str
    id: str
    number: str
    word: str
    types: tuple[str, ...]
    sales: str  # the type whose numbers are unique
    balance: str


KINDS = {
    "Invoices": Kind(
        "Invoices", "InvoiceID", "InvoiceNumber", "Invoice", ("ACCREC", "ACCPAY"), "ACCREC",
        "AmountDue",
    ),
    "CreditNotes": Kind(
        "CreditNotes", "CreditNoteID", "CreditNoteNumber", "Credit Note",
        ("ACCRECCREDIT", "ACCPAYCREDIT"), "ACCRECCREDIT", "RemainingCredit",
    ),
}  # fmt: skip


@dataclass(slots=True)
class Writing:
    """One request that writes documents."""

    books: Books
    kind: Kind
    faults: Faults
    now: datetime
    create: bool  # PUT, which never updates
    places: Decimal = lines.CENT
    taken: set[str] = field(default_factory=set)
    chart: lines.Chart = field(init=False)
    lock: date | None = field(init=False)

    def __post_init__(self) -> None:
        self.chart = lines.Chart.of(self.books, self.faults)
        self.lock = self.books.lock_date(self.faults, self.now)

    def errors(self, element: Document) -> list[str]:
        """What Xero would refuse about an element."""
        old = self._old(element)
        if old is None and element.get(self.kind.id):
            word = self.kind.word
            return [f"An existing {word} with the specified {self.kind.id} could not be found"]
        found = self._status_errors(element, old)
        if found:
            return found
        merged = {**(old or {}), **element}
        if merged.get("Status") in ("DELETED", "VOIDED"):
            return self._date_errors(merged)
        found = self._head_errors(element, old, merged)
        status = merged.get("Status") or "DRAFT"
        # Lines that are there already are judged again only when the document is approved.
        if old is None or "LineItems" in element or status != old["Status"]:
            for line in _line_items(merged):
                found += lines.errors(self.chart, line, approved=status != "DRAFT")
        return list(dict.fromkeys(found))

    def _head_errors(self, element: Document, old: Document | None, merged: Document) -> list[str]:
        found = []
        if not _line_items(merged):
            found.append("One or more line items must be specified")
        if merged.get("Type") not in self.kind.types:
            found.append(f"{self.kind.word} Type must be specified")
        found += self._number_errors(element, old, str(merged.get("Type")))
        found += self._contact_errors(element, old)
        if merged.get("LineAmountTypes", "Exclusive") not in AMOUNTS:
            found.append("LineAmountTypes must be Exclusive, Inclusive or NoTax")
        currency = merged.get("CurrencyCode") or "GBP"
        if currency != "GBP":
            found.append(f"Organisation is not subscribed to currency {currency}")
        return found + self._date_errors(merged)

    def _old(self, element: Document) -> Document | None:
        shelf = self.books.documents[self.kind.collection]
        if identifier := element.get(self.kind.id):
            return shelf.by_id.get(str(identifier).lower())
        if self.create or element.get("Type", self.kind.sales) != self.kind.sales:
            return None
        return shelf.numbered(str(element.get(self.kind.number) or ""))

    def _status_errors(self, element: Document, old: Document | None) -> list[str]:
        wanted = element.get("Status")
        if old is None:
            fits = (wanted or "DRAFT") in NEW
            return [] if fits else [f"{self.kind.word} not of valid status for creation"]
        if old["Status"] == "PAID":
            return [LOCKED_BY_PAYMENT]
        if (wanted or old["Status"]) not in MOVES.get(old["Status"], ()):
            return [f"{self.kind.word} not of valid status for modification"]
        return []

    def _number_errors(self, element: Document, old: Document | None, kind: str) -> list[str]:
        number = str(element.get(self.kind.number) or "")
        if not number or kind != self.kind.sales:
            return []
        holder = self.books.documents[self.kind.collection].numbered(number)
        doubled = self.create and number in self.taken
        self.taken.add(number)
        if doubled or (holder is not None and holder is not old):
            return [f"{self.kind.word} # must be unique."]
        return []

    def _contact_errors(self, element: Document, old: Document | None) -> list[str]:
        contact = element.get("Contact")
        if contact is None:
            return [] if old else [NO_CONTACT]
        if not any(contact.get(key) for key in ("ContactID", "ContactNumber", "Name")):
            return [NO_CONTACT]
        return contacts.errors(self.books, contact, create=False)

    def _date_errors(self, merged: Document) -> list[str]:
        moment = when(merged.get("Date"), "Date") or self.now
        if self.lock is None or moment.date() > self.lock:
            return []
        shown = f"{self.lock.day} {self.lock:%B %Y}"
        return [
            f"The document date cannot be before the period lock date, currently set at {shown}"
        ]

    def save(self, element: Document) -> Document:
        """Create or update; :meth:`errors` has been asked before."""
        shelf = self.books.documents[self.kind.collection]
        old = self._old(element)
        document = old if old is not None else {self.kind.id: new_id()}
        if old is not None:
            shelf.by_number.pop(old[self.kind.number], None)
        self._fill(document, element)
        shelf.by_id[document[self.kind.id]] = document
        unique = document["Type"] == self.kind.sales and document["Status"] != "DELETED"
        if unique:
            shelf.by_number[document[self.kind.number]] = document[self.kind.id]
        return document

    def _fill(self, document: Document, element: Document) -> None:
        merged = {**document, **element}
        contact = document.get("Contact")
        if given := element.get("Contact"):
            contact = _reference(contacts.save(self.books, given, self.now), merged["Type"])
        issued = when(merged.get("Date"), "Date") or day(self.now)
        payable = when(merged.get("DueDate"), "DueDate") or due(issued)
        totals = lines.Totals()
        amounts = str(merged.get("LineAmountTypes") or "Exclusive")
        items = [
            lines.build(self.chart, line, amounts, totals, self.places)
            for line in _line_items(merged)
        ]
        total = float(totals.net + totals.tax)
        document |= {
            "Type": merged["Type"],
            self.kind.number: str(merged.get(self.kind.number) or "")
            or self.books.next_number(self.kind.collection),
            "Reference": str(merged.get("Reference") or ""),
            "Payments": [],
            "SentToContact": bool(merged.get("SentToContact")),
            "CurrencyRate": 1.0,
            "HasErrors": False,
            "Contact": contact,
            "DateString": f"{issued:%Y-%m-%dT%H:%M:%S}",
            "Date": msdate(issued),
            "DueDateString": f"{payable:%Y-%m-%dT%H:%M:%S}",
            "DueDate": msdate(payable),
            "Status": merged.get("Status") or "DRAFT",
            "LineAmountTypes": amounts,
            "LineItems": items,
            "SubTotal": float(totals.net),
            "TotalTax": float(totals.tax),
            "Total": total,
            self.kind.balance: 0.0 if merged.get("Status") == "VOIDED" else total,
            "UpdatedDateUTC": msdate(self.now),
            "UpdatedDateUTCString": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "CurrencyCode": "GBP",
        }
        document |= _own(self.kind.collection)
        if merged.get("Url"):
            document["Url"] = str(merged["Url"])


def _own(collection: str) -> Document:
    if collection == "CreditNotes":
        return {"Allocations": [], "HasAttachments": False}
    empty: Document = {"Prepayments": [], "Overpayments": [], "CreditNotes": []}
    return {**empty, "AmountPaid": 0.0, "AmountCredited": 0.0, "IsDiscounted": False}


def _reference(contact: Document, kind: str) -> Document:
    contact["IsCustomer" if kind.startswith("ACCREC") else "IsSupplier"] = True
    return contact


def _line_items(merged: Document) -> list[Document]:
    return merged.get("LineItems") or []


def when(value: Any, name: str) -> datetime | None:
    """A date of the request: ISO 8601 or Xero's own form; None when it was not given."""
    if value is None or value == "":
        return None
    text = str(value)
    try:
        if found := _MSDATE.fullmatch(text):
            return datetime.fromtimestamp(int(found[1]) / 1000, UTC)
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        message = f"converting value {text!r} of {name} to type 'DateTime'."
        raise Refused(unreadable(message)) from None
