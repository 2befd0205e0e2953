"""Faults that MYOB has, with where each answer was seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncdoctor.providers.common.embedded import FaultSpec
from syncdoctor.providers.myob.sandbox import seed

MESSAGES = "https://developer.myob.com/api/myob-business-api/api-overview/error-messages"
# Faults are shared by all providers: another one's name for an account or a tax rate stands for
# the usual one here.
NAMED_ELSEWHERE = frozenset({"200", "001", "OUTPUT2"})

FAULTS = (
    FaultSpec(
        "organisation-disconnected",
        "an administrator took the app's access to the file away: its grants end; a new consent "
        "heals it",
        "derived: each consent covers one company file",
        params={"organisation": None},
    ),
    FaultSpec(
        "account-deleted",
        "an account is gone",
        "https://developer.myob.com/api/accountright/v2/generalledger/account/",
        ("api",),
        {"code": "200"},
    ),
    FaultSpec(
        "account-archived",
        "an account is inactive",
        "https://developer.myob.com/api/accountright/v2/generalledger/account/",
        ("api",),
        {"code": "200"},
    ),
    FaultSpec(
        "tax-rate-deleted",
        "a tax code is gone",
        "https://developer.myob.com/api/accountright/v2/generalledger/taxcode",
        ("api",),
        {"type": "OUTPUT2"},
    ),
    FaultSpec(
        "permission-removed",
        "the user of the company file may only read: CurrentUser says so, and writes are refused",
        f"https://developer.myob.com/api/myob-business-api/v2/current-user/ and {MESSAGES}",
        ("api",),
    ),
    FaultSpec(
        "scope-removed",
        "consents given so far lack a scope: MYOB then says that the token is not valid; a new "
        "one heals it",
        "https://apisupport.myob.com/hc/en-us/articles/360001459455",
        ("api",),
        {"scope": "sme-sales"},
    ),
    FaultSpec(
        "locked-period",
        "documents up to a day (today by default) are locked",
        "https://ocerra.freshdesk.com/support/solutions/articles/60000992828",
        ("api",),
        {"until": None},
    ),
    FaultSpec(
        "company-file-sign-on",
        "every file has a sign-on of its own: x-myobapi-cftoken is wanted",
        "https://apisupport.myob.com/hc/en-us/articles/5451932252175-Solving-Access-Denied-errors",
        ("api",),
        {"user": seed.USER, "password": seed.PASSWORD},
    ),
    FaultSpec(
        "redirected",
        "calls are sent on to another address of MYOB's",
        "https://developer.myob.com/api/myob-business-api/api-overview/headers",
        ("api",),
    ),
    FaultSpec(
        "row-version-stale",
        "somebody else changed the document a moment before",
        MESSAGES,
        ("api",),
    ),
)


def means(value: object, item: Mapping[str, Any], usual: str) -> bool:
    """Whether a fault's parameter means this account or tax code; ``usual`` is a UID."""
    names = (item["UID"], item.get("DisplayID"), item.get("Code"))
    return value in names or (str(value) in NAMED_ELSEWHERE and item["UID"] == usual)
