"""Which mandate a payment is collected by. Pure.

Payments can be created against mandates that are ``pending_customer_approval``,
``pending_submission``, ``submitted`` or ``active``:
https://developer.gocardless.com/api-reference/#payments-create-a-payment (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncdoctor.engine.adapter import Unbacked, folded
from syncdoctor.engine.record import Record
from syncdoctor.model import Cause

Element = Mapping[str, Any]

# The furthest on its way first.
CHARGEABLE = ("active", "submitted", "pending_submission", "pending_customer_approval")
# https://developer.gocardless.com/api-reference/#core-endpoints-mandates (2026-11-22)
CURRENCIES: Mapping[str, str] = {
    "ach": "USD",
    "autogiro": "SEK",
    "bacs": "GBP",
    "becs": "AUD",
    "becs_nz": "NZD",
    "betalingsservice": "DKK",
    "faster_payments": "GBP",
    "pad": "CAD",
    "pay_to": "AUD",
    "sepa_core": "EUR",
}
_ENDED = {
    "blocked": "was blocked",
    "cancelled": "was cancelled",
    "consumed": "was for one payment and is used up",
    "expired": "has expired, since nothing was collected for long",
    "failed": "could not be set up by the bank",
    "suspended_by_payer": "was suspended by the payer",
}


def name_of(customer: Element) -> str:
    """What a customer is called: the company's name, or the person's."""
    person = f"{customer.get('given_name') or ''} {customer.get('family_name') or ''}".strip()
    return str(customer.get("company_name") or person)


def currency_of(mandate: Element) -> str | None:
    """The currency that a mandate's scheme collects."""
    return CURRENCIES.get(str(mandate.get("scheme")))


def mandate_for(
    record: Record, customers: Sequence[Element], mandates: Sequence[Element]
) -> Element | Unbacked:
    """The mandate by which a payment is collected, or why there is none.

    Money is never taken from one of several customers by guess.

    Args:
        record: the payment.
        customers: all of the account.
        mandates: all of the account, newest first.
    """
    customer = _payer(record, customers)
    if isinstance(customer, Unbacked):
        return customer
    mine = [m for m in mandates if _link(m, "customer") == customer["id"]]
    usable = [m for m in mine if m.get("status") in CHARGEABLE]
    if record.currency:
        usable = [m for m in usable if currency_of(m) in (record.currency, None)]
    if not usable:
        return _refused(record, mine)
    if len({_link(m, "creditor") for m in usable}) > 1:
        why = "has mandates with more than one creditor of this account; collect it at GoCardless"
        return _unbacked(record, why, Cause.RECORD_INVALID)
    return min(usable, key=lambda m: CHARGEABLE.index(str(m["status"])))


def _payer(record: Record, customers: Sequence[Element]) -> Element | Unbacked:
    named = [c for c in customers if folded(name_of(c)) == folded(record.contact_name)]
    fitting = [c for c in named if _fits(record, c)] if len(named) > 1 else named
    if len(fitting) == 1:
        return fitting[0]
    if not named:
        return _unbacked(record, "is no customer at GoCardless", Cause.RECORD_NOT_FOUND)
    why = (
        f"is the name of {len(named)} customers at GoCardless; give the contact_email or the"
        " contact_number of one"
    )
    return _unbacked(record, why, Cause.RECORD_INVALID)


def _fits(record: Record, customer: Element) -> bool:
    """Whether a customer of the name is the one that the record's further details tell."""
    number = (customer.get("metadata") or {}).get("contact_number")
    email = str(customer.get("email") or "")
    if record.contact_number and record.contact_number == number:
        return True
    return bool(record.contact_email) and folded(record.contact_email or "") == folded(email)


def _refused(record: Record, mine: Sequence[Element]) -> Unbacked:
    if not mine:
        why = "has no mandate at GoCardless; they have to set up a Direct Debit first"
        return _unbacked(record, why, Cause.PAYMENT_REFUSED)
    usable = [m for m in mine if m.get("status") in CHARGEABLE]
    if usable:
        known = ", ".join(sorted({str(currency_of(m)) for m in usable}))
        why = f"has mandates for {known} and none for {record.currency}"
        return _unbacked(record, why, Cause.PAYMENT_REFUSED)
    latest = mine[0]
    ended = _ENDED.get(str(latest.get("status")), f"is {latest.get('status')}")
    why = f"has no mandate that can be used: {latest['id']} {ended}; they have to set up a new one"
    return _unbacked(record, why, Cause.PAYMENT_REFUSED)


def _unbacked(record: Record, why: str, cause: Cause) -> Unbacked:
    return Unbacked(f"{record.contact_name} {why}.", cause)


def _link(element: Element, name: str) -> Any:
    return (element.get("links") or {}).get(name)
