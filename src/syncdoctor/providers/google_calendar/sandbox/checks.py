"""What Google Calendar refuses of an event's fields, and how it writes its times.

https://developers.google.com/workspace/calendar/api/v3/reference/events/insert, read on 2026-11-22.
The messages are those that integrators quote; see ``rules.toml``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from syncdoctor.providers.google_calendar.sandbox.answers import Document, Refused

# What a caller cannot set.
OWN = (
    *("kind", "id", "iCalUID", "created", "creator", "organizer", "htmlLink", "eventType"),
    "sequence",
)
STATUSES = ("confirmed", "tentative", "cancelled")


def checked(fields: Document, zone: str) -> Document:
    """The fields of an event as they are kept.

    Raises:
        Refused: one is missing or wrong.
    """
    event = {name: value for name, value in fields.items() if name not in (*OWN, "etag", "updated")}
    start, end = _time(event, "start", zone), _time(event, "end", zone)
    if ("date" in start) is not ("date" in end):
        raise Refused(400, "invalid", "Start and end times must either both be date or dateTime.")
    first, last = (datetime.fromisoformat(t.get("dateTime") or t["date"]) for t in (start, end))
    if last < first or (last == first and "date" in start):
        words = "The specified time range is empty."
        raise Refused(400, "timeRangeEmpty", words, domain="calendar", location="timeMax")
    if event.get("status", "confirmed") not in STATUSES:
        raise Refused(400, "invalid", f"Invalid value for: {event['status']} is not a valid value")
    event["attendees"] = [_attendee(one) for one in event.get("attendees") or ()]
    if not event["attendees"]:
        del event["attendees"]
    return {**event, "start": start, "end": end}


def _time(event: Document, name: str, zone: str) -> dict[str, str]:
    given = event.get(name)
    if not isinstance(given, dict) or not (given.get("dateTime") or given.get("date")):
        raise Refused(400, "required", f"Missing {name} time.")
    try:
        if given.get("date"):
            return {"date": date.fromisoformat(given["date"]).isoformat()}
        moment = datetime.fromisoformat(given["dateTime"])
    except (TypeError, ValueError):
        raise Refused(400, "invalid", f"Invalid {name} time.") from None
    own: str | None = given.get("timeZone")
    if moment.tzinfo is None and own is None:
        raise Refused(400, "required", f"Missing time zone definition for {name} time.")
    try:
        moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(own or zone))
    except (KeyError, ValueError, OSError):
        words = f"Invalid time zone definition for {name} time."
        raise Refused(400, "invalid", words) from None
    local = moment.astimezone(ZoneInfo(zone))
    return {
        "dateTime": local.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "timeZone": own or zone,
    }


def _attendee(given: Any) -> Document:
    if not isinstance(given, dict) or "@" not in str(given.get("email")):
        raise Refused(400, "required", "Missing attendee email.")
    return {"responseStatus": "needsAction", **given}
