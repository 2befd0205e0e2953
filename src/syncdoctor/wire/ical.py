"""An iCal feed's text: its events, when they were last made, and the next one.

The format is RFC 5545; `icalendar` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icalendar import Calendar, Component

STAMPS = ("LAST-MODIFIED", "DTSTAMP", "CREATED")
_HEAD = b"BEGIN:VCALENDAR"


class NotICal(Exception):
    """The text is no iCal; says what it is or where it breaks off. Nothing of it is repeated."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed holds. ``made`` is the newest time stamp of its events, ``first`` of the next."""

    name: str | None
    events: int
    unreadable: int  # events of which a part could not be read
    made: datetime | None
    following: tuple[datetime, str] | None  # the next event: when, and its title


def parse(content: bytes, now: datetime) -> Feed:
    """Read a feed.

    Raises:
        NotICal: it is none, or is cut or broken.
    """
    from icalendar import Calendar

    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start[: len(_HEAD)].upper() == _HEAD:
        raise NotICal(_instead(start))
    try:
        calendar = Calendar.from_ical(content)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        cut = b"END:VCALENDAR" not in content[-200:].upper()
        why = "it breaks off before its end" if cut else f"it is broken ({type(error).__name__})"
        raise NotICal(why) from None
    return _summary(calendar, now)


def _instead(start: bytes) -> str:
    if not start:
        return "it is empty"
    if start[:1] == b"<":
        return "it is a web page, such as a sign-in or an error"
    return "it is JSON" if start[:1] in b"{[" else "it does not begin with BEGIN:VCALENDAR"


def _summary(calendar: Calendar, now: datetime) -> Feed:
    events = list(calendar.walk("VEVENT"))
    stamps = [stamp for event in events for stamp in _stamps(event)]
    coming = sorted(
        (start, str(event.get("SUMMARY") or "")) for event in events for start in _next(event, now)
    )
    name = calendar.get("X-WR-CALNAME")
    return Feed(
        _printable(_unescaped(str(name))) if name else None,
        len(events),
        sum(bool(event.errors) for event in events),
        max(stamps, default=None),
        (coming[0][0], _printable(coming[0][1])) if coming else None,
    )


def _stamps(event: Component) -> Iterator[datetime]:
    for name in STAMPS:
        moment = _moment(event, name)
        if moment is not None:
            yield moment


def _next(event: Component, now: datetime) -> Iterator[datetime]:
    """When an event begins, if that is to come; of a repeated one, its first occurrence counts."""
    start = _moment(event, "DTSTART")
    if start is not None and start >= now:
        yield start


def _moment(event: Component, name: str) -> datetime | None:
    """A property as a moment in UTC; a day begins at midnight. None where it cannot be read."""
    value = event.get(name)
    try:
        told = value.dt if value is not None else None
    except (AttributeError, ValueError, KeyError):  # a broken property tells when it is read
        return None
    if isinstance(told, datetime):
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    return datetime.combine(told, time(), UTC) if isinstance(told, date) else None


def _unescaped(text: str) -> str:
    """A text of a property that RFC 5545 does not know, and whose signs nobody has unescaped."""
    return text.replace("\\,", ",").replace("\\;", ";")


def _printable(text: str) -> str:
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())[:80]
