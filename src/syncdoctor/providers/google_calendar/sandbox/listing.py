"""The account's list of calendars, and a calendar's own resource.

https://developers.google.com/workspace/calendar/api/v3/reference/calendarList, read on 2026-11-22.
"""

from __future__ import annotations

from dataclasses import replace

from syncdoctor.providers.common.embedded import Call, Faults, Reply
from syncdoctor.providers.google_calendar.sandbox import seed
from syncdoctor.providers.google_calendar.sandbox.answers import (
    Document,
    Refused,
    answer,
    not_found,
    paged,
)
from syncdoctor.providers.google_calendar.sandbox.calendars import Calendar

ROLES = ("freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")


def shown(account: str, faults: Faults) -> dict[str, seed.Listed]:
    """The calendars that an account sees, with its rights; faults take some away."""
    gone, lowered = faults.on("calendar-deleted"), faults.on("permission-removed")
    listed = {
        identity: one
        for identity, one in seed.ACCOUNTS[account].items()
        if not (gone and identity == gone.params["calendar"])
    }
    if lowered:
        # The primary calendar is the account's own: nobody can take the right to it away.
        listed = {
            identity: one if identity == account else replace(one, role="reader")
            for identity, one in listed.items()
        }
    return listed


def answered(call: Call, listed: dict[str, seed.Listed], rest: list[str]) -> Reply:
    """Answer ``users/me/calendarList`` and what is below it."""
    if call.method != "GET":
        raise Refused(403, "forbidden", "Forbidden")
    if rest:
        if rest[0] not in listed:
            raise not_found()
        return answer(200, entry(rest[0], listed[rest[0]]))
    least = call.query.get("minAccessRole", ROLES[0])
    if least not in ROLES:
        raise Refused(400, "invalid", "Invalid value for: minAccessRole", location="minAccessRole")
    entries = [
        entry(identity, one)
        for identity, one in listed.items()
        if ROLES.index(one.role) >= ROLES.index(least)
    ]
    items, following = paged(call, entries, 100, 250)
    body: Document = {"kind": "calendar#calendarList", "etag": '"p33g"', "items": items}
    end = {"nextPageToken": following} if following else {"nextSyncToken": "CPDAlvWDx70CEPDAlvWD"}
    return answer(200, {**body, **end})


def entry(identity: str, listed: seed.Listed) -> Document:
    """One calendar of the list."""
    made: Document = {
        "kind": "calendar#calendarListEntry",
        "etag": '"1700000000000000"',
        "id": identity,
        "summary": listed.name,
        "timeZone": seed.ZONE,
        "accessRole": listed.role,
        "selected": True,
        "defaultReminders": [],
    }
    return {**made, "primary": True} if identity in seed.ACCOUNTS else made


def calendar(one: Calendar) -> Document:
    """The resource of a calendar itself."""
    return {
        "kind": "calendar#calendar",
        "etag": '"1700000000000000"',
        "id": one.id,
        "summary": one.name,
        "timeZone": one.zone,
    }
