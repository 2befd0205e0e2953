"""What the answers of GoCardless's probes tell about a connection: local facts. Pure.

https://developer.gocardless.com/api-reference/#core-endpoints-creditors (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from syncdoctor.model import Connection
from syncdoctor.providers.gocardless.verification import Verification, unfinished


def facts_at(now: datetime, probe: str, body: Any, connection: Connection) -> dict[str, Any]:
    """Local facts (docs/rules.md) that a probe's 2xx answer proves, and as ``seen`` what it shows.

    Args:
        now: the time of the answer, with a zone.
        probe: the probe's name in facts.toml; there is ``identity`` alone.
        body: the parsed answer.
        connection: whose creditor is looked for.
    """
    del probe
    creditors = {str(creditor["id"]): creditor for creditor in body["creditors"]}
    chosen = connection.organisation
    if chosen is None:
        return {"organisation_chosen": False}
    creditor = creditors.get(chosen.id)
    if creditor is None:
        names = ", ".join(str(one.get("name")) for one in creditors.values()) or "none"
        return {
            "organisation_chosen": True,
            "organisation_missing": True,
            "seen": f"the token belongs to {names}, not to {chosen.name}",
        }
    found = unfinished(creditor, connection.created, now)
    known = {"organisation_chosen": True, "organisation_missing": False}
    return known | (_waiting(creditor, found) if found else {})


def _waiting(creditor: Mapping[str, Any], found: Verification) -> dict[str, Any]:
    days = f"{found.working_days} working day{'' if found.working_days == 1 else 's'}"
    since = f"since {found.since.day} {found.since:%B %Y}, {days}"
    name = creditor.get("name")
    words = {
        "in_review": f"GoCardless is verifying {name}",
        "action_required": f"GoCardless waits for something from {name} to verify it",
    }.get(found.status, f"{name} is not verified ({found.status})")
    stuck = "; 1 to 3 are usual, so it is stuck" if found.stuck else ""
    return {
        "verification": found.status,
        "verification_since": found.since.isoformat(),
        "verification_stuck": found.stuck,
        "seen": f"{words} {since}{stuck}",
    }
