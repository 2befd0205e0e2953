"""A payment as GoCardless takes it, and whether it has the one that would be sent. Pure.

https://developer.gocardless.com/api-reference/#core-endpoints-payments (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from syncdoctor.engine.adapter import Comparison, Standing
from syncdoctor.engine.record import Record
from syncdoctor.providers.gocardless.mandates import CURRENCIES, currency_of

# All its currencies have a hundred of the smaller unit, in which amounts are told.
MINOR = 100
NUMBER, INVOICE_NUMBER, REFERENCE = "number", "invoice_number", "reference"
# At most three pairs; a name of 50 characters, a value of 500.
LONGEST_VALUE = 500
_OVER = {
    "cancelled": "was cancelled",
    "charged_back": "was charged back",
    "customer_approval_denied": "was not approved by the payer",
    "failed": "failed",
}


def problem_of(record: Record) -> tuple[str, str] | None:
    """Column and expectation of what GoCardless can never take."""
    amount = record.amount or Decimal(0)
    if amount <= 0 or amount * MINOR != int(amount * MINOR):
        return "amount", "an amount above nothing with at most 2 decimals"
    if record.currency is not None and record.currency not in CURRENCIES.values():
        return "currency", f"one of {', '.join(sorted(set(CURRENCIES.values())))}"
    for column, value in metadata(record).items():
        if len(value) > LONGEST_VALUE:
            return column, f"at most {LONGEST_VALUE} characters"
    return None


def metadata(record: Record) -> dict[str, str]:
    """By what a payment is known again. A payment's own reference is not for every package."""
    pairs = {
        NUMBER: record.number,
        INVOICE_NUMBER: record.invoice_number,
        REFERENCE: record.reference,
    }
    return {name: value for name, value in pairs.items() if value}


def element(record: Record, mandate: Mapping[str, Any]) -> dict[str, Any]:
    """The element that is sent. The bank decides on the first day on which it can be collected."""
    first = mandate.get("next_possible_charge_date")
    wanted = record.date.isoformat() if record.date else None
    days = [day for day in (first, wanted) if day]
    about = f"Invoice {record.invoice_number}" if record.invoice_number else record.reference
    return {
        "amount": minor(record.amount),
        "currency": record.currency or currency_of(mandate) or "GBP",
        "description": about or f"Payment {record.number}",
        "metadata": metadata(record),
        "links": {"mandate": mandate["id"]},
        **({"charge_date": max(days)} if days else {}),
    }


def compare(record: Record, there: Mapping[str, Any]) -> Comparison:
    """Compare with GoCardless's own, of which nothing but the metadata can be changed."""
    status = str(there.get("status"))
    if status in _OVER:
        why = f"{_OVER[status]} at GoCardless; retry it there, or send it under a new number"
        return Comparison(Standing.LOCKED, why)
    if difference := _difference(record, there):
        how = "cancel it there, and send it" if status == "pending_submission" else "send the rest"
        shown = status.replace("_", " ")
        why = f"is {shown} at GoCardless with {difference}; {how} under a new number"
        return Comparison(Standing.LOCKED, why)
    known = there.get("metadata") or {}
    # A payment that somebody else made keeps the metadata by which they know it.
    ours = NUMBER in known
    same = not ours or all(known.get(name) == value for name, value in metadata(record).items())
    return Comparison(Standing.SAME if same else Standing.DIFFERS)


def minor(amount: Decimal | None) -> int:
    """An amount in the smaller unit."""
    return int((amount or Decimal(0)) * MINOR)


def _difference(record: Record, there: Mapping[str, Any]) -> str | None:
    currency = there.get("currency")
    other_money = record.currency is not None and record.currency != currency
    if there.get("amount") != minor(record.amount) or other_money:
        return f"{Decimal(str(there.get('amount'))) / MINOR:.2f} {currency}"
    day = str(there.get("charge_date") or "")
    if record.date is not None and day and day < record.date.isoformat():
        return f"the charge date {day}"
    return None
