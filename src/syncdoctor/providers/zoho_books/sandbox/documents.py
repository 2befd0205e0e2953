"""Making and changing invoices, credit notes and bills: what Zoho Books refuses and works out.

https://www.zoho.com/books/api/v3/invoices/, /credit-notes/ and /bills/, read on 2026-11-22. Where
a page names no code for a refusal, the number is derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from syncdoctor.providers.common.embedded import Call
from syncdoctor.providers.zoho_books.sandbox import seed
from syncdoctor.providers.zoho_books.sandbox.answers import Document, Refused, missing
from syncdoctor.providers.zoho_books.sandbox.books import Books

CENT = Decimal("0.01")
LONGEST_NUMBER = 100
HEAD = ("date", "due_date", "reference_number", "is_inclusive_tax")


@dataclass(frozen=True, slots=True)
class Kind:
    """Names of one kind of document."""

    path: str
    element: str
    word: str
    out: str  # the status of a draft that goes out
    party: str = "customer"

    @property
    def id(self) -> str:
        """The field of the id."""
        return f"{self.element}_id"

    @property
    def number(self) -> str:
        """The field of the number."""
        return f"{self.element}_number"


INVOICES = Kind("invoices", "invoice", "Invoice", "sent")
CREDIT_NOTES = Kind("creditnotes", "creditnote", "Credit note", "open")
BILLS = Kind("bills", "bill", "Bill", "open", "vendor")
KINDS = {kind.path: kind for kind in (INVOICES, CREDIT_NOTES, BILLS)}


def make(books: Books, call: Call, kind: Kind, fields: Document) -> Document:
    """Make a document: an invoice is a draft, a credit note is when it is asked to be.

    Raises:
        Refused: it cannot be made.
    """
    own = kind is BILLS or call.query.get("ignore_auto_number_generation") == "true"
    number = str(fields.get(kind.number) or "")
    if own and not number:
        raise Refused(400, 2, f"Please enter the {kind.word.lower()} number.")
    if number and not own:
        words = f"{kind.word} number generation is automatic: {kind.number} cannot be given"
        raise Refused(400, 4097, words)
    shelf = books.documents[kind.path]
    taken = (one[kind.number] == number for one in shelf.values())
    if number and kind is not BILLS and any(taken):
        raise Refused(400, 1001, f"{kind.word} {number} already exists.")
    draft = kind is INVOICES or bool(fields.get("is_draft"))
    document: Document = {
        kind.id: books.next_id(),
        kind.number: number or f"AUTO-{len(shelf) + 1:06}",
        "status": "draft" if draft else kind.out,
        "date": call.now.date().isoformat(),
        "reference_number": "",
        "is_inclusive_tax": False,
    }
    _fill(books, call, kind, document, fields)
    shelf[document[kind.id]] = document
    return document


def change(books: Books, call: Call, kind: Kind, document: Document, fields: Document) -> Document:
    """Change a document; one that went out wants a reason.

    Raises:
        Refused: it is settled, void or locked, or the change is not valid.
    """
    if document["status"] in ("paid", "void", "closed"):
        words = f"{kind.word} cannot be edited as it has already been {document['status']}."
        raise Refused(400, 4004, words)
    if kind is INVOICES and document["status"] != "draft" and not fields.get("reason"):
        raise Refused(400, 4006, "Please specify the reason for editing the invoice.")
    _fill(books, call, kind, document, fields)
    return document


def set_status(books: Books, call: Call, kind: Kind, document: Document, status: str) -> str:
    """Give a document the status that a path names; the words that say so."""
    if status not in (kind.out, "void", "draft"):
        raise Refused(404, 5, "Invalid URL Passed")
    _check_lock(books, call, document)
    if document["status"] in ("paid", "void") and status == kind.out:
        raise Refused(400, 4005, f"{kind.word} is already {document['status']}.")
    document["status"] = status
    return f"{kind.word} status has been changed to {status.capitalize()}."


def head(document: Document) -> Document:
    """The document as a list shows it."""
    return {name: value for name, value in document.items() if name != "line_items"}


def _fill(books: Books, call: Call, kind: Kind, document: Document, fields: Document) -> None:
    party = f"{kind.party}_id"
    contact = books.contacts.get(str(fields.get(party) or document.get(party)))
    if contact is None or contact["contact_type"] != kind.party:
        raise Refused(400, 1002, f"{kind.party.capitalize()} does not exist.")
    new = {name: fields[name] for name in HEAD if fields.get(name) is not None}
    for name in ("date", "due_date"):
        _day(new.get(name), name)
    changed = {**document, **new}
    _check_lock(books, call, document)
    _check_lock(books, call, changed)
    if (due := _day(changed.get("due_date"), "due_date")) and due < date.fromisoformat(
        changed["date"]
    ):
        raise Refused(400, 4014, "Please ensure that the due date is not before the invoice date.")
    currency = _currency(document, contact, fields)
    lines = fields.get("line_items", document.get("line_items"))
    if not isinstance(lines, list) or not lines:
        raise Refused(400, 4003, "Please enter at least one line item.")
    made = [_line(books, call, line) for line in lines]
    document |= changed
    document |= {
        party: contact["contact_id"],
        f"{kind.party}_name": contact["contact_name"],
        "currency_code": currency,
        "line_items": made,
        **_totals(made, inclusive=bool(changed["is_inclusive_tax"])),
    }
    document["balance"] = document["total"]


def _currency(document: Document, contact: Document, fields: Document) -> str:
    """The contact's: only the largest plans let one contact have documents in several.

    https://www.zoho.com/us/books/help/contacts/contact-preferences.html
    """
    there = str(document.get("currency_code") or contact["currency_code"])
    asked = seed.currency(fields["currency_id"]) if fields.get("currency_id") else there
    if asked is None:
        raise missing("Currency")
    if asked != contact["currency_code"]:
        raise Refused(400, 1012, "The currency of the transaction is not that of the contact.")
    return asked


def _check_lock(books: Books, call: Call, document: Document) -> None:
    until = books.locked_until(call.faults, call.now)
    if until is not None and date.fromisoformat(document["date"]) <= until:
        words = (
            "The transactions in this period are locked. You cannot add or edit a transaction "
            f"dated on or before {until:%d %b %Y}."
        )
        raise Refused(400, 3047, words)


def _line(books: Books, call: Call, line: Any) -> Document:
    if not isinstance(line, dict):
        raise Refused(400, 1038, "JSON is not well formed")
    accounts = {one["account_id"]: one for one in books.accounts(call.faults)}
    account = accounts.get(str(line.get("account_id", seed.SALES_ACCOUNT)))
    if account is None:
        raise missing("Account")
    if not account["is_active"]:
        raise Refused(400, 1009, f"The account {account['account_name']} is marked as inactive.")
    taxes = {one["tax_id"]: one for one in seed.taxes()}
    tax = taxes.get(str(line["tax_id"])) if line.get("tax_id") else None
    if line.get("tax_id") and tax is None:
        raise missing("Tax")
    quantity, rate = _amount(line.get("quantity", 1)), _amount(line.get("rate", 0))
    return {
        "line_item_id": str(line.get("line_item_id") or books.next_id()),
        "description": str(line.get("description") or line.get("name") or ""),
        "quantity": float(quantity),
        "rate": float(rate),
        "account_id": account["account_id"],
        "tax_id": tax["tax_id"] if tax else "",
        "tax_percentage": tax["tax_percentage"] if tax else 0,
        "item_total": float(_cents(quantity * rate)),
    }


def _totals(lines: list[Document], *, inclusive: bool) -> Document:
    net = tax = Decimal(0)
    for line in lines:
        amount, share = _amount(line["item_total"]), _amount(line["tax_percentage"]) / 100
        part = amount - amount / (1 + share) if inclusive else amount * share
        net += amount - part if inclusive else amount
        tax += part
    return {
        "sub_total": float(_cents(net)),
        "tax_total": float(_cents(tax)),
        "total": float(_cents(net + tax)),
    }


def _amount(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise Refused(400, 2, "Invalid value passed for rate") from None


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _day(value: Any, name: str) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        raise Refused(400, 4, f"Invalid value passed for {name}") from None
