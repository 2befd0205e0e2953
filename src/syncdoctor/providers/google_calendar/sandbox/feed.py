"""The calendar's secret address in iCal format: what a subscriber reads, and what may go wrong.

https://support.google.com/calendar/answer/37648 and https://www.rfc-editor.org/rfc/rfc5545, read on
2026-11-22.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from syncdoctor.providers.common.embedded import Call, Reply
from syncdoctor.providers.google_calendar.sandbox.answers import Document, page
from syncdoctor.providers.google_calendar.sandbox.calendars import CANCELLED, Calendar

ICS = {"content-type": "text/calendar; charset=UTF-8"}
PATH = "/calendar/ical/"
LARGE_BYTES = 60_000_000
LONGEST_LINE = 75


def address(calendar: str) -> str:
    """The path of a calendar's feed. The secret in it is made up, and the same each time."""
    secret = hashlib.sha256(calendar.encode()).hexdigest()[:32]
    return f"{PATH}{quote(calendar, safe='')}/private-{secret}/basic.ics"


def read(call: Call, calendar: Calendar) -> Reply:
    """The feed, or what is found in its place."""
    if broken := call.faults.on("feed-broken"):
        return _broken(str(broken.params["how"]), call, calendar)
    return Reply(200, text(call, calendar).encode(), ICS)


def text(call: Call, calendar: Calendar) -> str:
    """The feed's text, with lines folded."""
    stale = call.faults.on("feed-stale")
    made = call.now - timedelta(days=int(stale.params["days"])) if stale else call.now
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sandbox//Calendar 1.0//EN"]
    lines += ["CALSCALE:GREGORIAN", f"X-WR-CALNAME:{_escaped(calendar.name)}"]
    for event in calendar.events.values():
        if event["status"] != CANCELLED:
            lines += _event(event, made, stale=stale is not None)
    lines.append("END:VCALENDAR")
    return "\r\n".join(part for line in lines for part in _folded(line)) + "\r\n"


def _event(event: Document, made: datetime, *, stale: bool) -> Iterator[str]:
    changed = datetime.fromisoformat(event["updated"])
    yield "BEGIN:VEVENT"
    yield f"UID:{event['iCalUID']}"
    yield f"DTSTAMP:{_utc(made)}"
    yield f"LAST-MODIFIED:{_utc(min(made, changed) if stale else changed)}"
    for name, time in (("DTSTART", event["start"]), ("DTEND", event["end"])):
        if "date" in time:
            yield f"{name};VALUE=DATE:{time['date'].replace('-', '')}"
        else:
            yield f"{name}:{_utc(datetime.fromisoformat(time['dateTime']))}"
    yield f"SUMMARY:{_escaped(str(event.get('summary') or ''))}"
    for name in ("location", "description"):
        if event.get(name):
            yield f"{name.upper()}:{_escaped(str(event[name]))}"
    yield "END:VEVENT"


def _broken(how: str, call: Call, calendar: Calendar) -> Reply:
    whole = text(call, calendar)
    if how == "redirect":
        return Reply(302, b"", {"location": "https://elsewhere.example.com/basic.ics"})
    if how == "folding":
        middle = "BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Folded\r\nwrongly\r\nEND:VEVENT\r\nEND:VCALENDAR"
        return Reply(200, whole.replace("END:VCALENDAR", middle).encode(), ICS)
    if how == "cut":
        return Reply(200, whole[: len(whole) // 2].encode(), ICS)
    if how == "large":
        return Reply(200, whole.encode() + b" " * LARGE_BYTES, ICS)
    return page(200, "Sign in to continue")


def _folded(line: str) -> Iterator[str]:
    rest = line.encode()
    while len(rest) > LONGEST_LINE:
        cut = LONGEST_LINE
        while rest[cut] & 0xC0 == 0x80:  # noqa: PLR2004 - not inside a character of UTF-8
            cut -= 1
        yield rest[:cut].decode()
        rest = b" " + rest[cut:]
    yield rest.decode()


def _escaped(value: str) -> str:
    for sign in ("\\", ";", ","):
        value = value.replace(sign, "\\" + sign)
    return value.replace("\n", "\\n")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
