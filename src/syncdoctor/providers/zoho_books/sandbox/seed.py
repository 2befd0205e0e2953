"""What a new organisation of the sandbox holds. Names are made up; ids have Zoho's form."""

from __future__ import annotations

from typing import Any

ORGANISATIONS = {
    "60010000001": "Demo Trading Ltd",
    "60010000002": "Northgate Workshop",
    "60010000003": "Riverside Studio",
}
SALES_ACCOUNT = "4600000000000388"
TAX = "4600000000000410"
FIRST_ID = 4600000000010001

# id, code, name, type
_ACCOUNTS = (
    (SALES_ACCOUNT, "200", "Sales", "income"),
    ("4600000000000391", "210", "Other income", "other_income"),
    ("4600000000000400", "400", "Advertising", "expense"),
    ("4600000000000403", "610", "Accounts Receivable", "accounts_receivable"),
)
# id, name, per cent
_TAXES = ((TAX, "Standard rate", 20), ("4600000000000412", "Zero rate", 0))
# id, code, symbol; the first one is the organisation's own
_CURRENCIES = (
    ("4600000000000097", "GBP", "£"),
    ("4600000000000099", "EUR", "€"),
    ("4600000000000101", "USD", "$"),
)
CONTACTS = ("Juniper & Co", "Riverside Cycles")


def accounts() -> list[dict[str, Any]]:
    """The chart of accounts: https://www.zoho.com/books/api/v3/chart-of-accounts/."""
    return [
        {
            "account_id": identity,
            "account_name": name,
            "account_code": code,
            "account_type": kind,
            "is_active": True,
            "is_user_created": False,
        }
        for identity, code, name, kind in _ACCOUNTS
    ]


def taxes() -> list[dict[str, Any]]:
    """The taxes: https://www.zoho.com/books/api/v3/taxes/."""
    return [
        {"tax_id": identity, "tax_name": name, "tax_percentage": rate, "tax_type": "tax"}
        for identity, name, rate in _TAXES
    ]


def currencies() -> list[dict[str, Any]]:
    """The currencies: https://www.zoho.com/books/api/v3/currency/."""
    return [
        {
            "currency_id": identity,
            "currency_code": code,
            "currency_symbol": symbol,
            "price_precision": 2,
            "is_base_currency": number == 0,
        }
        for number, (identity, code, symbol) in enumerate(_CURRENCIES)
    ]


def currency(identity: Any) -> str | None:
    """The code of a currency; the organisation's own for no id, None for one that is not there."""
    known = {one["currency_id"]: str(one["currency_code"]) for one in currencies()}
    return known.get(str(identity)) if identity else str(_CURRENCIES[0][1])


def organisation(identity: str) -> dict[str, Any]:
    """One of ``GET /organizations``: https://www.zoho.com/books/api/v3/organizations/."""
    return {
        "organization_id": identity,
        "name": ORGANISATIONS[identity],
        "is_default_org": False,
        "account_created_date": "2026-01-05",
        "time_zone": "Europe/London",
        "language_code": "en",
        "date_format": "dd MMM yyyy",
        "currency_code": "GBP",
        "currency_symbol": "£",
        "price_precision": 2,
    }


def user(role: str) -> dict[str, Any]:
    """The answer of ``GET /users/me``: https://www.zoho.com/books/api/v3/users/."""
    return {
        "user_id": "4600000000000101",
        "name": "Demo User",
        "email": "demo@example.com",
        "user_role": role,
        "status": "active",
        "is_current_user": True,
    }
