"""An invoice, credit note or bill as Zoho Books takes it, and whether it has what is sent. Pure.

https://www.zoho.com/books/api/v3/invoices/, /credit-notes/ and /bills/ (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from syncdoctor.engine.adapter import Comparison, Standing, same_key
from syncdoctor.engine.record import CREDIT_NOTE, SETTLEMENT, Amounts, Line, Record, RecordStatus

LONGEST_NUMBER = 100
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000
DRAFT = "draft"
# An approval stands between a draft and its recipient; none of these was sent.
UNSENT = frozenset({DRAFT, "pending_approval", "approved"})
SETTLED = {"paid": "is paid", "partially_paid": "is paid in part", "closed": "is closed"}


def problem_of(record: Record) -> tuple[str, str] | None:
    """Column and expectation of what Zoho Books can never take."""
    for column, text, longest in (
        ("contact_name", record.contact_name, LONGEST_NAME),
        ("number", record.number or "", LONGEST_NUMBER),
        ("line_description", max((x.description for x in record.lines), key=len, default=""),
         LONGEST_DESCRIPTION),
    ):  # fmt: skip
        if len(text) > longest:
            return column, f"at most {longest} characters"
    if record.kind == CREDIT_NOTE and record.date is None:
        return "date", "the date of the credit note, which Zoho Books requires"
    if record.is_bill and record.status is RecordStatus.DRAFT:
        return "status", "authorised: Zoho Books makes a bill that is open at once"
    return None


def document(record: Record, number: str, contact_id: str | None) -> dict[str, Any]:
    """The body that is sent; ``number`` is the name of the document's number."""
    body: dict[str, Any] = {number: record.number}
    if contact_id:
        body["vendor_id" if record.is_bill else "customer_id"] = contact_id
    if record.date:
        body["date"] = record.date.isoformat()
    if record.due_date and record.kind != CREDIT_NOTE:
        body["due_date"] = record.due_date.isoformat()
    if record.reference:
        body["reference_number"] = record.reference
    if record.amounts is not Amounts.NO_TAX:
        body["is_inclusive_tax"] = record.amounts is Amounts.INCLUSIVE
    body["line_items"] = [_line(line) for line in record.booked_lines]
    return body


def changes(body: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a change: a line keeps its id, and one that is not named is taken away."""
    known = [line.get("line_item_id") for line in lines_of(there)]
    ids = [*known, *[None] * len(body["line_items"])]
    lines = [
        {"line_item_id": one, **line} if one else line
        for one, line in zip(ids, body["line_items"], strict=False)
    ]
    # Zoho asks why an invoice that went out is changed.
    asked = "invoice_number" in body and there.get("status") not in UNSENT
    why = {"reason": "Corrected in the product"} if asked else {}
    return {**body, "line_items": lines, **why}


def compare(record: Record, body: Mapping[str, Any], there: Mapping[str, Any]) -> Comparison:
    """Compare the body that would be sent with Zoho's document."""
    status = str(there.get("status") or "")
    if record.kind == SETTLEMENT and (why := _strange(record, there)):
        return Comparison(Standing.LOCKED, why)
    if status == "void":
        return Comparison(Standing.LOCKED, "was voided in Zoho Books and is not sent again")
    if record.currency and (its := there.get("currency_code")) not in (None, record.currency):
        return Comparison(Standing.LOCKED, f"is in {its} in Zoho Books; delete it there first")
    if same_document(body, there) and _same_contact(record, there):
        unsent = record.status is RecordStatus.AUTHORISED and status in UNSENT
        return Comparison(Standing.DIFFERS if unsent else Standing.SAME)
    if taken := SETTLED.get(status):
        return Comparison(Standing.LOCKED, f"{taken} in Zoho Books, where it differs")
    return Comparison(Standing.DIFFERS)


def same_document(body: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    """Whether all that is sent is there; what it leaves open is Zoho's to choose."""
    head = {name: value for name, value in body.items() if name != "line_items"}
    if not all(_same(name, value, there.get(name)) for name, value in head.items()):
        return False
    ours, theirs = body["line_items"], lines_of(there)
    return len(ours) == len(theirs) and all(
        _same(name, value, other.get(name))
        for line, other in zip(ours, theirs, strict=True)
        for name, value in line.items()
    )


def lines_of(there: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The lines of Zoho's document."""
    found = there.get("line_items")
    return [line for line in found if isinstance(line, Mapping)] if isinstance(found, list) else []


def _strange(record: Record, there: Mapping[str, Any]) -> str | None:
    """Why what has a settlement's number is not that settlement, and must be left alone."""
    found = "a bill" if "bill_number" in there else "an invoice"
    if not _same_contact(record, there):
        return f"is the number of {found} of another in Zoho Books; give the settlement its own"
    should = "a bill" if record.is_bill else "an invoice"
    return None if found == should else f"is {found} in Zoho Books and would be {should}; delete it"


def _same_contact(record: Record, there: Mapping[str, Any]) -> bool:
    shown = there.get("customer_name") or there.get("vendor_name") or record.contact_name
    return same_key(str(shown), record.contact_name)


def _line(line: Line) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "description": line.description,
        "quantity": _number(line.quantity),
        "rate": _number(line.unit_amount),
    }
    if line.account:
        sent["account_id"] = line.account
    if line.tax_type:
        sent["tax_id"] = line.tax_type
    return sent


def _number(value: Decimal) -> float | int:
    """JSON has no decimals; fifteen digits, the most that a source takes, survive a float."""
    return int(value) if value == value.to_integral_value() else float(value)


def _same(name: str, value: Any, other: Any) -> bool:
    if name in ("quantity", "rate"):
        try:
            return Decimal(str(value)) == Decimal(str(other))
        except InvalidOperation:
            return False
    if isinstance(value, bool):
        return value == bool(other)
    return str(value) == str(other)
