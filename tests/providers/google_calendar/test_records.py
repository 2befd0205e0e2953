"""Records to requests and answers to outcomes, without any network."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest

from syncdoctor.engine.adapter import Item, Ref, Remote, Standing
from syncdoctor.engine.record import EVENT, Record
from syncdoctor.providers.google_calendar.ids import event_id
from syncdoctor.providers.google_calendar.records import ADAPTER, GoogleCalendarRecords

Make = Callable[..., Record]
CALENDAR = "a/b#c@group.calendar.google.com"


def there(record: Record, **changes: Any) -> dict[str, Any]:
    body = ADAPTER.create(EVENT, [Item(record)]).json
    return {**body, "status": "confirmed", "etag": '"1"', **changes}


def refusal(reason: str, message: str = "no") -> dict[str, Any]:
    return {"error": {"errors": [{"reason": reason}], "code": 400, "message": message}}


def test_an_id_is_googles_form_and_the_same_each_time() -> None:
    one = event_id("c-1", "B-1")
    assert re.fullmatch("[a-v0-9]{5,1024}", one)
    assert one == event_id("c-1", "B-1")
    assert len({one, event_id("c-2", "B-1"), event_id("c-1", "B-2")}) == 3
    assert event_id("c-1", "google:abc123") == "abc123"  # an event of Google's own keeps its id


def test_an_event_is_made_quietly_in_its_calendar(record: Make) -> None:
    asked = GoogleCalendarRecords("c-1", CALENDAR).create(EVENT, [Item(record(location="Here"))])
    assert (asked.method, asked.path) == (
        "POST",
        "calendars/a%2Fb%23c%40group.calendar.google.com/events",
    )
    assert asked.params == {"sendUpdates": "none"}
    assert asked.json == {
        "id": event_id("c-1", "B-1"),
        "summary": "Boiler service",
        "start": {"dateTime": "2026-11-25T09:00:00", "timeZone": "Europe/London"},
        "end": {"dateTime": "2026-11-25T10:30:00", "timeZone": "Europe/London"},
        "location": "Here",
        "extendedProperties": {"private": {"syncdoctorNumber": "B-1"}},
    }


def test_days_are_dates(record: Make) -> None:
    day = record(start=dt.date(2026, 11, 25), end=dt.date(2026, 11, 26), time_zone=None)
    body = ADAPTER.create(EVENT, [Item(day)]).json
    assert (body["start"], body["end"]) == ({"date": "2026-11-25"}, {"date": "2026-11-26"})


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, Standing.SAME),
        ({"start": {"dateTime": "2026-11-25T10:00:00+01:00"}}, Standing.SAME),  # the same moment
        ({"start": {"dateTime": "2026-11-25T10:00:00Z"}}, Standing.DIFFERS),
        ({"start": {"date": "2026-11-25"}}, Standing.DIFFERS),
        ({"summary": "Other"}, Standing.DIFFERS),
        ({"location": "Somewhere"}, Standing.SAME),  # what the record leaves open is Google's
        ({"status": "cancelled"}, Standing.DIFFERS),
        ({"summary": "Other", "locked": True}, Standing.LOCKED),
    ],
)
def test_only_what_the_record_says_is_compared(
    record: Make, changes: dict[str, Any], standing: Standing
) -> None:
    made = record()
    start = {
        "start": {"dateTime": "2026-11-25T09:00:00Z"},
        "end": {"dateTime": "2026-11-25T10:30:00Z"},
    }
    remote = Remote("x", "B-1", None, there(made, **{**start, **changes}))
    assert ADAPTER.compare(made, remote).standing is standing


def test_a_change_keeps_what_google_has_besides_and_revives_what_was_deleted(record: Make) -> None:
    known = {"email": "Ada@example.com", "responseStatus": "accepted"}
    kept = there(
        record(),
        status="cancelled",
        colorId="7",
        attendees=[known],
        extendedProperties={"shared": {"a": "b"}, "private": {"other": "x"}},
    )
    change = record(title="New", attendees=("ada@example.com", "bob@example.com"))
    asked = ADAPTER.update(EVENT, [Item(change, remote=Remote("x", "B-1", None, kept, '"1"'))])
    assert (asked.method, asked.headers) == ("PUT", {"if-match": '"1"'})
    assert asked.json["status"] == "confirmed"
    assert asked.json["colorId"] == "7"
    assert asked.json["attendees"] == [known, {"email": "bob@example.com"}]
    assert asked.json["extendedProperties"]["shared"] == {"a": "b"}
    assert set(asked.json["extendedProperties"]["private"]) == {"other", "syncdoctorNumber"}


def test_what_became_of_an_event() -> None:
    (made,) = ADAPTER.outcomes(EVENT, 1, {"id": "x", "etag": '"2"'}) or ()
    assert (made.accepted, made.provider_id, made.version) == (True, "x", '"2"')
    (taken,) = ADAPTER.outcomes(EVENT, 1, refusal("duplicate")) or ()
    assert (taken.accepted, taken.exists) == (False, True)
    (wrong,) = ADAPTER.outcomes(EVENT, 1, refusal("timeRangeEmpty", "empty")) or ()
    assert (wrong.accepted, wrong.exists, wrong.message) == (False, False, "empty")
    (stale,) = ADAPTER.outcomes(EVENT, 1, refusal("conditionNotMet")) or ()
    assert "at that very moment" in stale.message
    for reason in ("rateLimitExceeded", "requiredAccessLevel", "authError", "notFound"):
        assert ADAPTER.outcomes(EVENT, 1, refusal(reason)) is None
    assert ADAPTER.outcomes(EVENT, 1, "<html>") is None


def test_an_event_is_found_under_the_number_that_was_asked_for() -> None:
    adapter = GoogleCalendarRecords("c-1", "cal")
    (asked,) = adapter.look_up(EVENT, [Ref(EVENT, "B-1")])
    assert asked.path == f"calendars/cal/events/{event_id('c-1', 'B-1')}"
    (remote,) = adapter.found(EVENT, {"id": event_id("c-1", "B-1"), "etag": '"3"'}) or ()
    assert (remote.key, remote.version) == ("B-1", '"3"')
    assert adapter.found(EVENT, {"error": {}}) is None


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"title": "x" * 1025}, "title"),
        ({"description": "x" * 8193}, "description"),
        ({"attendees": tuple(f"a{n}@example.com" for n in range(201))}, "attendees"),
    ],
)
def test_what_google_can_never_take(record: Make, changes: dict[str, Any], column: str) -> None:
    assert ADAPTER.problem(record()) is None
    problem = ADAPTER.problem(record(**changes))
    assert problem is not None
    assert problem[0] == column
