"""The embedded Google Calendar answers as the vendor's guides say."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from syncdoctor.providers.google_calendar.sandbox import feed, seed
from syncdoctor.sandbox.server import Running

EVENTS = f"calendars/{seed.BOOKINGS}/events"
TIMES = {
    "start": {"dateTime": "2026-11-25T09:00:00Z"},
    "end": {"dateTime": "2026-11-25T10:00:00Z"},
}
DAY = {"start": {"date": "2026-11-25"}, "end": {"date": "2026-11-26"}}


def reason(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


def made(api: httpx2.Client, **fields: Any) -> Any:
    return api.post(EVENTS, json={"summary": "Lunch", **TIMES, **fields}).json()


def test_an_id_of_ours_is_taken_once_and_stays_taken_when_deleted(api: httpx2.Client) -> None:
    assert made(api, id="abcde0123")["etag"]
    assert reason(api.post(EVENTS, json={"id": "abcde0123", **TIMES})) == (409, "duplicate")
    assert api.delete(f"{EVENTS}/abcde0123").status_code == 204
    assert reason(api.delete(f"{EVENTS}/abcde0123")) == (410, "deleted")
    assert reason(api.post(EVENTS, json={"id": "abcde0123", **TIMES})) == (409, "duplicate")
    gone = api.get(f"{EVENTS}/abcde0123").json()
    assert (gone["status"], gone["summary"]) == ("cancelled", "Lunch")
    revived = api.put(f"{EVENTS}/abcde0123", json={**gone, "status": "confirmed"})
    assert revived.json()["status"] == "confirmed"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": "abcd", **TIMES}, "invalid"),
        ({"id": "wxyz0123", **TIMES}, "invalid"),
        ({"start": TIMES["start"]}, "required"),
        ({**TIMES, "end": DAY["end"]}, "invalid"),
        ({"start": TIMES["end"], "end": TIMES["start"]}, "timeRangeEmpty"),
        ({"start": DAY["start"], "end": DAY["start"]}, "timeRangeEmpty"),
        ({**TIMES, "start": {"dateTime": "2026-11-25T09:00:00"}}, "required"),
        ({**TIMES, "start": {"dateTime": "2026-11-25T09:00:00", "timeZone": "Mars"}}, "invalid"),
        ({**TIMES, "attendees": [{"displayName": "Ada"}]}, "required"),
    ],
)
def test_what_is_refused_of_an_event(
    api: httpx2.Client, fields: dict[str, Any], expected: str
) -> None:
    assert reason(api.post(EVENTS, json=fields)) == (400, expected)


def test_a_change_is_made_of_the_version_that_was_read(api: httpx2.Client) -> None:
    event = made(api)
    path = f"{EVENTS}/{event['id']}"
    moved = api.patch(path, json={"location": "There"}, headers={"if-match": event["etag"]})
    assert (moved.json()["location"], moved.json()["sequence"]) == ("There", 1)
    stale = api.put(path, json=event, headers={"if-match": event["etag"]})
    assert reason(stale) == (412, "conditionNotMet")
    unchanged = api.get(path, headers={"if-none-match": moved.json()["etag"]})
    assert unchanged.status_code == 304


def test_changes_come_by_sync_token_and_pages(api: httpx2.Client) -> None:
    first, second = made(api), made(api)
    page = api.get(EVENTS, params={"maxResults": "1"}).json()
    assert "nextSyncToken" not in page
    last = api.get(EVENTS, params={"maxResults": "1", "pageToken": page["nextPageToken"]}).json()
    assert [one["id"] for one in (*page["items"], *last["items"])] == [first["id"], second["id"]]
    token = last["nextSyncToken"]
    api.delete(f"{EVENTS}/{first['id']}")
    changed = api.get(EVENTS, params={"syncToken": token}).json()
    assert [(one["id"], one["status"]) for one in changed["items"]] == [(first["id"], "cancelled")]
    again = api.get(EVENTS, params={"syncToken": changed["nextSyncToken"]}).json()
    assert again["items"] == []
    assert [one["id"] for one in api.get(EVENTS).json()["items"]] == [second["id"]]


def test_a_sync_token_may_be_refused(api: httpx2.Client, sandbox: Running) -> None:
    token = api.get(EVENTS).json()["nextSyncToken"]
    with_filter = {"syncToken": token, "timeMin": "2026-01-01T00:00:00Z"}
    assert reason(api.get(EVENTS, params=with_filter)) == (400, "badRequest")
    assert reason(api.get(EVENTS, params={"syncToken": "nonsense"})) == (400, "invalid")
    sandbox.world.switch_on("sync-token-expired", times=1)
    assert reason(api.get(EVENTS, params={"syncToken": token})) == (410, "fullSyncRequired")
    assert api.get(EVENTS, params={"syncToken": token}).status_code == 200


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("permission-removed", (403, "requiredAccessLevel")),
        ("calendar-deleted", (404, "notFound")),
        ("scope-removed", (403, "insufficientPermissions")),
        ("api-not-enabled", (403, "accessNotConfigured")),
        ("calendar-usage-limits", (403, "quotaExceeded")),
        ("rate-limit-minute", (403, "rateLimitExceeded")),
        ("organisation-disconnected", (401, "authError")),
        ("server-error", (500, "backendError")),
    ],
)
def test_a_write_is_refused_as_the_guide_on_errors_says(
    api: httpx2.Client, sandbox: Running, fault: str, expected: tuple[int, str]
) -> None:
    sandbox.world.switch_on(fault)
    assert reason(api.post(EVENTS, json=TIMES)) == expected


def test_the_list_of_calendars(api: httpx2.Client) -> None:
    path = "users/me/calendarList"
    listed = api.get(path).json()["items"]
    assert {one["id"]: one["accessRole"] for one in listed}[seed.BOOKINGS] == "owner"
    assert [one["id"] for one in listed if one.get("primary")] == [seed.DEMO]
    writable = api.get(path, params={"minAccessRole": "writer"}).json()["items"]
    assert len(writable) == len(listed) - 1
    assert reason(api.get(f"{path}/none")) == (404, "notFound")
    # The resource of a calendar itself takes another scope than ours.
    assert reason(api.get(f"calendars/{seed.BOOKINGS}")) == (403, "insufficientPermissions")


def test_a_person_edits_without_a_token_and_the_feed_shows_it(sandbox: Running) -> None:
    room = f"{sandbox.url}/google-calendar"
    with httpx2.Client(trust_env=False) as browser:
        page = f"{room}/_person/{EVENTS}"
        assert browser.post(page, json={"summary": "A, B", **TIMES}).status_code == 200
        text = browser.get(room + feed.address(seed.BOOKINGS)).text
        assert "SUMMARY:A\\, B\r\n" in text
        assert text.endswith("END:VCALENDAR\r\n")
        assert browser.get(room + feed.address("nobody")).status_code == 404
