"""Xero's way of writing contacts, invoices, credit notes and settlements. Pure.

New records go by PUT, which refuses a number that is taken; POST would change the record that has
it. Changes go by POST with the record's id. A settlement is an invoice, or a bill when more was
taken off than paid; two bills may have one number, which is why settlements are looked for first.
https://github.com/waynerobinson/xeroizer/pull/121 (2026-11-22)
https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero_accounting.yaml (2026-11-22)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from syncdoctor.engine.adapter import (
    Comparison,
    ExportFile,
    Item,
    Outcome,
    Ref,
    Remote,
    Request,
    Standing,
)
from syncdoctor.engine.record import (
    CONTACT,
    CREDIT_NOTE,
    INVOICE,
    SETTLEMENT,
    Amounts,
    Line,
    Record,
    RecordStatus,
)
from syncdoctor.providers.xero.comparison import compare, strange
from syncdoctor.providers.xero.import_file import import_files


@dataclass(frozen=True, slots=True)
class _Resource:
    path: str  # also the name of the list in request and answer
    id: str
    number: str
    types: tuple[str | None, ...] = (None,)


SALE, BILL, CREDIT = "ACCREC", "ACCPAY", "ACCRECCREDIT"
RESOURCES: Mapping[str, _Resource] = {
    CONTACT: _Resource("Contacts", "ContactID", "Name"),
    INVOICE: _Resource("Invoices", "InvoiceID", "InvoiceNumber", (SALE,)),
    CREDIT_NOTE: _Resource("CreditNotes", "CreditNoteID", "CreditNoteNumber", (CREDIT,)),
    SETTLEMENT: _Resource("Invoices", "InvoiceID", "InvoiceNumber", (SALE, BILL)),
}
LINE_AMOUNT_TYPES = {
    Amounts.EXCLUSIVE: "Exclusive",
    Amounts.INCLUSIVE: "Inclusive",
    Amounts.NO_TAX: "NoTax",
}
STATUSES = {RecordStatus.DRAFT: "DRAFT", RecordStatus.AUTHORISED: "AUTHORISED"}
PAYABLE = (INVOICE, SETTLEMENT)
LONGEST_NAME = 255
LONGEST_CONTACT_NUMBER = 50
LOOK_UP_AT_ONCE = 40  # keeps the URL well under 8 KB
# "Invoice # must be unique.", "The contact name … is already assigned to another contact. …"
_EXISTS = re.compile(r"must be unique|already assigned to another contact", re.IGNORECASE)


class XeroRecords:
    """See :class:`syncdoctor.engine.adapter.Adapter`."""

    kinds = (CONTACT, INVOICE, CREDIT_NOTE, SETTLEMENT)
    looks_first = False  # a PUT refuses what is there, and a key makes it safe to repeat
    account_setting = "sales_account"

    def problem(self, record: Record) -> tuple[str, str] | None:
        """What Xero can never take: texts too long, an authorised invoice that is never due."""
        limits = (
            ("contact_name", record.contact_name, LONGEST_NAME),
            ("number", record.number, LONGEST_NAME),
            ("contact_email", record.contact_email, LONGEST_NAME),
            ("contact_number", record.contact_number, LONGEST_CONTACT_NUMBER),
        )
        for column, text, longest in limits:
            if text is not None and len(text) > longest:
                return column, f"at most {longest} characters, has {len(text)}"
        if record.number is not None and '"' in record.number:
            # https://github.com/XeroAPI/Xero-Java/issues/347 (2026-11-22)
            return "number", "a number without double quotes: Xero cannot look it up"
        authorised = record.status is RecordStatus.AUTHORISED
        if record.kind in PAYABLE and authorised and record.due_date is None:
            return "due_date", "a due date, which Xero wants of an authorised invoice"
        return None

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """Ask by number or name, forty at a time."""
        return tuple(_look_ups(kind, refs))

    def found(self, kind: str, body: Any) -> tuple[Remote, ...]:
        """The elements of a list answer, without supplier credits and deleted drafts."""
        resource = RESOURCES[kind]
        return tuple(
            Remote(
                str(element[resource.id]),
                str(element.get(resource.number) or ""),
                element.get("ContactNumber") if kind == CONTACT else None,
                element,
            )
            for element in _elements(resource, body)
            if resource.id in element
            and element.get("Type") in resource.types
            and element.get("Status") != "DELETED"  # its number is free again
        )

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """Nothing: a list with pages holds whole records."""
        del kind, body
        return ()

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """One PUT for all."""
        return self._write("PUT", kind, items)

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """One POST for all; each element has the id of the record that it changes."""
        return self._write("POST", kind, items)

    def outcomes(self, kind: str, count: int, body: Any) -> tuple[Outcome, ...] | None:
        """The elements of the answer are in the order of the request."""
        resource = RESOURCES[kind]
        elements = _elements(resource, body)
        if not elements and isinstance(body, Mapping):
            elements = [e for e in body.get("Elements") or [] if isinstance(e, Mapping)]
        if len(elements) != count:
            return None
        return tuple(_outcome(resource, element, body) for element in elements)

    def remaining(self, item: Item, outcome: Outcome) -> None:
        """Nothing: one request brings a record to its end."""
        del item, outcome

    def withdraw(self, remote: Remote) -> Request:
        """A draft is deleted by its status, as Xero does it."""
        element = {"InvoiceID": remote.id, "Status": "DELETED"}
        return Request("POST", "Invoices", json={"Invoices": [element]})

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Only what the record says is compared; what it leaves open is Xero's to choose."""
        element = self._element(Item(record))
        why = strange(element, remote.content) if record.kind == SETTLEMENT else None
        return Comparison(Standing.LOCKED, why) if why else compare(element, remote)

    def export(self, records: Sequence[Record]) -> tuple[ExportFile, ...]:
        """Invoices and settlements as Xero's own imports take them."""
        return import_files([record for record in records if record.kind in PAYABLE])

    def _write(self, method: str, kind: str, items: Sequence[Item]) -> Request:
        path = RESOURCES[kind].path
        params = {"summarizeErrors": "false"}
        if kind != CONTACT:
            params["unitdp"] = "4"
        return Request(method, path, params, {path: [self._element(item) for item in items]})

    def _element(self, item: Item) -> dict[str, Any]:
        record = item.record
        resource = RESOURCES[record.kind]
        element = _contact(record) if record.kind == CONTACT else _document(item, resource)
        if item.remote is not None:
            element[resource.id] = item.remote.id
            moved_on = item.remote.content.get("Status") == STATUSES[RecordStatus.AUTHORISED]
            if moved_on and "Status" in element:
                element["Status"] = STATUSES[RecordStatus.AUTHORISED]
        return element


