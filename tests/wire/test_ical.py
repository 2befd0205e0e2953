"""Feeds as text: what they hold, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syncdoctor.wire.ical import NotICal, parse

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nX-WR-CALNAME:Book\\,ings\r\n"


def event(start: str, title: str = "Lunch", more: str = "") -> str:
    stamp = "UID:1\r\nDTSTAMP:20261121T100000Z\r\n"
    return f"BEGIN:VEVENT\r\n{stamp}DTSTART{start}\r\nSUMMARY:{title}\r\n{more}END:VEVENT\r\n"


def feed(*events: str) -> bytes:
    return (HEAD + "".join(events) + "END:VCALENDAR\r\n").encode()


def test_what_a_feed_holds() -> None:
    found = parse(
        feed(
            event(":20261130T090000Z", "Later"),
            event(";VALUE=DATE:20261125", "Next \x1b[31m"),
            event(":20261101T090000Z", "Past", "LAST-MODIFIED:20261122T070000Z\r\n"),
        ),
        NOW,
    )
    assert (found.name, found.events, found.unreadable) == ("Book,ings", 3, 0)
    assert found.made == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert found.following == (datetime(2026, 11, 25, tzinfo=UTC), "Next [31m")


def test_a_feed_without_events_is_one() -> None:
    found = parse(b"\xef\xbb\xbf" + feed(), NOW)
    assert (found.events, found.made, found.following) == (0, None, None)


def test_an_event_that_is_broken_in_part_is_counted() -> None:
    broken = event(":20261130T090000Z", "Folded\r\nwrongly")
    no_date = event(":next week")
    found = parse(feed(broken, no_date, event(":20261201T090000Z")), NOW)
    assert (found.events, found.unreadable) == (3, 2)
    assert found.following is not None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"<!doctype html><html>", "web page"),
        (b'{"error": 1}', "JSON"),
        (b"hello", "does not begin"),
        (feed(event(":20261130T090000Z"))[:-30], "breaks off"),
        (b"BEGIN:VCALENDAR\r\n\xff\xfe\x00", "breaks off"),
    ],
)
def test_what_is_no_feed(content: bytes, why: str) -> None:
    with pytest.raises(NotICal, match=why):
        parse(content, NOW)
