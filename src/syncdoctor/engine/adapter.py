"""What a provider's ``records.py`` gives to resync: record to request, answer to outcome. Pure.

A provider joins by a module ``providers/NAME/records.py`` with a constant ``ADAPTER``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from syncdoctor.engine.record import CONTACTS, Record
from syncdoctor.model import Cause


@dataclass(frozen=True, slots=True)
class Request:
    """A request to be sent by a client; ``path`` is relative to the provider's ``api`` URL."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ref:
    """Enough of a record to ask the provider for it; ``alias`` is another number of a contact.

    ``id`` is the provider's own, where it was told.
    """

    kind: str
    key: str
    alias: str | None = None
    id: str | None = None

    @classmethod
    def of(cls, record: Record) -> Ref:
        """How to ask for a record."""
        return cls(
            record.kind, record.key, record.contact_number if record.kind in CONTACTS else None
        )


@dataclass(frozen=True, slots=True)
class Remote:
    """A record as the provider has it; ``content`` is the provider's own element.

    ``version`` is another one after each change, where people change records at the provider too:
    a change of ours must not undo theirs unseen.
    """

    id: str
    key: str
    alias: str | None
    content: Mapping[str, Any]
    version: str | None = None

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
    """A record that is about to be sent, with what the provider already has of it.

    ``backing`` is the provider's element on which a new record rests: see :class:`Backed`.
    """

    record: Record
    contact_id: str | None = None
    remote: Remote | None = None
    backing: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider said of one record. ``exists``: refused because it is there already.

    ``body`` is the part of the answer that speaks of this record alone, for judgement.
    ``version`` is that of an accepted record, where the provider has versions. ``provider_id`` is
    empty where the provider gives none.
    """

    accepted: bool
    provider_id: str | None = None
    message: str = ""
    exists: bool = False
    body: Any = None
    version: str | None = None


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
        """The kinds that can be sent, in the order in which they must be.

        With ``supplier`` among them, the contact of a bill is another than that of an invoice.
        """

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


@dataclass(frozen=True, slots=True)
class Unbacked:
    """Why a record cannot be sent: the provider has nothing that it could rest on."""

    message: str
    cause: Cause


@runtime_checkable
class Backed(Protocol):
    """An adapter some of whose records rest on what the provider has, as a payment on a mandate.

    For records of the kinds in ``backed`` no contact is made: nothing could be sent for a new one.
    """

    @property
    def backed(self) -> tuple[str, ...]:
        """The kinds of such records."""

    def ask_backing(self, kind: str) -> tuple[Request, ...]:
        """The requests that ask for all that records of a kind may rest on; they only read."""

    def further_backing(self, body: Any) -> tuple[Request, ...]:
        """The requests for what one of their answers shows in part alone."""

    def back(self, record: Record, bodies: Sequence[Any]) -> Mapping[str, Any] | Unbacked:
        """What the record rests on, from the answers; or why there is nothing."""


@runtime_checkable
class Translating(Protocol):
    """An adapter whose provider has ids of its own for what some records name, as a currency."""

    def ask_ids(self, record: Record) -> Request | None:
        """The request for the list that has them; None for a record that needs none."""

    def ids(self, record: Record, body: Any) -> Mapping[str, Any] | Unbacked:
        """What the record's ``backing`` is, from that list; or why it is not there."""


@runtime_checkable
class Withdrawing(Protocol):
    """An adapter whose provider lets a draft be taken away again."""

    def withdraw(self, remote: Remote) -> Request:
        """The request that takes away a draft invoice."""


def same_key(one: str, other: str) -> bool:
    """Names and numbers are compared without case and without doubled blanks."""
    return folded(one) == folded(other)


def folded(text: str) -> str:
    """A name or number as it is compared."""
    return " ".join(text.split()).casefold()
