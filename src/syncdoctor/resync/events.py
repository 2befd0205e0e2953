"""From the values of a source's row to a calendar event, or to what is wrong with it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from syncdoctor.engine.event import Event, When
from syncdoctor.engine.record import EVENT, Record

# Heads of an event's row that are the event's, not the record's.
FIELDS = ("title", "start", "end", "time_zone", "location", "description", "attendees")


def problems(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Column and words for what is wrong with the times of an event, each of which is right."""
    start, end = values["start"], _end(values)
    if end is None:
        yield "end", "expected when it ends: only an event of whole days may leave it empty"
        return
    if isinstance(start, dt.datetime) is not isinstance(end, dt.datetime):
        yield "end", "expected a day for an event of whole days, else a time, like the start"
        return
    zone = values.get("time_zone")
    if zone is None and any(_is_local(one) for one in (start, end)):
        yield "time_zone", "expected a zone such as Europe/London, or times with an offset"
    elif not _moment(start, zone) < _moment(end, zone):
        yield "end", "expected a time after the start; of whole days, the day after the last one"


def record(line: int, head: Mapping[str, Any]) -> Record:
    """The record of an event whose values have no problem."""
    values = {name: head[name] for name in FIELDS if name in head}
    event = Event(**{**values, "end": _end(values)})
    rest = {name: value for name, value in head.items() if name not in FIELDS}
    return Record(EVENT, "", date=event.last_day, event=event, position=line, **rest)


def _end(values: Mapping[str, Any]) -> When | None:
    """When it ends; a single day is the usual event of whole days (RFC 5545, 3.6.1)."""
    start: When = values["start"]
    end: When | None = values.get("end")
    if end is None and not isinstance(start, dt.datetime):
        return start + dt.timedelta(days=1)
    return end


def _is_local(when: When) -> bool:
    return isinstance(when, dt.datetime) and when.tzinfo is None


def _moment(when: When, zone: str | None) -> dt.datetime:
    if not isinstance(when, dt.datetime):
        return dt.datetime.combine(when, dt.time(), dt.UTC)
    return when if when.tzinfo else when.replace(tzinfo=ZoneInfo(zone or "UTC"))
