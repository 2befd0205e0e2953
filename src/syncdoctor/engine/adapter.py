"""What a provider's ``records.py`` gives to resync: record to request, answer to outcome. Pure.

A provider joins by a module ``providers/NAME/records.py`` with a constant ``ADAPTER``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from syncdoctor.engine.record import CONTACT, Record


@dataclass(frozen=True, slots=True)
class Request:
    """A request to be sent by a client; ``path`` is relative to the provider's ``api`` URL."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None


@dataclass(frozen=True, slots=True)
class Ref:
    """Enough of a record to ask the provider for it; ``alias`` is another number of a contact."""

    kind: str
    key: str
    alias: str | None = None

    @classmethod
    def of(cls, record: Record) -> Ref:
        """How to ask for a record."""
        return cls(
            record.kind, record.key, record.contact_number if record.kind == CONTACT else None
        )


@dataclass(frozen=True, slots=True)
class Remote:
    """A record as the provider has it; ``content`` is the provider's own element."""

    id: str
    key: str
    alias: str | None
    content: Mapping[str, Any]

    def answers(self, ref: Ref) -> bool:
        """Whether this is the record that was asked for."""
        return same_key(self.key, ref.key) or (ref.alias is not None and self.alias == ref.alias)


class Standing(StrEnum):
    """How a record compares with what the provider has."""

    SAME = "same"
    DIFFERS = "differs"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison and, when the provider's record takes no change, why."""

    standing: Standing
    why: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A record that is about to be sent, with what the provider already has of it."""

    record: Record
    contact_id: str | None = None
    remote: Remote | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider said of one record. ``exists``: refused because it is there already.

    ``body`` is the part of the answer that speaks of this record alone, for judgement.
    """

    accepted: bool
    provider_id: str | None = None
    message: str = ""
    exists: bool = False
    body: Any = None


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A CSV file that a person can import at the provider by hand."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    records: int


class Adapter(Protocol):
    """One provider's way of writing records."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that can be sent, in the order in which they must be."""

    @property
    def looks_first(self) -> bool:
        """Whether every record is asked for before it is made, since it might be made twice."""

    @property
    def account_setting(self) -> str:
        """The connection's setting that says where a line is booked that names no account."""

    def problem(self, record: Record) -> tuple[str, str] | None:
        """Column and expectation of what the provider can never take, before anything is sent."""

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """The requests that ask for these records; they only read."""

    def found(self, kind: str, body: Any) -> tuple[Remote, ...] | None:
        """The records in the answer to a look-up; None for an error with a good status."""

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """The requests for what the answer to a look-up shows in part alone."""

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """The request that makes new records, and refuses to touch ones that are there."""

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """The request that changes records whose ``remote`` is known."""

    def outcomes(self, kind: str, count: int, body: Any) -> tuple[Outcome, ...] | None:
        """One outcome for each element sent; None when the answer does not tell them apart."""

    def remaining(self, item: Item, outcome: Outcome) -> Remote | None:
        """What the provider has by now of an accepted record that needs a further request."""

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Whether the provider's record is the same, differs, or takes no change."""

    def export(self, records: Sequence[Record]) -> tuple[ExportFile, ...]:
        """The records as files for the provider's own import, without kinds it cannot import."""


def same_key(one: str, other: str) -> bool:
    """Names and numbers are compared without case and without doubled blanks."""
    return folded(one) == folded(other)


def folded(text: str) -> str:
    """A name or number as it is compared."""
    return " ".join(text.split()).casefold()
