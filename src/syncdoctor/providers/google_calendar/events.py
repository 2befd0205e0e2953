"""An event as Google Calendar takes it, and whether it has what is sent. Pure.

https://developers.google.com/workspace/calendar/api/v3/reference/events (2026-11-22)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from syncdoctor.engine.adapter import Comparison, Standing
from syncdoctor.engine.event import Event, When
from syncdoctor.engine.record import Record

LONGEST_TITLE = 1024
LONGEST_DESCRIPTION = 8192
LONGEST_VALUE = 1024  # of an extended property
MOST_ATTENDEES = 200
CANCELLED = "cancelled"
# The private property that holds a record's number: an event tells its record by itself.
# https://developers.google.com/workspace/calendar/api/guides/extended-properties (2026-11-22)
NUMBER = "syncdoctorNumber"


def problem_of(event: Event, number: str) -> tuple[str, str] | None:
    """Column and expectation of what Google can never take."""
    for column, value, longest in (
        ("title", event.title, LONGEST_TITLE),
        ("description", event.description or "", LONGEST_DESCRIPTION),
        ("number", number, LONGEST_VALUE),
    ):
        if len(value) > longest:
            return column, f"at most {longest} characters"
    if len(event.attendees) > MOST_ATTENDEES:
        return "attendees", f"at most {MOST_ATTENDEES} addresses"
    return None


def body_of(record: Record) -> dict[str, Any]:
    """What is sent of an event; what it leaves open is Google's to choose."""
    event = event_in(record)
    body: dict[str, Any] = {
        "summary": event.title,
        "start": _time(event.start, event.time_zone),
        "end": _time(event.end, event.time_zone),
        "extendedProperties": {"private": {NUMBER: record.key}},
    }
    if event.location:
        body["location"] = event.location
    if event.description:
        body["description"] = event.description
    if event.attendees:
        body["attendees"] = [{"email": address} for address in event.attendees]
    return body


def event_in(record: Record) -> Event:
    """The event of a record of that kind."""
    if record.event is None:
        raise AssertionError("a record of kind event has an event")
    return record.event


def changed(record: Record, there: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a change: Google's event with ours in it, as an update replaces all of it.

    A deleted event is restored by it: on the organiser's calendar its details are kept for that.
    """
    body = body_of(record)
    private = (there.get("extendedProperties") or {}).get("private") or {}
    body["extendedProperties"] = {
        **(there.get("extendedProperties") or {}),
        "private": {**private, **body["extendedProperties"]["private"]},
    }
    if "attendees" in body:
        known = {_email(one): one for one in there.get("attendees") or ()}
        body["attendees"] = [known.get(_email(one), one) for one in body["attendees"]]
    status = {"status": "confirmed"} if there.get("status") == CANCELLED else {}
    return {**there, **body, **status}


def compare(record: Record, there: Mapping[str, Any]) -> Comparison:
    """Compare what would be sent with Google's event."""
    if there.get("status") == CANCELLED:
        return Comparison(Standing.DIFFERS, "was deleted in Google Calendar")
    event = event_in(record)
    same = (
        _text(there.get("summary")) == _text(event.title)
        and _same_time(event.start, event.time_zone, there.get("start"))
        and _same_time(event.end, event.time_zone, there.get("end"))
        and (not event.location or _text(there.get("location")) == _text(event.location))
        and (not event.description or _text(there.get("description")) == _text(event.description))
        and (not event.attendees or _addresses(there) == {a.casefold() for a in event.attendees})
    )
    if same:
        return Comparison(Standing.SAME)
    if there.get("locked"):
        why = "is a copy that Google Calendar locks; only its organiser changes it"
        return Comparison(Standing.LOCKED, why)
    return Comparison(Standing.DIFFERS)


def _time(when: When, zone: str | None) -> dict[str, str]:
    if not isinstance(when, dt.datetime):
        return {"date": when.isoformat()}
    told = {"dateTime": when.isoformat()}
    return {**told, "timeZone": zone} if zone else told


def _same_time(when: When, zone: str | None, there: Any) -> bool:
    if not isinstance(there, Mapping):
        return False
    if not isinstance(when, dt.datetime):
        return there.get("date") == when.isoformat()
    try:
        other = dt.datetime.fromisoformat(str(there.get("dateTime")))
    except ValueError:
        return False
    return other.tzinfo is not None and other == moment(when, zone)


def moment(when: dt.datetime, zone: str | None) -> dt.datetime:
    """The moment that a local time of a zone is."""
    return when if when.tzinfo else when.replace(tzinfo=ZoneInfo(zone or "UTC"))


def _text(value: Any) -> str:
    return "\n".join(line.rstrip() for line in str(value or "").strip().splitlines())


def _addresses(there: Mapping[str, Any]) -> set[str]:
    return {_email(one) for one in there.get("attendees") or ()}


def _email(attendee: Mapping[str, Any]) -> str:
    return str(attendee.get("email") or "").casefold()
