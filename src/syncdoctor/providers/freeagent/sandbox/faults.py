"""Faults that FreeAgent has, with where each answer was seen."""

from __future__ import annotations

from syncdoctor.providers.common.embedded import FaultSpec

FORUM = "https://api-discuss.freeagent.com/t/"

FAULTS = (
    FaultSpec(
        "organisation-disconnected",
        "the app was disconnected in the company: its tokens are refused; a new consent heals it",
        "derived: https://dev.freeagent.com/docs/oauth names no answer for it",
        ("api", "token"),
        params={"organisation": None},
    ),
    FaultSpec(
        "account-deleted",
        "an account, or a category, is gone",
        f"{FORUM}list-of-api-error-responses/2809",
        ("api",),
        {"category": "001"},
    ),
    FaultSpec(
        "permission-removed",
        "the person's access level was lowered: what is above it is 403",
        f"{FORUM}list-of-api-error-responses/2809",
        ("api",),
        {"level": 3},
    ),
    FaultSpec(
        "locked-period",
        "documents up to a day (today by default) are locked",
        f"{FORUM}marking-an-invoice-that-falls-within-the-previous-financial-year-as-sent/2877",
        ("api",),
        {"until": None},
    ),
    FaultSpec(
        "gateway-timeout",
        "a record is made, and the answer is a gateway's 504",
        f"{FORUM}list-of-api-error-responses/2809",
        ("api",),
    ),
)
