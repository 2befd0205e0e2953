"""Everything below ``calendars/ID/events``: the list with its sync tokens, and single events.

https://developers.google.com/workspace/calendar/api/v3/reference/events and
https://developers.google.com/workspace/calendar/api/guides/sync, read on 2026-11-22.
"""

from __future__ import annotations

from datetime import datetime

import orjson

from syncdoctor.providers.common.embedded import Call, Reply
from syncdoctor.providers.google_calendar.sandbox.answers import (
    Document,
    Refused,
    answer,
    flag,
    paged,
)
from syncdoctor.providers.google_calendar.sandbox.calendars import (
    CANCELLED,
    Calendar,
    ends_after,
)

# What cannot go with a sync token.
FILTERS = (
    *("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty"),
    *("timeMin", "timeMax", "updatedMin"),
)


def answered(call: Call, calendar: Calendar, rest: list[str], role: str = "owner") -> Reply:
    """Answer a call to a calendar's events, or to the one that ``rest`` names."""
    if not rest:
        if call.method == "POST":
            return answer(200, calendar.insert(_fields(call), call.now))
        return _listed(call, calendar, role)
    made = _shown if call.method == "GET" else _changing
    return made(call, calendar, rest[0])


def _changing(call: Call, calendar: Calendar, identity: str) -> Reply:
    if_match = call.headers.get("if-match")
    if call.method == "DELETE":
        calendar.delete(identity, if_match, call.now)
        return Reply(204)
    if call.method == "PUT":
        return answer(200, calendar.replace(identity, _fields(call), if_match, call.now))
    if call.method == "PATCH":
        return answer(200, calendar.patch(identity, _fields(call), if_match, call.now))
    raise Refused(404, "notFound", "Not Found")


def _shown(call: Call, calendar: Calendar, identity: str) -> Reply:
    event = calendar.event(identity)
    if call.headers.get("if-none-match") == event["etag"]:
        return Reply(304)
    return answer(200, event, {"etag": event["etag"]})


def _listed(call: Call, calendar: Calendar, role: str) -> Reply:
    token = call.query.get("syncToken")
    found = _chosen(call, calendar) if token is None else _changed(call, calendar, token)
    items, following = paged(call, found, 250, 2500)
    body: Document = {
        "kind": "calendar#events",
        "etag": '"p32o"',
        "summary": calendar.name,
        "updated": call.now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "timeZone": calendar.zone,
        "accessRole": role,
        "defaultReminders": [],
        "items": items,
    }
    end = {"nextPageToken": following} if following else {"nextSyncToken": calendar.sync_token()}
    return answer(200, {**body, **end})


def _changed(call: Call, calendar: Calendar, token: str) -> list[Document]:
    if expired := call.faults.on("sync-token-expired"):
        reason = str(expired.params["reason"])
        words = "Sync token is no longer valid, a full sync is required."
        raise Refused(410, reason, words, domain="calendar", location="syncToken")
    if taboo := [name for name in FILTERS if name in call.query]:
        words = f"Sync token cannot be used with {taboo[0]}."
        raise Refused(400, "badRequest", words, location="syncToken")
    return calendar.changed_since(token)


def _chosen(call: Call, calendar: Calendar) -> list[Document]:
    deleted, after = flag(call, "showDeleted"), _moment(call, "timeMin")
    uid = call.query.get("iCalUID")
    return [
        event
        for event in calendar.events.values()
        if (deleted or event["status"] != CANCELLED)
        and (after is None or ends_after(event, after))
        and uid in (None, event["iCalUID"])
    ]


def _moment(call: Call, name: str) -> datetime | None:
    text = call.query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused(400, "badRequest", "Bad Request", location=name)
    return moment


def _fields(call: Call) -> Document:
    try:
        fields = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        fields = None
    if not isinstance(fields, dict):
        raise Refused(400, "parseError", "Parse Error")
    return fields
