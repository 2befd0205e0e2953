"""Reading the body of a write: which fields hold objects and lists, and which hold text.

The kinds are those of the vendor's description
(https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero_accounting.yaml, 2026-11-22).
"""

from __future__ import annotations

from typing import Any

import orjson

from syncdoctor.providers.common.embedded import Reply
from syncdoctor.providers.xero.sandbox.answers import Document, Refused, unreadable

# https://developer.xero.com/documentation/guides/oauth2/limits/ (2026-11-22)
LARGEST_BODY = 10_000_000
LISTS = ("LineItems", "Addresses", "Phones", "ContactPersons", "Tracking")
NUMBERS = (
    "Quantity",
    "UnitAmount",
    "TaxAmount",
    "LineAmount",
    "DiscountRate",
    "DiscountAmount",
    "CurrencyRate",
)
# Objects and lists that Xero gives and a client may send back: they are read-only, or belong to
# parts of Xero that the sandbox has not.
SENT_BACK = (
    "Payments",
    "Prepayments",
    "Overpayments",
    "CreditNotes",
    "Allocations",
    "Attachments",
    "ValidationErrors",
    "Warnings",
    "InvoiceAddresses",
    "InvoicePaymentServices",
    "ContactGroups",
    "SalesTrackingCategories",
    "PurchasesTrackingCategories",
    "PaymentTerms",
    "BrandingTheme",
    "BatchPayments",
    "Balances",
    "Item",
    "TaxBreakdown",
)


def elements(body: bytes, name: str) -> list[Document]:
    """The elements of a body: a list below the name, a bare list, or one element.

    Raises:
        Refused: the body is too large, or no JSON of that form.
    """
    if len(body) > LARGEST_BODY:
        raise Refused(Reply(413))
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(unreadable(f"reading JSON: {error}.")) from None
    if isinstance(value, dict) and name in value:
        value = value[name]
    found = [value] if isinstance(value, dict) else value
    if not isinstance(found, list) or not all(isinstance(element, dict) for element in found):
        raise Refused(_mistyped(name, value))
    if not found:
        raise Refused(unreadable(f"no {name} in the request."))
    return [_element(element) for element in found]


def _element(element: Document) -> Document:
    """An element whose fields have the kinds that the rest of the sandbox counts on."""
    return {key: _field(key, value) for key, value in element.items() if key not in SENT_BACK}


def _field(key: str, value: Any) -> Any:
    if value is None:
        return None
    if key == "Contact" and isinstance(value, dict):
        return _element(value)
    if key == "LineItems" and isinstance(value, list) and all(isinstance(i, dict) for i in value):
        return [_element(item) for item in value]
    if key in LISTS[1:] and isinstance(value, list):
        return value
    if key in (*LISTS, "Contact") or isinstance(value, dict | list):
        raise Refused(_mistyped(key, value))
    return value if key in NUMBERS or isinstance(value, bool) else str(value)


def _mistyped(key: str, value: Any) -> Reply:
    return unreadable(f"converting a value of type {type(value).__name__} for '{key}'.")
