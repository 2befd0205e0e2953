"""What the workspace file, the guide, the last syncs and the source say: facts without a network.

What the workspace file does not say, and the guide speaks about, is a check of outcome
``to-ask``: it is asked (see :mod:`syncdoctor.local_checks.answers`) or listed, never taken as fine.
"""

from __future__ import annotations

from syncdoctor.local_checks.doubles import NAME as DOUBLES
from syncdoctor.local_checks.doubles import ask as ask_for_doubles
from syncdoctor.local_checks.pending import SOURCE, no_source, pending_checks
from syncdoctor.local_checks.product import product_checks, setting_checks
from syncdoctor.local_checks.syncs import LAST_SYNC, OF_SYNCS, failed_sync, sync_checks, tier_of
from syncdoctor.model import Check
from syncdoctor.states import Case

__all__ = [
    "DOUBLES",
    "LAST_SYNC",
    "NAMES",
    "OF_SYNCS",
    "SOURCE",
    "ask_for_doubles",
    "failed_sync",
    "no_source",
    "run",
    "tier_of",
]

# What the checks are called; those of settings and channels have the name of theirs as well.
NAMES = frozenset(
    (
        *("enabled", "licence", "plan", "tier", "invoice-limit", "invoices-this-month", "role"),
        *("channels", "auto-sync", "invoice-status", "credit-notes", *OF_SYNCS),
        *(SOURCE, "excluded", "required-fields", DOUBLES),
    )
)


def run(case: Case) -> tuple[Check, ...]:
    """The checks that need no network, in the order in which they are shown."""
    return (
        *product_checks(case.connection, case.workspace, case.provider, case.guide),
        *setting_checks(case.connection, case.provider, case.guide),
        *sync_checks(case),
        *pending_checks(case),
    )
