"""Sync tokens, pages and events as lines, without any network."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from syncdoctor.engine.pulling import Page
from syncdoctor.errors import UsageError
from syncdoctor.model import Cause, Connection
from syncdoctor.providers.google_calendar.ids import event_id
from syncdoctor.providers.google_calendar.organisations import from_answer
from syncdoctor.providers.google_calendar.probes import choices, facts
from syncdoctor.providers.google_calendar.pulling import GoogleCalendarPuller, puller_for

SINCE = datetime(2025, 11, 22, tzinfo=UTC)
PULLER = GoogleCalendarPuller("c-1", "cal@x")
OURS = event_id("c-1", "B-1")
NUMBER = {"extendedProperties": {"private": {"syncdoctorNumber": "B-1"}}}
LISTED = [
    {"id": "me@x", "summary": "Me", "accessRole": "owner", "primary": True},
    {"id": "team", "summary": "Team", "accessRole": "writer"},
    {"id": "days", "summary": "Holidays", "accessRole": "reader"},
]


def connection(**settings: Any) -> Connection:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    return Connection("acme", "cal", "c-1", "google-calendar", "app", at, settings=settings)


def test_a_sync_token_goes_without_the_filter_of_a_full_sync() -> None:
    full = PULLER.ask(None, None, SINCE)
    assert full.path == "calendars/cal%40x/events"
    assert full.params["timeMin"] == "2025-11-22T00:00:00Z"
    changes = PULLER.ask("tok", "2", SINCE)
    assert changes.params == {
        "maxResults": "250",
        "showDeleted": "true",
        "syncToken": "tok",
        "pageToken": "2",
    }


def test_the_token_of_the_last_page_alone_counts() -> None:
    first = PULLER.read({"items": [], "nextPageToken": "2"})
    last = PULLER.read({"items": [], "nextSyncToken": "tok"})
    assert first == Page((), "2", None)
    assert last == Page((), None, "tok")
    # An answer with neither would be pulled as nothing, and all changes since then be lost.
    assert PULLER.read({"items": []}) is None
    assert PULLER.read({"error": {}}) is None
    assert PULLER.read("<html>") is None


@pytest.mark.parametrize(
    ("event", "number"),
    [
        ({"id": OURS, **NUMBER}, "B-1"),
        ({"id": "copy1", **NUMBER}, "google:copy1"),  # somebody copied it: the id is another
        ({"id": "abc", "extendedProperties": None}, "google:abc"),
    ],
)
def test_an_events_number(event: dict[str, Any], number: str) -> None:
    page = PULLER.read({"items": [event], "nextSyncToken": "t"})
    assert page is not None
    assert page.found[0].line["number"] == number


def test_an_event_has_the_names_of_columns() -> None:
    event = {
        "id": "abc",
        "status": "cancelled",
        "summary": "Lunch",
        "start": {"date": "2026-11-25"},
        "end": {"date": "2026-11-26"},
        "attendees": [{"email": "a@x"}, {"email": "b@x"}],
        "etag": '"7"',
    }
    page = PULLER.read({"items": [event, "?", {}], "nextSyncToken": "t"})
    assert page is not None
    (found,) = page.found
    assert (found.deleted, found.version) == (True, '"7"')
    assert found.line == {
        "kind": "event",
        "number": "google:abc",
        "title": "Lunch",
        "start": "2026-11-25",
        "end": "2026-11-26",
        "attendees": "a@x, b@x",
        "status": "cancelled",
        "provider_id": "abc",
        "etag": '"7"',
    }


def test_when_a_sync_token_is_taken_no_longer() -> None:
    def body(reason: str, message: str) -> Any:
        return {"error": {"errors": [{"reason": reason}], "message": message}}

    gone = PULLER.expired(410, body("updatedMinTooLongAgo", "too long ago"))
    assert gone == "Google Calendar asks for it (410 updatedMinTooLongAgo)"
    assert PULLER.expired(400, body("invalid", "Invalid sync token value.")) is not None
    assert PULLER.expired(400, body("badRequest", "Bad Request")) is None
    assert PULLER.expired(500, body("backendError", "x")) is None
    assert PULLER.expired(None, None) is None


def test_what_is_in_the_way_of_a_calendar() -> None:
    gone = PULLER.obstacle(404, {"error": {}})
    lowered = PULLER.obstacle(200, {"id": "cal@x", "accessRole": "reader"})
    assert gone is not None
    assert gone.cause is Cause.SETTING_MISSING
    assert lowered is not None
    assert lowered.cause is Cause.PERMISSION_DENIED
    assert PULLER.obstacle(200, {"id": "cal@x", "accessRole": "writer"}) is None
    assert PULLER.obstacle(401, {"error": {}}) is None


def test_without_a_calendar_nothing_can_be_pulled() -> None:
    with pytest.raises(UsageError, match="no calendar is chosen"):
        puller_for(connection())


def test_only_calendars_that_may_be_written_are_offered() -> None:
    body = {"items": LISTED}
    assert choices("calendar", body) == [("me@x", "Me (primary)"), ("team", "Team")]
    assert [one.id for one in from_answer(body)] == ["me@x"]
    assert from_answer("<html>") == ()


@pytest.mark.parametrize(
    ("calendar", "more", "told"),
    [
        ("team", {}, {"setting_gone": False, "permission_missing": False}),
        ("days", {}, {"setting_gone": False, "permission_missing": True}),
        ("none", {}, {"setting_gone": True, "setting": "calendar"}),
        ("none", {"nextPageToken": "2"}, {}),
    ],
)
def test_the_chosen_calendar_is_there_and_may_be_written(
    calendar: str, more: dict[str, Any], told: dict[str, Any]
) -> None:
    found = facts("calendar", {"items": LISTED, **more}, connection(calendar=calendar))
    found.pop("seen", None)
    assert found == told
    assert facts("calendar", {"items": LISTED}, connection()) == {}
