"""Line items: which accounts and tax types they may name, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from syncdoctor.providers.common.embedded import Faults
from syncdoctor.providers.xero.sandbox.answers import Document, Refused, new_id, unreadable
from syncdoctor.providers.xero.sandbox.books import Books

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
LARGEST = Decimal("9999999999.99")


@dataclass(frozen=True, slots=True)
class Chart:
    """Accounts and tax rates as one request sees them."""

    accounts: Mapping[str, Document]
    by_id: Mapping[str, Document]
    deleted: str | None
    rates: Mapping[str, Document]

    @classmethod
    def of(cls, books: Books, faults: Faults) -> Chart:
        """Read an organisation's chart."""
        accounts = books.accounts(faults)
        return cls(
            {account["Code"]: account for account in accounts},
            {account["AccountID"]: account for account in accounts},
            books.missing_accounts(faults)[1],
            {rate["TaxType"]: rate for rate in books.tax_rates(faults)},
        )


@dataclass(slots=True)
class Totals:
    """What the lines of a document add up to."""

    net: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)


def number(value: Any, name: str) -> Decimal | None:
    """A number of the request; None when it was not given."""
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if isinstance(value, bool) or not found.is_finite() or abs(found) > LARGEST:
        raise Refused(unreadable(f"converting value {value!r} of {name} to type 'Decimal'."))
    return found


def errors(chart: Chart, line: Document, *, approved: bool) -> list[str]:
    """What Xero would refuse about a line; ``approved`` is a document past its draft."""
    found = []
    if not str(line.get("Description") or "").strip():
        found.append("The description field is mandatory for each line item.")
    code = str(line.get("AccountCode") or "")
    account = chart.accounts.get(code) or chart.by_id.get(str(line.get("AccountID") or ""))
    if code or line.get("AccountID"):
        found += _account_errors(chart, code, account)
    elif approved:
        found.append("Account code must be specified")
    kind = line.get("TaxType")
    if kind:
        found += _tax_errors(chart, str(kind), account)
    quantity, unit = number(line.get("Quantity"), "Quantity"), _unit(line)
    given = number(line.get("LineAmount"), "LineAmount")
    if quantity is not None and quantity < 0:
        found.append(
            f"The quantity value '{quantity}' is invalid. Quantity must not be less than zero."
        )
    if given is not None and unit is not None and given != (expected := _amount(line)):
        found.append(f"The line total {given} does not match the expected line total {expected}")
    return found


def _account_errors(chart: Chart, code: str, account: Document | None) -> list[str]:
    if (account and account["Status"] != "ACTIVE") or (code and code == chart.deleted):
        return [
            f"Account code '{code or (account or {}).get('Code')}' has been archived, or has been "
            "deleted. Each line item must reference a valid account."
        ]
    if account is None or account["Type"] == "BANK" or account.get("SystemAccount"):
        return [f"Account code '{code}' is not a valid code for this document."]
    return []


def _tax_errors(chart: Chart, kind: str, account: Document | None) -> list[str]:
    rate = chart.rates.get(kind)
    if rate is None or rate["Status"] != "ACTIVE":
        return [
            f"The TaxType code '{kind}' does not exist or cannot be used for this type of "
            "transaction."
        ]
    fits = {"REVENUE": "CanApplyToRevenue", "EXPENSE": "CanApplyToExpenses"}
    if account and not rate.get(fits.get(account["Class"], ""), True):
        code = account["Code"]
        return [f"The TaxType code '{kind}' cannot be used with account code '{code}'."]
    return []


def _unit(line: Document) -> Decimal | None:
    return number(line.get("UnitAmount"), "UnitAmount")


def _amount(line: Document) -> Decimal:
    quantity = number(line.get("Quantity"), "Quantity")
    discount = number(line.get("DiscountRate"), "DiscountRate") or Decimal(0)
    gross = (Decimal(1) if quantity is None else quantity) * (_unit(line) or Decimal(0))
    return (gross * (HUNDRED - discount) / HUNDRED).quantize(CENT, ROUND_HALF_UP)


def build(chart: Chart, line: Document, amounts: str, totals: Totals, places: Decimal) -> Document:
    """A line as Xero gives it back, added to the totals.

    Tax is worked out and rounded for each line:
    https://developer.xero.com/documentation/guides/how-to-guides/rounding-in-xero/
    """
    code = str(line.get("AccountCode") or "")
    account = chart.accounts.get(code) or chart.by_id.get(str(line.get("AccountID") or ""))
    kind = str(line.get("TaxType") or (account["TaxType"] if account else "NONE"))
    kind = "NONE" if amounts == "NoTax" else kind
    given = number(line.get("LineAmount"), "LineAmount")
    amount = _amount(line) if _unit(line) is not None or given is None else given
    tax = number(line.get("TaxAmount"), "TaxAmount")
    if tax is None or amounts == "NoTax":
        tax = _tax(amount, Decimal(str(chart.rates[kind]["EffectiveRate"])), amounts)
    totals.net += amount - tax if amounts == "Inclusive" else amount
    totals.tax += tax
    quantity = number(line.get("Quantity"), "Quantity")
    unit = _unit(line)
    built: Document = {
        "Description": str(line["Description"]),
        "UnitAmount": float((amount if unit is None else unit).quantize(places, ROUND_HALF_UP)),
        "TaxType": kind,
        "TaxAmount": float(tax),
        "LineAmount": float(amount),
        "Tracking": line.get("Tracking") or [],
        "Quantity": float(1 if quantity is None else quantity),
        "LineItemID": str(line.get("LineItemID") or new_id()),
    }
    if account:
        built |= {"AccountCode": account["Code"], "AccountID": account["AccountID"]}
    for extra in ("ItemCode", "DiscountRate"):
        if line.get(extra):
            built[extra] = line[extra]
    return built


def _tax(amount: Decimal, rate: Decimal, amounts: str) -> Decimal:
    if amounts == "NoTax":
        return Decimal(0)
    base = amount * rate / (HUNDRED + rate if amounts == "Inclusive" else HUNDRED)
    return base.quantize(CENT, ROUND_HALF_UP)
