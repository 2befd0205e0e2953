"""What a sync tells while it runs and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from syncdoctor.errors import ExitCode
from syncdoctor.model import Cause, Exchange, Finding
from syncdoctor.resync.entries import Entry
from syncdoctor.store.rows import Sync

STOPPED_BY_HAND = (int(ExitCode.INTERRUPTED), int(ExitCode.TERMINATED))
Judge = Callable[[Exchange], Sequence[Finding]]


class RecordOutcome(StrEnum):
    """What became of one record; the last three only in a dry run."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    UNCHANGED = "unchanged"
    PULLED = "pulled"
    WOULD_CREATE = "would-create"
    WOULD_UPDATE = "would-update"
    WOULD_PULL = "would-pull"


class Direction(StrEnum):
    """Which way a record went."""

    PUSH = "push"
    PULL = "pull"


class Change(StrEnum):
    """What was done to a record at the provider since the last pull."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class RecordEvent:
    """One record's outcome. ``line`` and ``column`` are places in the source.

    ``change`` is told of pulled records alone.
    """

    kind: str
    key: str
    outcome: RecordOutcome
    message: str = ""
    cause: Cause | None = None
    provider_id: str | None = None
    line: int | None = None
    column: str | None = None
    direction: Direction = Direction.PUSH
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a sync could not go on: exit code, words, and the judgement where there is one."""

    exit_code: int
    message: str
    hint: str | None = None
    finding: Finding | None = None
    known_cause: Cause | None = None  # where no answer had to be judged

    @property
    def cause(self) -> Cause | None:
        """The cause, as far as it is known."""
        if self.finding:
            return self.finding.cause
        if self.known_cause:
            return self.known_cause
        return Cause.RECONNECT_NEEDED if self.exit_code == ExitCode.SIGN_IN else None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was pulled, and into which file. ``full``: why all was read, not the changes alone."""

    file: Path
    events: tuple[RecordEvent, ...] = ()
    full: str | None = None
    announced: bool = False  # a full sync that the provider asked for, or that nobody expected

    def count(self, change: Change) -> int:
        """How many records were changed in that way."""
        return sum(event.change is change for event in self.events)


@dataclass(frozen=True, slots=True)
class Report:
    """The end of a sync. ``sync`` is None for a dry run.

    ``contacted``: whether the provider was asked anything.
    """

    target: str
    exit_code: int
    sync: Sync | None
    counts: Mapping[RecordOutcome, int]
    events: tuple[RecordEvent, ...]
    held_back: Mapping[str, int] = field(default_factory=dict)
    stopped: Stopped | None = None
    rejects: Path | None = None
    not_sent: int = 0
    seen: int = 0
    contacted: bool = False
    warnings: tuple[str, ...] = ()
    pulled: Pulled | None = None


def events_of(entry: Entry) -> list[RecordEvent]:
    """The events of a record that was refused before anything was sent."""
    return [
        RecordEvent(
            entry.kind,
            entry.key,
            RecordOutcome.REJECTED,
            "; ".join(str(p) for p in entry.problems),
            Cause.RECORD_INVALID,
            line=entry.raw.line,
            column=next((p.column for p in entry.problems if p.column), None),
        )
    ]
