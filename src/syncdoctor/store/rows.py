"""What the state database holds, as frozen rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from syncdoctor.model import Action, Cause, State, Trigger

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Row(Protocol):
    """One row of an answer of the database."""

    def __getitem__(self, column: str, /) -> Any: ...


class SyncStatus(StrEnum):
    """How a sync ended; ``interrupted`` also when its process died."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was last known of a connection. ``since``: when the state became what it is."""

    connection_uid: str
    target: str
    state: State
    cause: Cause | None
    action: Action | None
    checked_at: datetime
    since: datetime
    source: str  # diagnose, resync, live
    diagnosis: Any = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Outcomes of one sync, in records."""

    confirmed: int = 0
    rejected: int = 0
    unknown: int = 0
    unchanged: int = 0
    pulled: int = 0  # from the provider, where people change records there too


@dataclass(frozen=True, slots=True)
class Sync:
    """One run over one connection. ``scope`` is what it was asked to do, so that it can go on."""

    id: int
    connection_uid: str
    target: str
    trigger: Trigger
    started: datetime
    ended: datetime | None
    status: SyncStatus
    counts: Counts = field(default_factory=Counts)
    cause: Cause | None = None
    message: str | None = None
    scope: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summary:
    """How many syncs there were, by how they ended."""

    total: int = 0
    succeeded: int = 0
    partial: int = 0
    failed: int = 0
    interrupted: int = 0
    running: int = 0

    @property
    def success_rate(self) -> float | None:
        """Part of the ended syncs that succeeded, 0 to 1; None when none has ended."""
        ended = self.total - self.running
        return self.succeeded / ended if ended else None


@dataclass(frozen=True, slots=True)
class Failure:
    """A connection's present run of bad syncs: when it began and what changed before that."""

    connection_uid: str
    target: str
    began: datetime
    syncs: int
    last_good: datetime | None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a connection's settings, in words."""

    connection_uid: str
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day of syncs, in UTC; ``bad``: failed, in part or interrupted."""

    date: str
    total: int
    succeeded: int
    bad: int


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_micros(value: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + timedelta(microseconds=value)
