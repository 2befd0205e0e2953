"""Making, changing and sending invoices and credit notes, with FreeAgent's refusals.

https://dev.freeagent.com/docs/invoices, /docs/credit_notes; sentences from the forum:
https://api-discuss.freeagent.com/t/list-of-api-error-responses/2809 and the threads named below
(2026-11-22). What no source shows is derived from Rails' usual sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from syncdoctor.providers.common.embedded import Call
from syncdoctor.providers.freeagent.sandbox import seed
from syncdoctor.providers.freeagent.sandbox.answers import Document, Refused, decimal, moment
from syncdoctor.providers.freeagent.sandbox.books import Books, display_name

DRAFT = "Draft"
INVALID, FORBIDDEN = 422, 403
PLAIN_FIELDS = ("currency", "comments", "po_reference", "client_contact_name", "payment_terms")


@dataclass(frozen=True, slots=True)
class Kind:
    """Invoices, or credit notes."""

    path: str
    element: str
    items: str
    settled: str  # the amount that was paid or refunded


INVOICES = Kind("invoices", "invoice", "invoice_items", "paid_value")
CREDIT_NOTES = Kind("credit_notes", "credit_note", "credit_note_items", "refunded_value")


def make(books: Books, call: Call, kind: Kind, fields: Mapping[str, Any]) -> Document:
    """A new draft."""
    errors = [f"{name} can't be blank" for name in ("contact", "dated_on") if not fields.get(name)]
    if not isinstance(fields.get("payment_terms_in_days"), int):
        errors.append("payment_terms_in_days is not a number")
    if errors:
        raise Refused(INVALID, *errors)
    number = books.next_id()
    document: Document = {
        "url": f"{kind.path}/{number}",
        "reference": books.next_reference(),
        "currency": "GBP",
        "exchange_rate": "1.0",
        "status": DRAFT,
        "omit_header": False,
        "created_at": moment(call.now),
        kind.items: [],
    }
    if kind is INVOICES:
        emails = ("send_thank_you_emails", "send_reminder_emails", "send_new_invoice_emails")
        document |= dict.fromkeys((*emails, "always_show_bic_and_iban"), False)
    _write(books, call, kind, document, fields)
    books.documents[kind.path][number] = document
    return document


def change(
    books: Books, call: Call, kind: Kind, document: Document, fields: Mapping[str, Any]
) -> None:
    """Change a draft; one that was sent is locked.

    https://api-discuss.freeagent.com/t/422-error-when-trying-to-update-an-invoice/819
    """
    if document["status"] != DRAFT:
        names = [n for n in fields if n != kind.items] or [f"{kind.items}.description"]
        raise Refused(INVALID, *(f"{name} is locked and cannot be changed" for name in names))
    changed = {**document, kind.items: [dict(line) for line in document[kind.items]]}
    _write(books, call, kind, changed, fields)
    document.update(changed)


def mark_as_sent(books: Books, call: Call, kind: Kind, document: Document) -> None:
    """Open a draft.

    https://api-discuss.freeagent.com/t/marking-an-invoice-that-falls-within-the-previous-financial-year-as-sent/2877
    """
    if _is_locked(books, call, document):
        raise Refused(FORBIDDEN, f"{kind.element.replace('_', ' ').capitalize()} is locked.")
    if document["status"] != DRAFT:
        raise Refused(INVALID, "status cannot be changed by this transition")
    overdue = date.fromisoformat(document["due_on"]) < call.now.date()
    none = Decimal(document["total_value"]) == 0 and kind is INVOICES
    document["status"] = "Zero Value" if none else "Overdue" if overdue else "Open"
    document["updated_at"] = moment(call.now)


def mark_as_draft(books: Books, call: Call, kind: Kind, document: Document) -> None:
    """Take a document that was sent back."""
    if _is_locked(books, call, document):
        raise Refused(FORBIDDEN, f"{kind.element.replace('_', ' ').capitalize()} is locked.")
    if Decimal(document[kind.settled]) != 0:
        raise Refused(INVALID, f"{kind.element} has already been paid")
    document["status"] = DRAFT
    document["updated_at"] = moment(call.now)


def settle(document: Document, kind: Kind, on: date) -> None:
    """Mark a document as paid in full, as a person does in FreeAgent's own pages."""
    paid = {kind.settled: document["total_value"], "due_value": "0.0"}
    document |= {**paid, "status": "Paid" if kind is INVOICES else "Refunded"}
    if kind is INVOICES:
        document["paid_on"] = on.isoformat()


def _is_locked(books: Books, call: Call, document: Document) -> bool:
    lock = books.lock_date(call.faults, call.now)
    return lock is not None and date.fromisoformat(document["dated_on"]) <= lock


