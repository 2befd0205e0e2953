"""An invoice, credit note or bill as MYOB takes it, and whether it has what is sent. Pure.

The service layout books amounts to accounts, without items. A credit note is an invoice over less
than nothing: its status is ``Credit``, and CreditSettlement and CreditRefund start from it.
https://developer.myob.com/api/accountright/v2/sale/invoice/invoice_service and
https://developer.myob.com/api/myob-business-api/v2/sale/credit_settlement/ (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from syncdoctor.engine.adapter import Comparison, Standing, same_key
from syncdoctor.engine.record import CREDIT_NOTE, Amounts, Line, Record, RecordStatus

LONGEST_NUMBER = 13
LONGEST_NAME = 50
LONGEST_CARD_ID = 15
CENT = Decimal("0.01")
SERVICE = "Service"


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of a sale or a purchase. ``every`` lists documents of all layouts, without lines."""

    every: str
    type: str
    party: str
    reference: str

    @property
    def path(self) -> str:
        """Where documents of the service layout are."""
        return f"{self.every}/{SERVICE}"


SALE = Layout("Sale/Invoice", "InvoiceType", "Customer", "CustomerPurchaseOrderNumber")
BILL = Layout("Purchase/Bill", "BillType", "Supplier", "SupplierInvoiceNumber")


def layout_of(record: Record) -> Layout:
    """Where a record belongs."""
    return BILL if record.is_bill else SALE


def problem_of(record: Record, target: str) -> tuple[str, str] | None:
    """Column and expectation of what MYOB can never take; ``target`` is named in commands."""
    return (
        _problem_of_head(record) or _problem_of_texts(record) or _problem_of_lines(record, target)
    )


def _problem_of_texts(record: Record) -> tuple[str, str] | None:
    for column, text, longest in (
        ("contact_name", record.contact_name, LONGEST_NAME),
        ("number", record.number or "", LONGEST_NUMBER),
    ):
        if len(text) > longest:
            return column, f"at most {longest} characters"
    return None


def _problem_of_head(record: Record) -> tuple[str, str] | None:
    if record.status is not RecordStatus.AUTHORISED:
        return "status", "authorised: MYOB has no drafts, so a draft waits in the product"
    if record.currency is not None:
        return "currency", "nothing: a document has the currency of its card in MYOB"
    if record.date is None:
        return "date", "the date of the document"
    if record.due_date is not None and record.due_date < record.date:
        return "due_date", "a day that is not before the date of the document"
    return None


def _problem_of_lines(record: Record, target: str) -> tuple[str, str] | None:
    for line in record.lines:
        for column, value, what in (
            ("account", line.account, "an account"),
            ("tax_type", line.tax_type, "a tax code"),
        ):
            if value is None:
                return column, f"{what}: syncdoctor connection configure {target}"
            if not _is_uid(value):
                return column, f"the UID of {what}: syncdoctor connection pick {target} --list"
    return None


def _is_uid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def document(record: Record, contact_id: str | None) -> dict[str, Any]:
    """The body that is sent."""
    layout, day = layout_of(record), record.date or date.min
    lines = [_line(line, record) for line in record.booked_lines]
    body: dict[str, Any] = {
        "Number": record.number,
        "Date": f"{day} 00:00:00",
        "IsTaxInclusive": record.amounts is Amounts.INCLUSIVE,
        "Lines": lines,
    }
    if lines:
        body["FreightTaxCode"] = lines[0]["TaxCode"]  # wanted although there is no freight
    if contact_id:
        body[layout.party] = {"UID": contact_id}
    if record.reference:
        body[layout.reference] = record.reference
    if record.due_date:
        days = (record.due_date - day).days
        body["Terms"] = {"PaymentIsDue": "InAGivenNumberOfDays", "BalanceDueDate": days}
    return body


def changes(body: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a change: it says of which version it is, for the whole and for each line."""
    known = [{k: line[k] for k in ("RowID", "RowVersion") if k in line} for line in lines_of(there)]
    more: list[dict[str, Any]] = [{}] * len(body["Lines"])
    kept = zip([*known, *more], body["Lines"], strict=False)
    return {
        **body,
        "UID": there.get("UID"),
        "RowVersion": there.get("RowVersion"),
        "Lines": [{**row, **line} for row, line in kept],
    }


def compare(record: Record, there: Mapping[str, Any]) -> Comparison:
    """Compare what would be sent with MYOB's document."""
    layout = layout_of(record)
    if layout.party not in there:
        kind = "an invoice" if layout is BILL else "a bill"
        return Comparison(Standing.LOCKED, f"is {kind} in MYOB by now; delete it there")
    made_as = there.get(layout.type) or SERVICE
    if made_as != SERVICE:
        why = f"is in MYOB in the {made_as} layout; it is changed there alone"
        return Comparison(Standing.LOCKED, why)
    name = (there.get(layout.party) or {}).get("Name") or record.contact_name
    if same_document(document(record, None), there) and same_key(str(name), record.contact_name):
        return Comparison(Standing.SAME)
    if there.get("Status") == "Closed":
        return Comparison(Standing.LOCKED, "is paid in MYOB, where it differs")
    return Comparison(Standing.DIFFERS)


def same_document(body: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    """Whether all that is sent is there; what it leaves open is MYOB's to choose."""
    apart = ("Lines", "Terms", "FreightTaxCode", "Date")
    head = {name: value for name, value in body.items() if name not in apart}
    if not all(_same(value, there.get(name)) for name, value in head.items()):
        return False
    if _day(body["Date"]) != _day(there.get("Date")) or not _same_terms(body, there):
        return False
    ours, theirs = body["Lines"], lines_of(there)
    return len(ours) == len(theirs) and all(
        _same(value, other.get(name))
        for line, other in zip(ours, theirs, strict=True)
        for name, value in line.items()
    )


def lines_of(there: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The lines of MYOB's document."""
    found = there.get("Lines")
    return [line for line in found if isinstance(line, Mapping)] if isinstance(found, list) else []


def _line(line: Line, record: Record) -> dict[str, Any]:
    quantity = -line.quantity if record.kind == CREDIT_NOTE else line.quantity
    return {
        "Type": "Transaction",
        "Description": line.description,
        "UnitCount": _number(quantity),
        "UnitPrice": _number(line.unit_amount),
        "Total": _number((quantity * line.unit_amount).quantize(CENT, ROUND_HALF_UP)),
        "Account": {"UID": line.account},
        "TaxCode": {"UID": line.tax_type},
    }


def _number(value: Decimal) -> float | int:
    """JSON has no decimals; fifteen digits, the most that a source takes, survive a float."""
    return int(value) if value == value.to_integral_value() else float(value)


def _same_terms(body: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    if "Terms" not in body:
        return True
    terms = there.get("Terms") or {}
    due = date.fromisoformat(_day(body["Date"])) + timedelta(days=body["Terms"]["BalanceDueDate"])
    return _day(terms.get("DueDate")) == due.isoformat()


def _day(value: Any) -> str:
    return str(value)[:10]


def _same(value: Any, other: Any) -> bool:
    if isinstance(value, Mapping):
        return (
            isinstance(other, Mapping)
            and str(value["UID"]).lower() == str(other.get("UID")).lower()
        )
    if isinstance(value, bool):
        return value == bool(other)
    if isinstance(value, int | float):
        try:
            return Decimal(str(value)) == Decimal(str(other))
        except InvalidOperation:
            return False
    return str(value) == str(other)
