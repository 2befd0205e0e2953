"""How long GoCardless has been verifying a creditor, in working days. Pure.

``verification_status`` says whether the creditor can be paid out yet, and not since when it is so.
https://developer.gocardless.com/api-reference/#core-endpoints-creditors (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from syncdoctor.engine.working_days import working_days

SUCCESSFUL = "successful"
IN_REVIEW = "in_review"
# One to three working days are usual for Bacs; from five on it is for support.
STUCK_FROM = 5
# An account that is older than its connection by more was most likely verified before, and is in
# review anew: a change of the bank account for payouts is enough for that.
OF_LONG_STANDING = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Verification:
    """A verification that is not finished: GoCardless's word for it, since when, how long."""

    status: str
    since: date
    working_days: int

    @property
    def stuck(self) -> bool:
        """Whether it is GoCardless that should have finished by now."""
        return self.status == IN_REVIEW and self.working_days >= STUCK_FROM


def unfinished(
    creditor: Mapping[str, Any], connected: datetime, now: datetime
) -> Verification | None:
    """The verification of a creditor; None when it is finished, or nothing is said of it.

    It is counted from the making of the account, since signing up begins it; of an account of
    long standing from the making of the connection.

    Args:
        creditor: as GoCardless shows it.
        connected: when the connection was made.
        now: both times have a zone.
    """
    status = str(creditor.get("verification_status") or SUCCESSFUL)
    if status == SUCCESSFUL:
        return None
    since = _began(creditor.get("created_at"), connected).date()
    return Verification(status, since, working_days(since, now.date()))


def _began(created_at: Any, connected: datetime) -> datetime:
    try:
        made = datetime.fromisoformat(str(created_at))
    except ValueError:
        return connected
    recent = made.tzinfo is not None and connected - made <= OF_LONG_STANDING
    return made if recent else connected
