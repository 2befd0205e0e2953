"""Which Google account signed in, told by its primary calendar. Pure.

The id of a primary calendar is the address of the account, and every account has one.
https://developers.google.com/workspace/calendar/api/concepts/events-calendars (2026-11-22)
"""

from __future__ import annotations

from typing import Any

from syncdoctor.model import Organisation


def from_answer(body: Any, event: str | None = None) -> tuple[Organisation, ...]:
    """The account whose list of calendars this is.

    Args:
        body: the parsed answer.
        event: not known at Google.
    """
    del event
    items = body.get("items") if isinstance(body, dict) else None
    return tuple(
        Organisation(str(one["id"]), str(one.get("summary") or one["id"]))
        for one in (items if isinstance(items, list) else [])
        if isinstance(one, dict) and one.get("primary") and one.get("id")
    )