def _write(
    books: Books, call: Call, kind: Kind, document: Document, fields: Mapping[str, Any]
) -> None:
    if "contact" in fields:
        set_contact(books, document, str(fields["contact"]))
    _set_reference(books, document, fields.get("reference"))
    _set_dates(document, fields)
    if _is_locked(books, call, document):
        # https://api-discuss.freeagent.com/t/explaining-bank-transactions-in-a-locked-period/1036
        raise Refused(INVALID, "dated_on is in a locked period")
    document |= {name: fields[name] for name in PLAIN_FIELDS if name in fields}
    if isinstance(fields.get(kind.items), list):
        for number, given in enumerate(fields[kind.items]):
            _set_item(books, call, document[kind.items], given, number)
        kept = [line for line in document[kind.items] if not line.pop("gone", False)]
        document[kind.items] = [{**line, "position": n} for n, line in enumerate(kept, 1)]
    _add_up(kind, document)
    document["updated_at"] = moment(call.now)


def set_contact(books: Books, document: Document, url: str) -> None:
    """Name the contact of a document by its address."""
    number = url.rpartition("/contacts/")[2]
    contact = books.contacts.get(int(number)) if number.isdigit() else None
    if contact is None:
        raise Refused(INVALID, "Contact not found")
    document |= {"contact": contact["url"], "contact_name": display_name(contact)}


def _set_reference(books: Books, document: Document, reference: Any) -> None:
    if reference is None or reference == document["reference"]:
        return
    if reference in set(books.references()):
        # https://api-discuss.freeagent.com/t/422-unprocessable-entity-for-invoices/2515
        raise Refused(INVALID, "reference has already been taken")
    document["reference"] = str(reference)


def _set_dates(document: Document, fields: Mapping[str, Any]) -> None:
    try:
        dated = date.fromisoformat(str(fields.get("dated_on") or document["dated_on"]))
        terms = fields.get("payment_terms_in_days", document.get("payment_terms_in_days", 0))
        due_on = fields.get("due_on")
        due = date.fromisoformat(str(due_on)) if due_on else dated + timedelta(days=int(terms))
    except (TypeError, ValueError):
        raise Refused(INVALID, "dated_on is invalid") from None
    document |= {"dated_on": dated.isoformat(), "due_on": due.isoformat()}
    document["payment_terms_in_days"] = terms


def _set_item(
    books: Books, call: Call, lines: list[Document], given: Mapping[str, Any], number: int
) -> None:
    """Add a line, or change or destroy the one whose id is given."""
    line: Document | None = None
    if "id" in given:
        address = f"invoice_items/{given['id']}"
        line = next((one for one in lines if one["url"] == address), None)
        if line is None:
            raise Refused(INVALID, "invoice_items do not exist")
    if line is not None and given.get("_destroy"):
        line["gone"] = True
        return
    if line is None:
        if not given.get("description"):
            raise Refused(INVALID, "invoice_items.description can't be blank")
        line = {"url": f"invoice_items/{books.next_id()}", "position": number, "item_type": ""}
        line |= {"quantity": "0.0", "price": "0.0", "category": "categories/001"}
        lines.append(line)
    if "description" in given:
        line["description"] = str(given["description"])
    line |= {name: _amount(given[name], name) for name in ("quantity", "price") if name in given}
    _set_tax(books, call, line, given)


def _set_tax(books: Books, call: Call, line: Document, given: Mapping[str, Any]) -> None:
    code = str(given.get("category") or line["category"]).rpartition("/")[2]
    found = books.category(code, call.faults)
    if found is None:
        raise Refused(400, f"Invalid nominal code {code}")
    _, category = found
    usual = seed.RATES.get(str(category.get("auto_sales_tax_rate")), "0")
    rate = _amount(given.get("sales_tax_rate", line.get("sales_tax_rate", usual)), "sales_tax_rate")
    if Decimal(rate) not in (0, 5, 20):
        raise Refused(INVALID, "sales_tax_rate is not valid")
    line |= {"category": category["url"], "sales_tax_rate": rate, "sales_tax_status": "TAXABLE"}


def _amount(value: Any, name: str) -> str:
    try:
        return decimal(Decimal(str(value)))
    except InvalidOperation:
        raise Refused(INVALID, f"invoice_items.{name} is not a number") from None


def _add_up(kind: Kind, document: Document) -> None:
    cent, net, tax = Decimal("0.01"), Decimal(0), Decimal(0)
    for line in document[kind.items]:
        value = Decimal(line["quantity"]) * Decimal(line["price"])
        net += value
        tax += (value * Decimal(line["sales_tax_rate"]) / 100).quantize(cent)
    net = net.quantize(cent)
    document |= {
        "net_value": decimal(net),
        "sales_tax_value": decimal(tax),
        "involves_sales_tax": True,
        "total_value": decimal(net + tax),
        kind.settled: "0.0",
        "due_value": decimal(net + tax),
    }
