"""Google's own client library, with its own description of the API, against the sandbox."""

from __future__ import annotations

from typing import Any

import httplib2
import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from syncdoctor.providers.google_calendar.sandbox import seed
from syncdoctor.sandbox.server import Running

BODY = {
    "id": "abcde0123",
    "summary": "Lunch",
    "start": {"date": "2026-11-25"},
    "end": {"date": "2026-11-26"},
}


class Signed:
    """Sends the token to the sandbox, wherever the library believes to send it."""

    def __init__(self, base: str, token: str) -> None:
        self._http = httplib2.Http(timeout=10, proxy_info=None)
        self._base, self._token = base, token

    def request(self, uri: str, *rest: Any, **parts: Any) -> Any:
        uri = uri.replace("https://www.googleapis.com/calendar/v3/", self._base)
        headers = {**(parts.pop("headers", None) or {}), "authorization": f"Bearer {self._token}"}
        return self._http.request(uri, *rest, headers=headers, **parts)

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def calendar(sandbox: Running) -> Any:
    token = sandbox.world.connect("google-calendar", seed.DEMO)["access_token"]
    http = Signed(sandbox.app_urls("google-calendar")["api"], token)
    made = build("calendar", "v3", http=http, static_discovery=True, cache_discovery=False)
    yield made
    made.close()


def refused(request: Any) -> int:
    with pytest.raises(HttpError) as error:
        request.execute()
    return int(error.value.resp.status)


def test_googles_own_library_inserts_lists_and_syncs(calendar: Any, sandbox: Running) -> None:
    events, where = calendar.events(), {"calendarId": seed.BOOKINGS}
    made = events.insert(**where, body=BODY, sendUpdates="none").execute()
    assert made["id"] == BODY["id"]
    assert refused(events.insert(**where, body=BODY)) == 409
    first = events.list(**where, maxResults=1).execute()
    token = first["nextSyncToken"]
    events.patch(**where, eventId=made["id"], body={"location": "There"}).execute()
    changed = events.list(**where, syncToken=token).execute()
    assert [one["location"] for one in changed["items"]] == ["There"]
    events.delete(**where, eventId=made["id"]).execute()
    assert refused(events.delete(**where, eventId=made["id"])) == 410
    sandbox.world.switch_on("sync-token-expired", times=1)
    assert refused(events.list(**where, syncToken=token)) == 410
    assert events.list(**where, showDeleted=True).execute()["items"][0]["status"] == "cancelled"


def test_googles_own_library_turns_pages(calendar: Any) -> None:
    events, where = calendar.events(), {"calendarId": seed.BOOKINGS}
    for number in range(3):
        events.insert(**where, body={**BODY, "id": f"abcde{number}"}).execute()
    request, found = events.list(**where, maxResults=2), []
    while request is not None:
        page = request.execute()
        found += [one["id"] for one in page["items"]]
        request = events.list_next(request, page)
    assert found == ["abcde0", "abcde1", "abcde2"]
    listed = calendar.calendarList().list(minAccessRole="writer").execute()["items"]
    assert seed.BOOKINGS in [one["id"] for one in listed]
