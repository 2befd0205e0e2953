"""What the answers of Google Calendar's probes tell about a connection: local facts. Pure.

Shapes: https://developers.google.com/workspace/calendar/api/v3/reference/calendarList and
/events/list, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncdoctor.model import Connection
from syncdoctor.providers.google_calendar.organisations import from_answer

# The access roles with which events are written.
WRITING = ("owner", "writer", "writerWithoutPrivateAccess")
# Which probe's answer holds the choices of a setting.
CHOSEN_FROM = {"calendar": "calendar"}


def facts(probe: str, body: Any, connection: Connection) -> dict[str, Any]:
    """Local facts (docs/rules.md) that a probe's 2xx answer proves, and as ``seen`` what it shows.

    Args:
        probe: the probe's name in facts.toml.
        body: the parsed answer.
        connection: whose account and calendar are compared with it.

    Raises:
        KeyError: the answer has no list.
    """
    items: Sequence[Mapping[str, Any]] = body["items"]
    if probe == "identity":
        return _identity(body, connection)
    return _calendar(items, body, connection) if probe == "calendar" else {}


def choices(setting: str, body: Any) -> list[tuple[str, str]]:
    """The calendars that events may be sent to, ids and names."""
    del setting
    return [
        (str(one["id"]), name_of(one)) for one in body["items"] if one.get("accessRole") in WRITING
    ]


def name_of(calendar: Mapping[str, Any]) -> str:
    """The name that the account's owner gave to a calendar, else its own."""
    name = str(calendar.get("summaryOverride") or calendar.get("summary") or calendar["id"])
    return f"{name} (primary)" if calendar.get("primary") else name


def _identity(body: Any, connection: Connection) -> dict[str, Any]:
    found, chosen = from_answer(body), connection.organisation
    if chosen is None or not found:
        return {}
    return {
        "organisation_chosen": True,
        "organisation_missing": chosen.id not in {one.id for one in found},
        "seen": f"the sign-in is {found[0].id}'s, not {chosen.id}'s",
    }


def _calendar(
    items: Sequence[Mapping[str, Any]], body: Mapping[str, Any], connection: Connection
) -> dict[str, Any]:
    chosen = connection.settings.get("calendar")
    if chosen is None:
        return {}  # never chosen: the workspace's own checks say so
    found = next((one for one in items if one["id"] == chosen), None)
    if found is None:
        if body.get("nextPageToken"):
            return {}  # it may be on a further page
        seen = f"the chosen calendar {chosen} is gone, or not shared with the account any more"
        return {"setting_gone": True, "setting": "calendar", "seen": seen}
    role = str(found.get("accessRole"))
    return {
        "setting_gone": False,
        "permission_missing": role not in WRITING,
        "seen": f"the account's access to the calendar {name_of(found)} is {role}",
    }
