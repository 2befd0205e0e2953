"""An invoice or credit note as FreeAgent takes it. Pure.

https://dev.freeagent.com/docs/invoices, /docs/credit_notes (2026-11-22)
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from syncdoctor.engine.record import CREDIT_NOTE, INVOICE, Amounts, Line, Record

API = "https://api.freeagent.com/v2"
# https://dev.freeagent.com/docs/categories: 001, and 602-1 for a sub-account
_NOMINAL_CODE = re.compile(r"\d{3}(-\d+)?", re.ASCII)


def problem_of(record: Record) -> tuple[str, str] | None:
    """Column and expectation of what FreeAgent can never take."""
    if record.date is None:
        return "date", "the date of the document, which FreeAgent requires"
    if record.kind == INVOICE and record.due_date is None:
        return "due_date", "a due date, from which FreeAgent's payment terms are counted"
    if record.due_date is not None and record.due_date < record.date:
        return "due_date", "a day that is not before the date of the document"
    if record.amounts is Amounts.INCLUSIVE:
        return "amounts", "exclusive or no-tax: FreeAgent's prices do not hold tax"
    return _problem_of_lines(record)


def _problem_of_lines(record: Record) -> tuple[str, str] | None:
    for line in record.lines:
        if line.account is not None and not _NOMINAL_CODE.fullmatch(line.account):
            return "account", "the nominal code of a category, e.g. 001"
        if line.tax_type is not None and _rate(line.tax_type) is None:
            return "tax_type", "a rate of sales tax in per cent, e.g. 20"
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
    if record.currency:
        element["currency"] = record.currency
    if record.reference:
        element["po_reference"] = record.reference
    base = contact.rpartition("/contacts/")[0] if contact else ""
    element[items] = [_item(line, record, base or API) for line in record.lines]
    return element


def _item(line: Line, record: Record, base: str) -> dict[str, Any]:
    # What is credited has a negative price: the example of /docs/credit_notes.
    price = -line.unit_amount if record.kind == CREDIT_NOTE else line.unit_amount
    item = {
        "description": line.description,
        "quantity": _plain(line.quantity),
        "price": _plain(price),
    }
    if line.account:
        item["category"] = f"{base}/categories/{line.account}"
    rate = "0" if record.amounts is Amounts.NO_TAX else line.tax_type
    if rate is not None:
        item["sales_tax_rate"] = _plain(_rate(rate) or Decimal(0))
    return item


def _rate(text: str) -> Decimal | None:
    try:
        rate = Decimal(text.strip().removesuffix("%"))
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and rate >= 0 else None


def _plain(value: Decimal) -> str:
    """FreeAgent's decimals are strings."""
    return format(value, "f")
