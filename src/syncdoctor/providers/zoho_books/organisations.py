"""Which organisations a Zoho Books token may see, from ``GET /organizations``. Pure.

Fields: https://www.zoho.com/books/api/v3/organizations/, 2026-11-22.
"""

from __future__ import annotations

from typing import Any

from syncdoctor.model import Organisation


def from_answer(body: Any, event: str | None = None) -> tuple[Organisation, ...]:
    """The organisations in an answer, in Zoho's order.

    Args:
        body: the parsed answer.
        event: not known at Zoho.
    """
    del event
    found = body.get("organizations") if isinstance(body, dict) else None
    return tuple(
        Organisation(str(one["organization_id"]), str(one.get("name") or one["organization_id"]))
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict) and one.get("organization_id")
    )