ADAPTER = XeroRecords()


def _look_ups(kind: str, refs: Sequence[Ref]) -> Iterator[Request]:
    resource = RESOURCES[kind]
    params = {"page": "1", "pageSize": "100"}
    params |= {"includeArchived": "true"} if kind == CONTACT else {"unitdp": "4"}
    quoted = [ref for ref in refs if '"' in ref.key + (ref.alias or "")]
    plain = [ref for ref in refs if ref not in quoted]
    listed = [ref for ref in plain if kind == INVOICE and "," not in ref.key]
    asked = [ref for ref in plain if ref not in listed] if kind == INVOICE else plain
    for some in _chunks(listed):
        numbers = ",".join(ref.key for ref in some)
        yield Request("GET", resource.path, {**params, "InvoiceNumbers": numbers})
    for some in _chunks(asked):
        terms = [f'{resource.number}=="{ref.key}"' for ref in some]
        terms += [f'ContactNumber=="{ref.alias}"' for ref in some if ref.alias]
        yield Request("GET", resource.path, {**params, "where": " OR ".join(terms)})
    for ref in quoted:  # a filter cannot hold a double quote
        yield Request("GET", resource.path, {**params, "searchTerm": ref.key})


def _chunks(refs: Sequence[Ref]) -> Iterator[Sequence[Ref]]:
    for start in range(0, len(refs), LOOK_UP_AT_ONCE):
        yield refs[start : start + LOOK_UP_AT_ONCE]


def _elements(resource: _Resource, body: Any) -> list[Mapping[str, Any]]:
    found = body.get(resource.path) if isinstance(body, Mapping) else None
    return [e for e in found if isinstance(e, Mapping)] if isinstance(found, list) else []


def _outcome(resource: _Resource, element: Mapping[str, Any], body: Mapping[str, Any]) -> Outcome:
    errors = element.get("ValidationErrors") or []
    messages = [str(e.get("Message", "")) for e in errors if isinstance(e, Mapping)]
    refused = messages or element.get("StatusAttributeString") == "ERROR"
    if not refused and element.get(resource.id):
        return Outcome(accepted=True, provider_id=str(element[resource.id]))
    message = " ".join(messages) or "Xero gave no reason."
    kept = {k: v for k, v in body.items() if k not in (resource.path, "Elements")}
    return Outcome(
        accepted=False,
        message=message,
        exists=bool(_EXISTS.search(message)),
        body={**kept, resource.path if resource.path in body else "Elements": [element]},
    )


def _contact(record: Record) -> dict[str, Any]:
    element = {"Name": record.contact_name}
    if record.contact_email:
        element["EmailAddress"] = record.contact_email
    if record.contact_number:
        element["ContactNumber"] = record.contact_number
    return element


def _document(item: Item, resource: _Resource) -> dict[str, Any]:
    record = item.record
    element: dict[str, Any] = {
        "Type": BILL if record.is_bill else resource.types[0],
        resource.number: record.number,
        "Contact": {"ContactID": item.contact_id} if item.contact_id else _contact(record),
        "LineAmountTypes": LINE_AMOUNT_TYPES[record.amounts],
        "LineItems": [_line(line) for line in record.booked_lines],
        "Status": STATUSES[record.status or RecordStatus.DRAFT],
    }
    if record.date:
        element["Date"] = record.date.isoformat()
    if record.due_date and record.kind in PAYABLE:
        element["DueDate"] = record.due_date.isoformat()
    if record.currency:
        element["CurrencyCode"] = record.currency
    if record.reference and not record.is_bill:  # Xero keeps none of a bill but its number
        element["Reference"] = record.reference
    return element


def _line(line: Line) -> dict[str, Any]:
    element = {
        "Description": line.description,
        "Quantity": _number(line.quantity),
        "UnitAmount": _number(line.unit_amount),
    }
    if line.account:
        element["AccountCode"] = line.account
    if line.tax_type:
        element["TaxType"] = line.tax_type
    return element


def _number(value: Decimal) -> float | int:
    """JSON has no decimals; fifteen digits, the most that a source takes, survive a float."""
    return int(value) if value == value.to_integral_value() else float(value)
