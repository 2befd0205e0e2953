"""Faults that GoCardless has, with where each answer was seen."""

from __future__ import annotations

from syncdoctor.providers.common.embedded import FaultSpec

REFERENCE = "https://developer.gocardless.com/api-reference/"

FAULTS = (
    FaultSpec(
        "refresh-token-revoked",
        "the account holder withdrew the app's access: its tokens are refused; a consent heals it",
        f"{REFERENCE}#errors-api-usage-errors",
        ("api",),
    ),
    FaultSpec(
        "organisation-disconnected",
        "a creditor's tokens were disabled: access_token_not_active; a new consent heals it",
        f"{REFERENCE}#errors-api-usage-errors",
        ("api",),
        {"organisation": None},
    ),
    FaultSpec(
        "token-read-only",
        "the token may only read: writes are 403 insufficient_permissions",
        "https://github.com/gocardless/gocardless-pro-python/blob/HEAD/tests/fixtures/"
        "insufficient_permission.json",
        ("api",),
    ),
    FaultSpec(
        "verification-pending",
        "creditors are not verified yet: in_review or action_required, for so many working days",
        f"{REFERENCE}#core-endpoints-creditors",
        ("api",),
        {"status": "in_review", "working_days": 2},
    ),
    FaultSpec(
        "mandates-ended",
        "mandates are cancelled, failed, expired, consumed, blocked or suspended_by_payer; "
        "of one customer, or of all",
        f"{REFERENCE}#core-endpoints-mandates",
        ("api",),
        {"status": "cancelled", "customer": None},
    ),
)
