"""Google Calendar's changes: sync tokens, pages, and events as lines of a source. Pure.

https://developers.google.com/workspace/calendar/api/guides/sync (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from syncdoctor.engine.adapter import Request
from syncdoctor.engine.pulling import Found, Obstacle, Page
from syncdoctor.engine.record import EVENT
from syncdoctor.errors import UsageError
from syncdoctor.model import Cause, Connection
from syncdoctor.providers.google_calendar.events import CANCELLED, NUMBER
from syncdoctor.providers.google_calendar.ids import FOREIGN, event_id
from syncdoctor.providers.google_calendar.probes import WRITING
from syncdoctor.providers.google_calendar.records import reasons_of

PAGE = "250"
GONE, NOT_FOUND, BAD_REQUEST = 410, 404, 400


class GoogleCalendarPuller:
    """See :class:`syncdoctor.engine.pulling.Puller`."""

    def __init__(self, connection_uid: str, calendar: str) -> None:
        self.place = calendar
        self._uid = connection_uid

    def look(self) -> Request:
        """The calendar's entry in the account's list, which tells the right to write to it."""
        return Request("GET", f"users/me/calendarList/{quote(self.place, safe='')}")

    def obstacle(self, status: int | None, body: Any) -> Obstacle | None:
        """A calendar that is gone, or that the account may only read."""
        if status == NOT_FOUND:
            said = f"The calendar {self.place} is gone, or not shared with the account any more."
            return Obstacle(Cause.SETTING_MISSING, said)
        role = str(body.get("accessRole")) if isinstance(body, Mapping) else None
        if role is None or "error" in body or role in WRITING:
            return None
        said = f"The account may not write to the calendar {self.place}: its access is {role}."
        return Obstacle(Cause.PERMISSION_DENIED, said)

    def ask(self, sync_token: str | None, page: str | None, since: datetime) -> Request:
        """One page. A sync token goes with none of the filters of a full sync."""
        params = {"maxResults": PAGE, "showDeleted": "true"}
        if sync_token:
            params["syncToken"] = sync_token
        else:
            params["timeMin"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if page:
            params["pageToken"] = page
        return Request("GET", f"calendars/{quote(self.place, safe='')}/events", params)

    def read(self, body: Any) -> Page | None:
        """The events of a page; the last page alone has the next sync token."""
        if not isinstance(body, Mapping) or not isinstance(body.get("items"), list):
            return None
        events = [one for one in body["items"] if isinstance(one, Mapping) and one.get("id")]
        further, token = body.get("nextPageToken"), body.get("nextSyncToken")
        if not further and not token:
            return None
        return Page(
            tuple(self._found(one) for one in events),
            str(further) if further else None,
            str(token) if token else None,
        )

    def expired(self, status: int | None, body: Any) -> str | None:
        """410, or 400 for a token that Google does not know at all.

        https://developers.google.com/workspace/calendar/api/guides/errors (2026-11-22)
        """
        if status not in (GONE, BAD_REQUEST) or not isinstance(body, Mapping):
            return None
        reasons, said = reasons_of(body)
        if status == GONE or "sync token" in said.lower():
            return f"Google Calendar asks for it ({status} {', '.join(sorted(reasons))})"
        return None

    def _found(self, event: Mapping[str, Any]) -> Found:
        identity = str(event["id"])
        return Found(
            identity,
            EVENT,
            str(event.get("etag") or "") or None,
            event.get("status") == CANCELLED,
            line_of(event, self._number(event, identity)),
        )

    def _number(self, event: Mapping[str, Any], identity: str) -> str:
        """Our number, where the id shows that it is ours and no copy of such an event."""
        private = (event.get("extendedProperties") or {}).get("private") or {}
        number = str(private.get(NUMBER) or "")
        ours = bool(number) and event_id(self._uid, number) == identity
        return number if ours else FOREIGN + identity


def puller_for(connection: Connection) -> GoogleCalendarPuller:
    """The puller for a connection's calendar.

    Raises:
        UsageError: none was chosen.
    """
    calendar = connection.settings.get("calendar")
    if not calendar:
        raise UsageError(
            f"{connection.target}: no calendar is chosen.",
            f"syncdoctor connection pick {connection.target} --list",
        )
    return GoogleCalendarPuller(connection.uid, str(calendar))


def line_of(event: Mapping[str, Any], number: str) -> dict[str, Any]:
    """An event with the names of a source's columns; what it has not is left out."""
    start, end = event.get("start") or {}, event.get("end") or {}
    attendees = [str(one.get("email")) for one in event.get("attendees") or () if one.get("email")]
    line = {
        "kind": EVENT,
        "number": number,
        "title": event.get("summary"),
        "start": start.get("dateTime") or start.get("date"),
        "end": end.get("dateTime") or end.get("date"),
        "time_zone": start.get("timeZone"),
        "location": event.get("location"),
        "description": event.get("description"),
        "attendees": ", ".join(attendees),
        "status": event.get("status"),
        "updated_at": event.get("updated"),
        "recurrence": event.get("recurrence"),
        "recurring_event_id": event.get("recurringEventId"),
        "provider_id": str(event["id"]),
        "etag": event.get("etag"),
    }
    return {name: value for name, value in line.items() if value not in (None, "", [])}
