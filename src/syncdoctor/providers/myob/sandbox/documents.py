"""Making and changing invoices and bills: what MYOB refuses, and what it works out.

https://developer.myob.com/api/accountright/v2/sale/invoice/invoice_service and
https://developer.myob.com/api/myob-business-api/api-overview/error-messages (2026-11-22)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from syncdoctor.providers.common.embedded import Call
from syncdoctor.providers.myob.sandbox.answers import Document, Refused
from syncdoctor.providers.myob.sandbox.books import Books, name_of

CENT = Decimal("0.01")
LONGEST_NUMBER = 13
STALE = (
    "An Update operation requires the latest RowVersion for each of the existing entities being "
    "modified"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """Names of sales and purchases."""

    path: str
    party: str
    type: str
    reference: str
    below_nothing: str  # the status of a document over less than nothing


SALES = Kind("Sale/Invoice", "Customer", "InvoiceType", "CustomerPurchaseOrderNumber", "Credit")
BILLS = Kind("Purchase/Bill", "Supplier", "BillType", "SupplierInvoiceNumber", "Debit")
KINDS = {kind.path: kind for kind in (SALES, BILLS)}


def make(books: Books, call: Call, kind: Kind, fields: Document) -> Document:
    """Make a document of the service layout.

    Raises:
        Refused: it cannot be made.
    """
    shelf = books.documents[kind.path]
    number = str(fields.get("Number") or f"{len(shelf) + 1:08}")
    if len(number) > LONGEST_NUMBER:
        raise Refused(400, "ValidationError", "Number is too long", 1000, "Number")
    if any(one["Number"] == number for one in shelf.values()):
        words = "The supplied number is already in use"
        raise Refused(400, "Duplicate", words, 200, "Number")
    document: Document = {"UID": books.next_uid(), "Number": number, kind.type: "Service"}
    _fill(books, call, kind, document, fields)
    shelf[document["UID"]] = document
    return document


def change(books: Books, call: Call, kind: Kind, document: Document, fields: Document) -> None:
    """Change a document.

    Raises:
        Refused: the version is an old one, the document is paid or locked, or it is not valid.
    """
    if call.faults.on("row-version-stale"):
        document["RowVersion"] = books.next_version()
    if fields.get("UID") != document["UID"]:
        raise Refused(400, "ValidationError", "UID does not match the address", 1000, "UID")
    known = {line["RowID"]: line["RowVersion"] for line in document["Lines"]}
    old = [line for line in _lines(fields) if line.get("RowID") in known]
    if fields.get("RowVersion") != document["RowVersion"] or any(
        line.get("RowVersion") != known[line["RowID"]] for line in old
    ):
        raise Refused(409, "IncorrectRowVersionSupplied", STALE, 111)
    if document["Status"] == "Closed":
        raise Refused(400, "InvoicePaid", "Invoice has been paid", 10001)
    _fill(books, call, kind, document, fields)


def head(document: Document) -> Document:
    """The document as a list of every layout shows it."""
    return {name: value for name, value in document.items() if name != "Lines"}


def _fill(books: Books, call: Call, kind: Kind, document: Document, fields: Document) -> None:
    party = fields.get(kind.party) or {}
    card = books.cards[kind.party].get(str(party.get("UID")))
    if not party.get("UID"):
        raise Refused(400, "Required", f"{kind.party} is required", 100, kind.party)
    if card is None:
        raise Refused(400, "NotFound", f"{kind.party} not found", 150, kind.party)
    day = _date(fields.get("Date"))
    _check_lock(books, call, document, day)
    lines = _lines(fields)
    if not lines:
        raise Refused(400, "Required", "Lines is required", 100, "Lines")
    made = [_line(books, call, line, number) for number, line in enumerate(lines, 1)]
    inclusive = bool(fields.get("IsTaxInclusive", True))
    document |= {
        kind.party: {"UID": card["UID"], "Name": name_of(card), "DisplayID": card["DisplayID"]},
        "Date": f"{day}T00:00:00",
        kind.reference: fields.get(kind.reference),
        "Terms": _terms(fields.get("Terms") or {}, day),
        "IsTaxInclusive": inclusive,
        "Lines": made,
        **_totals(books, call, made, inclusive=inclusive),
        "RowVersion": books.next_version(),
    }
    document["BalanceDueAmount"] = document["TotalAmount"]
    document["Status"] = kind.below_nothing if document["TotalAmount"] < 0 else "Open"


def _check_lock(books: Books, call: Call, document: Document, day: date) -> None:
    until = books.locked_before(call.faults, call.now)
    days = [day, *([_date(document["Date"])] if document.get("Date") else [])]
    if until is not None and any(one <= until for one in days):
        words = "BusinessEvent_DateOccurred_InLockPeriod"
        raise Refused(400, "ValidationError", words, 1000, "DateOccurred:(SaleEvent)")


def _lines(fields: Document) -> list[Document]:
    found = fields.get("Lines")
    return [line for line in found if isinstance(line, dict)] if isinstance(found, list) else []


def _line(books: Books, call: Call, line: Document, number: int) -> Document:
    account = _of("Account", line, books.accounts(call.faults))
    if not account["IsActive"]:
        raise Refused(400, "ValidationError", f"The account {account['Name']} is inactive", 1000)
    if account["IsHeader"]:
        raise Refused(400, "AccountHeaderNotAllowed", "A header account cannot be used", 4004)
    tax = _of("TaxCode", line, books.tax_codes(call.faults))
    return {
        "RowID": line.get("RowID") or number,
        "Type": line.get("Type", "Transaction"),
        "Description": line.get("Description"),
        "UnitCount": line.get("UnitCount"),
        "UnitPrice": line.get("UnitPrice"),
        "Total": float(_cents(_amount(line.get("Total")))),
        "Account": {name: account[name] for name in ("UID", "Name", "DisplayID")},
        "TaxCode": {name: tax[name] for name in ("UID", "Code")},
        "RowVersion": books.next_version(),
    }


def _of(name: str, line: Document, every: list[Document]) -> Document:
    wanted = (line.get(name) or {}).get("UID")
    if not wanted:
        raise Refused(400, "Required", f"{name} is required", 100, f"Lines.{name}")
    found = next((one for one in every if one["UID"] == wanted), None)
    if found is None:
        raise Refused(400, "NotFound", f"{name} not found", 150, f"Lines.{name}")
    return found


def _totals(books: Books, call: Call, lines: list[Document], *, inclusive: bool) -> Document:
    rates = {one["UID"]: Decimal(one["Rate"]) / 100 for one in books.tax_codes(call.faults)}
    total = tax = Decimal(0)
    for line in lines:
        amount, rate = _amount(line["Total"]), rates[line["TaxCode"]["UID"]]
        part = _cents(amount - amount / (1 + rate) if inclusive else amount * rate)
        tax += part
        total += amount if inclusive else amount + part
    return {
        "Subtotal": float(_cents(total if inclusive else total - tax)),
        "TotalTax": float(_cents(tax)),
        "TotalAmount": float(_cents(total)),
    }


def _terms(terms: Document, day: date) -> Document:
    days = terms.get("BalanceDueDate", 0)
    if not isinstance(days, int):
        raise Refused(400, "SerializationError", "Error converting value", 50, "BalanceDueDate")
    due = day + timedelta(days=days)
    return {"PaymentIsDue": "InAGivenNumberOfDays", **terms, "DueDate": f"{due}T00:00:00"}


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Refused(400, "SerializationError", "Error converting value", 50, "Date") from None


def _amount(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise Refused(400, "SerializationError", "Error converting value", 50, "Total") from None


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)
