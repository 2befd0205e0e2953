"""One calendar of the sandbox: its events, their versions, and what changed since a sync token."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from datetime import datetime
from itertools import count
from typing import Any

from syncdoctor.providers.google_calendar.sandbox import checks
from syncdoctor.providers.google_calendar.sandbox.answers import Document, Refused

_ID = re.compile(r"[a-v0-9]{5,1024}")
CANCELLED = "cancelled"


class Calendar:
    """The events of one calendar, by id; deleted ones stay as cancelled."""

    def __init__(self, identity: str, name: str, zone: str, account: str) -> None:
        self.id = identity
        self.name = name
        self.zone = zone
        self.account = account
        self.events: dict[str, Document] = {}
        self._changed: dict[str, int] = {}
        self._numbers = count(1)
        self._version = 0

    def insert(self, fields: Document, now: datetime) -> Document:
        """Make an event.

        Raises:
            Refused: its id is taken, also by a deleted one, or a field is wrong.
        """
        identity = str(fields.get("id") or f"event{next(self._numbers):011d}")
        if not _ID.fullmatch(identity):
            raise Refused(400, "invalid", "Invalid resource id value.")
        if identity in self.events:
            raise Refused(409, "duplicate", "The requested identifier already exists.")
        event = {
            **checks.checked(fields, self.zone),
            "kind": "calendar#event",
            "id": identity,
            "iCalUID": f"{identity}@google.com",
            "created": _stamp(now),
            "creator": {"email": self.account, "self": True},
            "organizer": {"email": self.id, "displayName": self.name, "self": True},
            "htmlLink": f"https://www.google.com/calendar/event?eid={identity}",
            "sequence": 0,
        }
        return self._keep({"status": "confirmed", "eventType": "default", **event}, now)

    def replace(
        self, identity: str, fields: Document, if_match: str | None, now: datetime
    ) -> Document:
        """Put other fields in the place of an event's; what Google itself made stays.

        A deleted event is there again, since ``confirmed`` is the status of a body without one:
        https://developers.google.com/workspace/calendar/api/v3/reference/events
        """
        there = self._matching(identity, if_match)
        kept = {name: there[name] for name in checks.OWN if name in there}
        event = {"status": "confirmed", **checks.checked(fields, self.zone), **kept}
        event["sequence"] = int(there.get("sequence", 0)) + 1
        return self._keep(event, now)

    def patch(
        self, identity: str, fields: Document, if_match: str | None, now: datetime
    ) -> Document:
        """Change some fields of an event."""
        there = self._matching(identity, if_match)
        return self.replace(identity, {**there, **fields}, None, now)

    def delete(self, identity: str, if_match: str | None, now: datetime) -> None:
        """Delete an event; it is answered as cancelled from then on.

        Raises:
            Refused: it was deleted before.
        """
        there = self._matching(identity, if_match)
        if there["status"] == CANCELLED:
            raise Refused(410, "deleted", "Resource has been deleted")
        self._keep({**there, "status": CANCELLED}, now)

    def event(self, identity: str) -> Document:
        """An event, deleted or not.

        Raises:
            Refused: there never was one.
        """
        if identity not in self.events:
            raise Refused(404, "notFound", "Not Found")
        return self.events[identity]

    def sync_token(self) -> str:
        """The token for all that changes from now on."""
        return base64.urlsafe_b64encode(f"{self.id} {self._version}".encode()).decode()

    def changed_since(self, token: str) -> list[Document]:
        """What changed since a token, the oldest change first.

        Raises:
            Refused: the token is none of this calendar's.
        """
        try:
            identity, version = base64.urlsafe_b64decode(token).decode().rsplit(" ", 1)
            since = int(version)
        except (ValueError, binascii.Error):
            identity, since = "", 0
        if identity != self.id:
            raise Refused(400, "invalid", "Invalid sync token value.", location="syncToken")
        later = sorted((n, i) for i, n in self._changed.items() if n > since)
        return [self.events[i] for _, i in later]

    def counted(self) -> dict[str, int]:
        """How often each title is there, deleted ones left out."""
        alive = (one for one in self.events.values() if one["status"] != CANCELLED)
        return dict(Counter(str(one.get("summary")) for one in alive))

    def _matching(self, identity: str, if_match: str | None) -> Document:
        there = self.event(identity)
        if if_match not in (None, "*", there["etag"]):
            raise Refused(412, "conditionNotMet", "Precondition Failed", location="If-Match")
        return there

    def _keep(self, event: Document, now: datetime) -> Document:
        self._version += 1
        event["updated"] = _stamp(now)
        event["etag"] = f'"{int(now.timestamp() * 1000)}{self._version:04d}"'
        self.events[event["id"]] = event
        self._changed[event["id"]] = self._version
        return event


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ends_after(event: Document, moment: datetime) -> bool:
    """Whether an event ends after a moment; what has no end is always shown."""
    end: Any = event.get("end") or {}
    if "dateTime" in end:
        return datetime.fromisoformat(end["dateTime"]) > moment
    return "date" not in end or str(end["date"]) > moment.date().isoformat()
