"""What a new organisation in the sandbox holds: the usual UK accounts and tax rates.

After the demo company's chart of accounts and https://developer.xero.com/documentation/api/accounting/types
(tax types of the United Kingdom), read on 2026-11-22. Contacts are invented.
"""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

SPACE = uuid5(NAMESPACE_DNS, "sandbox.syncdoctor.example")
ORGANISATIONS = ("Demo Company (UK)", "Harbour Street Bakery Ltd", "Old Mill Studios Ltd")
DEMO = ORGANISATIONS[0]

# code, name, type, class, tax type, system account
_ACCOUNTS = (
    ("090", "Business Bank Account", "BANK", "ASSET", "NONE", None),
    ("091", "Business Savings Account", "BANK", "ASSET", "NONE", None),
    ("200", "Sales", "REVENUE", "REVENUE", "OUTPUT2", None),
    ("260", "Other Revenue", "REVENUE", "REVENUE", "OUTPUT2", None),
    ("270", "Interest Income", "REVENUE", "REVENUE", "NONE", None),
    ("310", "Cost of Goods Sold", "DIRECTCOSTS", "EXPENSE", "INPUT2", None),
    ("400", "Advertising & Marketing", "OVERHEADS", "EXPENSE", "INPUT2", None),
    ("404", "Bank Fees", "OVERHEADS", "EXPENSE", "EXEMPTINPUT", None),
    ("412", "Consulting & Accounting", "OVERHEADS", "EXPENSE", "INPUT2", None),
    ("425", "Postage, Freight & Courier", "OVERHEADS", "EXPENSE", "INPUT2", None),
    ("429", "General Expenses", "OVERHEADS", "EXPENSE", "INPUT2", None),
    ("433", "Insurance", "OVERHEADS", "EXPENSE", "EXEMPTINPUT", None),
    ("445", "Light, Power, Heating", "OVERHEADS", "EXPENSE", "RRINPUT", None),
    ("469", "Rent", "OVERHEADS", "EXPENSE", "NONE", None),
    ("489", "Telephone & Internet", "OVERHEADS", "EXPENSE", "INPUT2", None),
    ("610", "Accounts Receivable", "CURRENT", "ASSET", "NONE", "DEBTORS"),
    ("710", "Office Equipment", "FIXED", "ASSET", "INPUT2", None),
    ("800", "Accounts Payable", "CURRLIAB", "LIABILITY", "NONE", "CREDITORS"),
    ("820", "VAT", "CURRLIAB", "LIABILITY", "NONE", "GST"),
    ("860", "Rounding", "CURRLIAB", "LIABILITY", "NONE", "ROUNDING"),
    ("960", "Retained Earnings", "EQUITY", "EQUITY", "NONE", "RETAINEDEARNINGS"),
)
ARCHIVED_ACCOUNT = ("205", "Sales (old shop)", "REVENUE", "REVENUE", "OUTPUT2", None)

# tax type, name, rate in per cent, for income, for expenses
_TAX_RATES = (
    ("OUTPUT2", "20% (VAT on Income)", 20.0, True, False),
    ("INPUT2", "20% (VAT on Expenses)", 20.0, False, True),
    ("RROUTPUT", "5% (VAT on Income)", 5.0, True, False),
    ("RRINPUT", "5% (VAT on Expenses)", 5.0, False, True),
    ("ZERORATEDOUTPUT", "Zero Rated Income", 0.0, True, False),
    ("ZERORATEDINPUT", "Zero Rated Expenses", 0.0, False, True),
    ("EXEMPTOUTPUT", "Exempt Income", 0.0, True, False),
    ("EXEMPTINPUT", "Exempt Expenses", 0.0, False, True),
    ("NONE", "No VAT", 0.0, True, True),
)
CONTACTS = ("Northgate Schools Trust", "Juniper & Co", "Riverside Cycles")
ARCHIVED_CONTACT = "Closed Shop Ltd"

# What a person who may write is allowed to do: the example of getOrganisationActions in
# https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero_accounting.yaml
ACTIONS = (
    "CreateApprovedInvoice",
    "CreateDraftPurchaseOrder",
    "CreateApprovedBill",
    "AttachFilesIntoInvoice",
    "UseMulticurrency",
    "CreateDraftInvoice",
    "CreateRepeatingInvoice",
    "CreateRepeatingBill",
    "CreateSentQuote",
    "CreateInvoicePayment",
    "CreateApprovedPurchaseOrder",
    "CreateDraftQuote",
    "CreateDraftBill",
)


def stable_id(*parts: str) -> str:
    """An id that is the same in every run, so that a demo can be told twice."""
    return str(uuid5(SPACE, "/".join(parts)))


def accounts(organisation: str, updated: str) -> list[dict[str, Any]]:
    """The chart of accounts of an organisation, by its id."""
    rows = ((*row, "ACTIVE") for row in _ACCOUNTS)
    return [
        _account(organisation, updated, *row) for row in (*rows, (*ARCHIVED_ACCOUNT, "ARCHIVED"))
    ]


def _account(
    organisation: str,
    updated: str,
    code: str,
    name: str,
    kind: str,
    group: str,
    tax: str,
    system: str | None,
    status: str,
) -> dict[str, Any]:
    account: dict[str, Any] = {
        "AccountID": stable_id(organisation, "account", code),
        "Code": code,
        "Name": name,
        "Status": status,
        "Type": kind,
        "TaxType": tax,
        "Class": group,
        "EnablePaymentsToAccount": False,
        "ShowInExpenseClaims": False,
        "HasAttachments": False,
        "UpdatedDateUTC": updated,
        "AddToWatchlist": False,
    }
    if kind == "BANK":
        bank = {"BankAccountNumber": f"0900{code}1234567", "BankAccountType": "BANK"}
        account |= {**bank, "CurrencyCode": "GBP"}
    if system:
        account["SystemAccount"] = system
    return account


def tax_rates() -> list[dict[str, Any]]:
    """The tax rates of a UK organisation."""
    return [
        {
            "Name": name,
            "TaxType": kind,
            "CanApplyToAssets": True,
            "CanApplyToEquity": True,
            "CanApplyToExpenses": expenses,
            "CanApplyToLiabilities": True,
            "CanApplyToRevenue": income,
            "DisplayTaxRate": rate,
            "EffectiveRate": rate,
            "Status": "ACTIVE",
            "TaxComponents": [
                {"Name": "VAT", "Rate": rate, "IsCompound": False, "IsNonRecoverable": False}
            ],
        }
        for kind, name, rate, income, expenses in _TAX_RATES
    ]
