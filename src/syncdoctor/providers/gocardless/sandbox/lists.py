"""The filters of lists; one that a list does not have is refused.

https://developer.gocardless.com/api-reference/#core-endpoints (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any

from syncdoctor.providers.common.embedded import Call
from syncdoctor.providers.gocardless.sandbox.answers import Document, Refused
from syncdoctor.providers.gocardless.sandbox.ledger import (
    BANK_ACCOUNTS,
    CUSTOMERS,
    MANDATES,
    PAYMENTS,
    Ledger,
)

PAGING = ("after", "before", "limit")
COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
MOMENTS = {PAYMENTS: ("created_at", "charge_date")}
LINKS = {
    BANK_ACCOUNTS: ("customer",),
    MANDATES: ("creditor", "customer", "customer_bank_account"),
    PAYMENTS: ("creditor", "customer", "mandate"),
}
FIELDS = {
    CUSTOMERS: (),
    BANK_ACCOUNTS: ("enabled",),
    MANDATES: ("reference", "scheme", "status"),
    PAYMENTS: ("currency", "scheme", "status"),
}


def filtered(call: Call, ledger: Ledger, name: str) -> list[Document]:
    """The elements of a shelf that a call asks for, newest first."""
    found = ledger.newest_first(name)
    for key, wanted in call.query.items():
        if key not in PAGING:
            holds = _filter(ledger, name, key, wanted, call)
            found = [element for element in found if holds(element)]
    return found


def _filter(
    ledger: Ledger, name: str, key: str, wanted: str, call: Call
) -> Callable[[Document], bool]:
    field, _, word = key.rstrip("]").partition("[")
    if word in COMPARED and field in MOMENTS.get(name, ("created_at",)):
        return lambda element: COMPARED[word](str(element[field]), wanted)
    if key in LINKS.get(name, ()):
        return lambda element: _linked(ledger, name, element, key) == wanted
    if key in FIELDS[name]:
        allowed = wanted.split(",")
        return lambda element: (
            str(ledger.shown(name, element, call.faults, call.now)[key]).lower() in allowed
        )
    raise Refused(400, "invalid_filters", "The filters provided are invalid")


def _linked(ledger: Ledger, name: str, element: Document, key: str) -> Any:
    if name == PAYMENTS and key == "customer":
        element = ledger.one(MANDATES, element["links"]["mandate"])
    return element["links"].get(key)
