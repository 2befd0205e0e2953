"""What a new company in the sandbox holds: a few of the categories that FreeAgent begins with.

Codes, names and groups: https://dev.freeagent.com/docs/categories (2026-11-22). The companies and
contacts are invented.
"""

from __future__ import annotations

from typing import Any

COMPANIES = {"71001": "Harbour Street Bakery Ltd", "71002": "Old Mill Studios Ltd"}
CONTACTS = ("Northgate Schools Trust", "Juniper & Co", "Riverside Cycles")
HIDDEN_CONTACT = "Closed Shop Ltd"

# group, nominal code, description, rate of sales tax
_CATEGORIES = (
    ("admin_expenses_categories", "285", "Accommodation and Meals", "Standard rate"),
    ("cost_of_sales_categories", "102", "Commission Paid", "Standard rate"),
    ("income_categories", "001", "Sales", "Standard rate"),
    ("income_categories", "002", "Other Sales", "Standard rate"),
    ("income_categories", "003", "Exempt Sales", "Exempt"),
    ("general_categories", "051", "Interest Received", None),
)
RATES = {"Standard rate": "20", "Reduced rate": "5"}


def categories() -> dict[str, list[dict[str, Any]]]:
    """The categories of a company in their four groups; addresses are below the API's own."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for group, code, name, rate in _CATEGORIES:
        category = {"url": f"categories/{code}", "description": name, "nominal_code": code}
        groups.setdefault(group, []).append(
            {**category, "auto_sales_tax_rate": rate} if rate else category
        )
    return groups


def company(identity: str) -> dict[str, Any]:
    """A company as ``GET /v2/company`` shows it."""
    name = COMPANIES[identity]
    return {
        "url": "company",
        "id": identity,
        "name": name,
        "subdomain": name.split()[0].lower() + identity,
        "type": "UkLimitedCompany",
        "currency": "GBP",
        "mileage_units": "miles",
        "company_start_date": "2020-05-01",
        "freeagent_start_date": "2020-05-01",
        "first_accounting_year_end": "2021-04-30",
        "annual_accounting_periods": [{"starts_on": "2020-05-01", "ends_on": "2021-04-30"}],
        "company_registration_number": "123456",
        "sales_tax_registration_status": "Registered",
        "sales_tax_registration_number": "123456",
        "cis_enabled": False,
        "cis_subcontractor": False,
        "cis_contractor": False,
    }
