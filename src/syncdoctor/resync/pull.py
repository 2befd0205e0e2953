"""Pulling: what people changed at the provider since the last pull, put into a file.

The changes are asked for with the sync token of the last pull. When the provider takes that no
longer, everything is read anew and said so; nothing is deleted for it, here or there. The file is
replaced before the new token is kept: a run that is killed between the two pulls the same again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from syncdoctor.engine.adapter import Request
from syncdoctor.engine.pulling import Found, Page, Puller
from syncdoctor.errors import ExitCode
from syncdoctor.model import Connection
from syncdoctor.resync import mirror
from syncdoctor.resync.conflicts import Rule
from syncdoctor.resync.dispatch import Sender
from syncdoctor.resync.report import (
    Change,
    Direction,
    Judge,
    Pulled,
    RecordEvent,
    RecordOutcome,
    Stopped,
)
from syncdoctor.resync.verdicts import stopped_by
from syncdoctor.store.pulls import Pull, Standing
from syncdoctor.store.statedb import StateDB
from syncdoctor.wire.client import Answer

REACH = timedelta(days=365)  # how far back a full sync goes
FIRST = "the first pull"


@dataclass(frozen=True, slots=True)
class TwoWay:
    """How one connection is synced both ways: where its records are put, and whose change wins."""

    puller: Puller
    file: Path
    rule: Rule = Rule.SKIP
    named: bool = False  # the rule was named for this run

    def moved(self, db: StateDB, connection: Connection) -> bool:
        """Whether the connection was synced with another place before."""
        last = db.last_pull(connection.uid)
        return last is not None and last.place != self.puller.place


class Halted(Exception):
    """The provider's answer ends the sync."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__(stopped.message)
        self.stopped = stopped


class _Expired(Exception):
    """The provider takes the sync token no longer; the text is its word for it."""


@dataclass(frozen=True, slots=True)
class Changes:
    """All that a pull found. ``full``: why everything was read; None for the changes alone."""

    found: tuple[Found, ...]
    sync_token: str
    full: str | None
    announced: bool
    since: datetime
    before: mirror.Lines


def look(sender: Sender, puller: Puller, target: str, judge: Judge) -> Stopped | None:
    """What is in the way of any sync with the place; asked before a single record is sent."""
    answer = _send(sender, puller.look())
    if answer.ok and (found := puller.obstacle(answer.status, answer.body)) is None:
        return None
    found = puller.obstacle(answer.status, answer.body)
    if found is None:
        return stopped_by(answer.exchange, judge(answer.exchange))
    hint = f"syncdoctor connection pick {target} --list"
    return Stopped(int(ExitCode.PROBLEM), found.message, hint, known_cause=found.cause)


def fetch(
    sender: Sender, two_way: TwoWay, db: StateDB, connection: Connection, judge: Judge
) -> Changes:
    """Ask for what changed since the last pull; nothing is written.

    Raises:
        Halted: the provider's answer ends the sync.
        UsageError: the file cannot be read.
    """
    last = None if two_way.moved(db, connection) else db.last_pull(connection.uid)
    before, why = _kept(two_way.file, last)
    since, announced = db.now() - REACH, why is not None and why != FIRST
    token = last.sync_token if last and why is None else None
    try:
        pages = list(_pages(sender, two_way.puller, token, since, judge))
    except _Expired as word:
        why, announced = str(word), True
        pages = list(_pages(sender, two_way.puller, None, since, judge))
    found = tuple(one for page in pages for one in page.found)
    return Changes(found, pages[-1].sync_token or "", why, announced, since, before)


