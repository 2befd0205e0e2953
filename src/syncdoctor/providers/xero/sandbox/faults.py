"""Faults that only Xero has, with where each answer was seen."""

from __future__ import annotations

from syncdoctor.providers.common.embedded import FaultSpec

RESPONSE_CODES = "https://developer.xero.com/documentation/api/accounting/responsecodes"
LOCKS = "https://help.dext.com/en/articles/105721"
ACCOUNT_CODES = "https://developer.xero.com/documentation/api/accounting/accounts"

FAULTS = (
    FaultSpec(
        "organisation-disconnected",
        "the organisation is no longer linked: 403, and gone from /connections; "
        "a new consent heals it",
        "https://github.com/benedwards44/Apex-for-Xero/issues/28",
        params={"organisation": None},
    ),
    FaultSpec(
        "demo-company-reset",
        "the demo company was reset: its old id is refused, a new one is offered",
        "https://github.com/benedwards44/Apex-for-Xero/issues/28",
        ("api", "connections", "authorize"),
    ),
    FaultSpec(
        "organisation-offline",
        "the organisation is offline for a while: 503",
        "https://github.com/calcinai/xero-php/blob/master/src/XeroPHP/Remote/Response.php",
        ("api",),
    ),
    FaultSpec("account-deleted", "an account is gone", ACCOUNT_CODES, ("api",), {"code": "200"}),
    FaultSpec(
        "account-archived", "an account is archived", ACCOUNT_CODES, ("api",), {"code": "200"}
    ),
    FaultSpec(
        "tax-rate-deleted",
        "a tax rate is deleted",
        "https://developer.xero.com/documentation/api/accounting/taxrates",
        ("api",),
        {"type": "OUTPUT2"},
    ),
    FaultSpec(
        "permission-removed",
        "the person who connected may only read: writes are 403",
        "https://github.com/XeroAPI/xero-php-oauth2/issues/151",
        ("api",),
    ),
    FaultSpec(
        "scope-removed",
        "consents given so far lack a scope: 401 AuthorizationUnsuccessful; a new one heals it",
        RESPONSE_CODES,
        ("api",),
        {"scope": "accounting.invoices"},
    ),
    FaultSpec(
        "locked-period",
        "documents up to a day (today by default) are locked",
        LOCKS,
        ("api",),
        {"until": None},
    ),
)
