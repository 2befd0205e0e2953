"""Google Calendar's way of writing events. Pure.

An event is made with an id of ours, so that no look is needed before: a second one of that id is
refused. It is changed as Google advises, by reading it and sending it back whole; ``If-Match``
refuses the change when somebody was there in between. Nobody is told by e-mail.
https://developers.google.com/workspace/calendar/api/v3/reference/events (2026-11-22) and
https://developers.google.com/workspace/calendar/api/guides/version-resources (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from syncdoctor.engine.adapter import (
    Comparison,
    ExportFile,
    Item,
    Outcome,
    Ref,
    Remote,
    Request,
)
from syncdoctor.engine.record import EVENT, Record
from syncdoctor.model import Connection
from syncdoctor.providers.google_calendar.events import (
    body_of,
    changed,
    compare,
    event_in,
    problem_of,
)
from syncdoctor.providers.google_calendar.ids import event_id

QUIETLY = {"sendUpdates": "none"}
EXISTS = frozenset({"duplicate", "alreadyExists"})
STALE = frozenset({"conditionNotMet", "preconditionFailed"})
# What a change of the record mends. Any other answer speaks of the account, the app or a limit.
# https://developers.google.com/workspace/calendar/api/guides/errors (2026-11-22)
OF_RECORD = frozenset(
    {"invalid", "required", "badRequest", "timeRangeEmpty", "eventTypeRestriction"}
)


class GoogleCalendarRecords:
    """See :class:`syncdoctor.engine.adapter.Adapter`; events live in one calendar."""

    kinds = (EVENT,)
    looks_first = False  # an id that is there already is refused
    asks_by_address = True
    account_setting = "calendar"

    def __init__(self, connection_uid: str = "", calendar: str = "") -> None:
        self._uid = connection_uid
        self._path = f"calendars/{quote(calendar, safe='')}/events"
        self._numbers: dict[str, str] = {}  # of the events that were asked for, by their ids

    def problem(self, record: Record) -> tuple[str, str] | None:
        """Texts that are too long, and too many attendees."""
        return problem_of(event_in(record), record.key)

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """One request for each: a deleted event is answered too."""
        del kind
        asked = {event_id(self._uid, ref.key): ref.key for ref in refs}
        self._numbers.update(asked)
        return tuple(Request("GET", f"{self._path}/{identity}") for identity in asked)

    def found(self, kind: str, body: Any) -> tuple[Remote, ...] | None:
        """The event in an answer, under the number with which it was asked for."""
        del kind
        if not isinstance(body, Mapping) or "id" not in body:
            return None
        identity = str(body["id"])
        number = self._numbers.get(identity, identity)
        return (Remote(identity, number, None, body, str(body.get("etag") or "")),)

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """Nothing: an answer shows all of an event."""
        del kind, body
        return ()

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """A POST for one event."""
        del kind
        (item,) = items
        body = {"id": event_id(self._uid, item.record.key), **body_of(item.record)}
        return Request("POST", self._path, QUIETLY, body)

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """A PUT of the event as it was read, with ours in it, unless it was changed since."""
        del kind
        (item,) = items
        if item.remote is None:
            raise AssertionError("a change needs the event that it changes")
        headers = {"if-match": item.remote.version} if item.remote.version else {}
        body = changed(item.record, item.remote.content)
        return Request("PUT", f"{self._path}/{item.remote.id}", QUIETLY, body, headers)

    def outcomes(self, kind: str, count: int, body: Any) -> tuple[Outcome, ...] | None:
        """One event at a time; None when the answer is not about the event."""
        del kind, count
        if not isinstance(body, Mapping):
            return None
        if "id" in body and "error" not in body:
            etag = str(body.get("etag") or "") or None
            return (Outcome(accepted=True, provider_id=str(body["id"]), version=etag),)
        reasons, said = reasons_of(body)
        if reasons & STALE:
            said = "It was changed in Google Calendar at that very moment; run again to see how."
        elif not reasons & (EXISTS | OF_RECORD):
            return None
        return (Outcome(accepted=False, message=said, exists=bool(reasons & EXISTS)),)

    def remaining(self, item: Item, outcome: Outcome) -> Remote | None:
        """Nothing: an event is whole with its first request."""
        del item, outcome
        return None

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Only what the record says is compared."""
        return compare(record, remote.content)

    def export(self, records: Sequence[Record]) -> tuple[ExportFile, ...]:
        """Nothing: an import by hand would not know our ids, and doubles would come of it."""
        del records
        return ()


ADAPTER = GoogleCalendarRecords()


def adapter_for(connection: Connection) -> GoogleCalendarRecords:
    """The adapter for a connection's calendar."""
    return GoogleCalendarRecords(connection.uid, str(connection.settings.get("calendar") or ""))


def reasons_of(body: Mapping[str, Any]) -> tuple[frozenset[str], str]:
    """The reasons of Google's error, and its message.

    https://developers.google.com/workspace/calendar/api/guides/errors (2026-11-22)
    """
    error = body.get("error")
    if not isinstance(error, Mapping):
        return frozenset(), ""
    listed = error.get("errors")
    each = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    reasons = frozenset(str(one.get("reason")) for one in each)
    return reasons, str(error.get("message") or "")