def told(
    changes: Changes, db: StateDB, connection: Connection, *, dry: bool = False
) -> tuple[tuple[RecordEvent, ...], mirror.Lines]:
    """What is to be told of the changes, and the lines of the file after them.

    What we brought there ourselves comes back with the changes: that is no change.
    """
    ours, lines = db.standing(connection.uid), dict(changes.before)
    made: list[RecordEvent] = []
    for found in changes.found:
        standing, before = ours.get(found.id), lines.get(found.id)
        change = _change(found, before, standing)
        if not found.deleted or change or found.line.get("recurring_event_id"):
            number = {"number": standing.key} if standing else {}
            lines[found.id] = {**(before or {}), **found.line, **number}
        if change:
            made.append(_event(found.kind, lines[found.id], change, dry=dry))
    if changes.full is not None:
        for line in _gone(changes):
            lines[str(line["provider_id"])] = {**line, "status": mirror.CANCELLED}
            made.append(_event(str(line["kind"]), line, Change.DELETED, dry=dry))
    return tuple(made), lines


def keep(changes: Changes, two_way: TwoWay, db: StateDB, connection: Connection) -> Pulled:
    """Put the changes into the file, and only then remember how far they go.

    Raises:
        UsageError: the file cannot be written.
    """
    made, lines = told(changes, db, connection)
    if lines != changes.before or not two_way.file.exists():
        if two_way.file.exists() and not changes.before:
            _set_aside(two_way.file, db.now())
        mirror.write(two_way.file, lines)
    puller = two_way.puller
    db.save_pull(connection.uid, puller.place, changes.sync_token, str(two_way.file))
    return Pulled(two_way.file, made, changes.full, changes.announced)


def _kept(file: Path, last: Pull | None) -> tuple[mirror.Lines, str | None]:
    """The lines of the last pull, and why they do not allow to ask for the changes alone."""
    try:
        lines = mirror.read(file)
    except mirror.Damaged as error:
        return {}, f"{file} is damaged: {error}"
    if last is None or last.sync_token is None:
        return lines or {}, FIRST
    if last.file != str(file):
        return lines or {}, f"pulled records go into {file} now"
    if lines is None:
        return {}, f"{file} is gone"
    return lines, None


def _pages(
    sender: Sender, puller: Puller, token: str | None, since: datetime, judge: Judge
) -> Iterator[Page]:
    page: str | None = None
    while True:
        answer = _send(sender, puller.ask(token, page, since))
        if token and (word := puller.expired(answer.status, answer.body)):
            raise _Expired(word)
        read = puller.read(answer.body) if answer.ok else None
        if read is None:
            raise Halted(stopped_by(answer.exchange, judge(answer.exchange)))
        yield read
        page = read.next_page
        if page is None:
            return


def _send(sender: Sender, request: Request) -> Answer:
    return sender.send(request.method, request.path, params=dict(request.params))


def _change(found: Found, before: Mapping[str, Any] | None, ours: Standing | None) -> Change | None:
    cancelled = before is not None and before.get("status") == mirror.CANCELLED
    if found.deleted:
        return Change.DELETED if (before or ours) and not cancelled else None
    if before is not None and not cancelled and before.get("etag") == found.version:
        return None
    if ours is not None and ours.version == found.version:
        return None
    return Change.CREATED if before is None and ours is None else Change.CHANGED


def _gone(changes: Changes) -> Iterator[Mapping[str, Any]]:
    """Lines that a full sync no longer has, though it reaches back to them."""
    there = {found.id for found in changes.found}
    for identity, line in changes.before.items():
        reached = str(line.get("end") or "") >= changes.since.date().isoformat()
        if identity not in there and reached and line.get("status") != mirror.CANCELLED:
            yield line


def _event(kind: str, line: Mapping[str, Any], change: Change, *, dry: bool) -> RecordEvent:
    return RecordEvent(
        kind,
        str(line["number"]),
        RecordOutcome.WOULD_PULL if dry else RecordOutcome.PULLED,
        str(line.get("title") or ""),
        provider_id=str(line["provider_id"]),
        direction=Direction.PULL,
        change=change,
    )


def _set_aside(file: Path, now: datetime) -> None:
    """A file that is none of ours, or damaged, is kept beside."""
    try:
        empty = not mirror.read(file)
    except mirror.Damaged:
        empty = False
    if not empty:
        mirror.keep_aside(file, now)
