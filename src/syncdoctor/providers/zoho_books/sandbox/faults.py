"""Faults that Zoho Books has, with where each answer was seen."""

from __future__ import annotations

from syncdoctor.providers.common.embedded import FaultSpec

ERRORS = "https://www.zoho.com/books/api/v3/errors/"

FAULTS = (
    FaultSpec(
        "organisation-disconnected",
        "the person was taken out of the organisation: 6041, and it is gone from /organizations; "
        "a new consent heals it",
        "https://www.zoho.com/deluge/help/books/fetch-records",
        params={"organisation": None},
    ),
    FaultSpec(
        "account-deleted",
        "an account is gone",
        "https://www.zoho.com/books/api/v3/chart-of-accounts/",
        ("api",),
        {"code": "200"},
    ),
    FaultSpec(
        "account-archived",
        "an account is marked as inactive",
        "https://www.zoho.com/books/api/v3/chart-of-accounts/",
        ("api",),
        {"code": "200"},
    ),
    FaultSpec(
        "permission-removed",
        "the role of the person who connected was lowered: writes are refused",
        f"derived: {ERRORS} names the status alone",
        ("api",),
    ),
    FaultSpec(
        "scope-removed",
        "consents given so far lack a scope: 401 with code 57; a new one heals it",
        ERRORS,
        ("api",),
        {"scope": "ZohoBooks.invoices.ALL"},
    ),
    FaultSpec(
        "locked-period",
        "documents up to a day (today by default) are locked",
        "https://www.zoho.com/books/help/accountant/transaction-lock.html",
        ("api",),
        {"until": None},
    ),
)
