"""An invoice, credit note or bill as FreeAgent takes it. Pure.

https://dev.freeagent.com/docs/invoices, /docs/credit_notes, /docs/bills (2026-11-22)
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from syncdoctor.engine.record import (
    CREDIT_NOTE,
    INVOICE,
    SETTLEMENT,
    Amounts,
    Line,
    Record,
    RecordStatus,
)

API = "https://api.freeagent.com/v2"
# https://dev.freeagent.com/docs/categories: 001, and 602-1 for a sub-account
MOST_BILL_ITEMS = 40  # https://api-discuss.freeagent.com/t/multi-item-bills-now-available/2879
_PENNY = Decimal("0.01")
_NOMINAL_CODE = re.compile(r"\d{3}(-\d+)?", re.ASCII)


def problem_of(record: Record) -> tuple[str, str] | None:
    """Column and expectation of what FreeAgent can never take."""
    if record.date is None:
        return "date", "the date of the document, which FreeAgent requires"
    if record.kind == INVOICE and record.due_date is None:
        return "due_date", "a due date, from which FreeAgent's payment terms are counted"
    if record.due_date is not None and record.due_date < record.date:
        return "due_date", "a day that is not before the date of the document"
    if record.amounts is Amounts.INCLUSIVE and record.kind != SETTLEMENT:
        return "amounts", "exclusive or no-tax: FreeAgent's prices do not hold tax"
    if record.is_bill and record.status is RecordStatus.DRAFT:
        return "status", "authorised: FreeAgent keeps no drafts of bills"
    return _problem_of_lines(record)


def _problem_of_lines(record: Record) -> tuple[str, str] | None:
    if record.is_bill and len(record.lines) > MOST_BILL_ITEMS:
        return "line_description", f"at most {MOST_BILL_ITEMS} lines, which is what a bill has"
    for line in record.lines:
        if line.account is not None and not _NOMINAL_CODE.fullmatch(line.account):
            return "account", "the nominal code of a category, e.g. 001"
        if line.tax_type is not None and _rate(line.tax_type) is None:
            return "tax_type", "a rate of sales tax in per cent, e.g. 20"
        if line.tax_type is None and record.amounts is Amounts.INCLUSIVE:
            return "tax_type", "the rate of the tax that the amount holds, in per cent, e.g. 20"
    return None


def document(record: Record, items: str, contact: str | None) -> dict[str, Any]:
    """The element that is sent; ``items`` is the name of its lines, ``contact`` an address."""
    element: dict[str, Any] = {"reference": record.number}
    if contact:
        element["contact"] = contact
    if record.date:
        due = record.due_date or record.date
        element["dated_on"] = record.date.isoformat()
        element["due_on"] = due.isoformat()
        element["payment_terms_in_days"] = (due - record.date).days
        if record.is_bill:
            del element["payment_terms_in_days"]
    if record.currency:
        element["currency"] = record.currency
    if record.reference and not record.is_bill:
        element["po_reference"] = record.reference
    base = contact.rpartition("/contacts/")[0] if contact else ""
    make = _bill_item if record.is_bill else _item
    element[items] = [make(line, record, base or API) for line in record.booked_lines]
    if record.amounts is Amounts.INCLUSIVE and not record.is_bill:
        _take_tax_out(element[items], record)
    return element


def _item(line: Line, record: Record, base: str) -> dict[str, Any]:
    # What is credited has a negative price: the example of /docs/credit_notes.
    price = -line.unit_amount if record.kind == CREDIT_NOTE else line.unit_amount
    return {
        "description": line.description,
        "quantity": _plain(line.quantity),
        "price": _plain(price),
        **_booked(line, record, base),
    }


def _take_tax_out(items: list[dict[str, Any]], record: Record) -> None:
    """Prices without the tax that FreeAgent adds to each line; a last line holds lost pennies.

    So the invoice comes to what was paid out, which is what the bank's line is matched with.
    """
    total = Decimal(0)
    for item in items:
        rate = Decimal(item["sales_tax_rate"]) / 100
        price = (Decimal(item["price"]) / (1 + rate)).quantize(_PENNY, ROUND_HALF_UP)
        item["price"] = _plain(price)
        total += price + (price * rate).quantize(_PENNY, ROUND_HALF_UP)
    if lost := record.total - total:
        rounding = {"description": "Rounding", "quantity": "1", "price": _plain(lost)}
        items.append({**items[0], **rounding, "sales_tax_rate": "0"})


def _bill_item(line: Line, record: Record, base: str) -> dict[str, Any]:
    total = _plain(line.quantity * line.unit_amount)  # with its tax
    return {"description": line.description, "total_value": total, **_booked(line, record, base)}


def _booked(line: Line, record: Record, base: str) -> dict[str, str]:
    rate = "0" if record.amounts is Amounts.NO_TAX else line.tax_type
    category = {"category": f"{base}/categories/{line.account}"} if line.account else {}
    tax = {"sales_tax_rate": _plain(_rate(rate) or Decimal(0))} if rate is not None else {}
    return category | tax


def _rate(text: str) -> Decimal | None:
    try:
        rate = Decimal(text.strip().removesuffix("%"))
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and rate >= 0 else None


def _plain(value: Decimal) -> str:
    """FreeAgent's decimals are strings."""
    return format(value, "f")
