"""What a new company file of the sandbox holds. Names are made up; ids are made from them."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

Document = dict[str, Any]


def uid(name: str) -> str:
    """A UID that is the same in every run."""
    return str(uuid5(NAMESPACE_URL, f"https://sandbox.invalid/myob/{name}"))


FILES = {
    uid("file/1"): "Clearwater Trading Pty Ltd",
    uid("file/2"): "Bluegum Studio Pty Ltd",
    uid("file/3"): "Southbank Workshop Pty Ltd",
}
SALES_ACCOUNT = uid("account/4-1000")
TAX_CODE = uid("tax/GST")
USER, PASSWORD = "Administrator", "sandbox"  # of a file that has a sign-on of its own
CUSTOMERS = ("Juniper & Co", "Riverside Cycles")

# DisplayID, name, type
_ACCOUNTS = (
    ("1-1110", "Business Bank Account", "Bank"),
    ("1-1310", "Trade Debtors", "AccountReceivable"),
    ("4-0000", "Income", "Income"),
    ("4-1000", "Sales", "Income"),
    ("4-2000", "Freight Income", "Income"),
    ("6-1000", "Selling Fees", "Expense"),
    ("8-1000", "Other Income", "OtherIncome"),
)
# code, description, type, per cent
_TAX_CODES = (
    ("GST", "Goods & Services Tax", "GST_VAT", 10),
    ("FRE", "GST Free", "GST_VAT", 0),
    ("N-T", "Not Reportable", "GST_VAT", 0),
)


def accounts() -> list[Document]:
    """The accounts list: https://developer.myob.com/api/accountright/v2/generalledger/account/."""
    return [
        {
            "UID": uid(f"account/{number}"),
            "Name": name,
            "DisplayID": number,
            "Classification": kind if kind in ("Income", "Expense", "OtherIncome") else "Asset",
            "Type": kind,
            "Number": int(number[2:]),
            "IsActive": True,
            "IsHeader": number.endswith("0000"),
            "Level": 1 if number.endswith("0000") else 2,
            "RowVersion": "1",
        }
        for number, name, kind in _ACCOUNTS
    ]


def tax_codes() -> list[Document]:
    """The tax codes: https://developer.myob.com/api/accountright/v2/generalledger/taxcode."""
    return [
        {
            "UID": uid(f"tax/{code}"),
            "Code": code,
            "Description": description,
            "Type": kind,
            "Rate": rate,
            "IsRateNegative": False,
            "RowVersion": "1",
        }
        for code, description, kind, rate in _TAX_CODES
    ]


def company_file(identity: str, base: str) -> Document:
    """A file as https://developer.myob.com/api/myob-business-api/v2/company-files/ shows it."""
    return {
        "Id": identity,
        "Name": FILES[identity],
        "LibraryPath": FILES[identity],
        "ProductVersion": "2026.10",
        "ProductLevel": {"Code": 30},
        "Uri": f"{base}{identity}",
        "UIAccessFlags": 3,
    }
