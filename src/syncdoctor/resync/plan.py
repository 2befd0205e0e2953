"""What a sync is to do: which records are recent, let through and not there yet. Pure."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from syncdoctor.config_tables import Channel
from syncdoctor.engine.adapter import Adapter
from syncdoctor.engine.record import (
    CONTACT,
    EVENT,
    PAYMENT,
    SETTLEMENT,
    Amounts,
    Line,
    Record,
    RecordStatus,
)
from syncdoctor.errors import Guarded, NotFound
from syncdoctor.resync.channels import why_held
from syncdoctor.resync.entries import Entry, Problem

Identity = tuple[str, str]  # kind and key


@dataclass(frozen=True, slots=True)
class Selection:
    """What the person asked for. ``since`` is a moment; the sets narrow, empty ones do not.

    ``channels`` are the workspace's: settlements of those that are off are held back.
    """

    since: dt.datetime
    kinds: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()
    failed: bool = False
    max_changes: int | None = None
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One record to be sent. ``look_first``: ask whether it is there before sending it.

    ``tried``: an earlier run sent it, and what became of that is not known. ``base`` is the
    version in which the last sync left it at the provider.
    """

    record: Record
    content_hash: str
    entry: Entry
    look_first: bool = False
    tried: bool = False
    base: str | None = None

    @property
    def identity(self) -> Identity:
        """Kind and key."""
        return self.record.kind, self.record.key


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order of the provider's kinds, and what became of all other records."""

    steps: tuple[Step, ...] = ()
    unchanged: tuple[Record, ...] = ()
    refused: tuple[Entry, ...] = ()
    held_back: Mapping[str, int] = field(default_factory=dict)  # reason → how many
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What the journal knows: confirmed content, intents without result, records that failed."""

    confirmed: Mapping[Identity, str] = field(default_factory=dict)
    unresolved: frozenset[Identity] = frozenset()
    failed: frozenset[Identity] = frozenset()
    versions: Mapping[Identity, str] = field(default_factory=dict)


def plan(
    entries: Iterable[Entry],
    adapter: Adapter,
    settings: Mapping[str, Any],
    selection: Selection,
    known: Known,
) -> Plan:
    """Choose what goes.

    Raises:
        Guarded: more would change than ``selection.max_changes``.
        NotFound: a record that is asked for by name is not among the entries.
    """
    named: set[str | None] = set()
    chosen: dict[Identity, Entry] = {}
    held: Counter[str] = Counter()
    refused: list[Entry] = []
    seen = 0
    for entry in entries:
        seen += 1
        identity = (entry.kind, entry.key)
        named |= _names(entry) & selection.records
        if entry.repeats:
            first = _take_twin(chosen, identity)
            if first is not None:
                refused.append(_with_problem(first, "number", "is in the source more than once"))
        reason = _held_back(entry, adapter, settings, selection, known)
        if reason:
            held[reason] += 1
        elif entry.record is None:
            refused.append(entry)
        else:
            chosen[identity] = entry
    if absent := selection.records - named:
        raise NotFound(
            f"Not in the source: {', '.join(sorted(absent))}.",
            "--record takes a number as the source has it, or an external_id.",
        )
    return _sorted(chosen.values(), adapter, settings, selection, known, refused, held, seen)


def settled(
    record: Record, settings: Mapping[str, Any], account_setting: str = "sales_account"
) -> Record:
    """The record as it is sent: what it leaves open comes from the connection's settings."""
    if record.kind in (CONTACT, EVENT, PAYMENT):
        return record
    forced = settings.get("invoice_status")
    status = RecordStatus(forced) if forced == "draft" else record.status
    lines = tuple(
        Line(
            line.description,
            line.quantity,
            line.unit_amount,
            line.account or _text(settings.get(account_setting)),
            line.tax_type or _text(settings.get("tax_type"))
            if record.amounts is not Amounts.NO_TAX
            else line.tax_type,
        )
        for line in record.lines
    )
    chosen = status or RecordStatus(str(forced or RecordStatus.DRAFT))
    return dataclasses.replace(record, status=chosen, lines=lines)


def _sorted(
    chosen: Iterable[Entry],
    adapter: Adapter,
    settings: Mapping[str, Any],
    selection: Selection,
    known: Known,
    refused: list[Entry],
    held: Counter[str],
    seen: int,
) -> Plan:
    steps: list[Step] = []
    unchanged: list[Record] = []
    for entry in chosen:
        if entry.record is None:
            continue
        record = settled(entry.record, settings, adapter.account_setting)
        if problem := adapter.problem(record):
            refused.append(_with_problem(entry, problem[0], f"expected {problem[1]}"))
            continue
        content_hash = record.content_hash()
        identity = (entry.kind, entry.key)
        tried = identity in known.unresolved
        asked_for = tried or bool(selection.records)
        if known.confirmed.get(identity) == content_hash and not asked_for:
            unchanged.append(record)
        else:
            # A record that was confirmed is there: it is to be changed. A settlement may be a
            # bill, and no provider keeps two bills from having one number.
            numbered = adapter.looks_first or record.kind == SETTLEMENT
            look_first = asked_for or numbered or identity in known.confirmed
            base = known.versions.get(identity)
            steps.append(Step(record, content_hash, entry, look_first, tried, base))
    if selection.max_changes is not None and len(steps) > selection.max_changes:
        raise Guarded(
            f"{len(steps)} records would be sent, more than --max-changes {selection.max_changes}.",
            "Look at them with --dry-run, then allow more with --max-changes.",
        )
    order = {kind: number for number, kind in enumerate(adapter.kinds)}
    steps.sort(key=lambda step: order[step.record.kind])
    return Plan(tuple(steps), tuple(unchanged), tuple(refused), dict(held), seen)


def _held_back(
    entry: Entry,
    adapter: Adapter,
    settings: Mapping[str, Any],
    selection: Selection,
    known: Known,
) -> str | None:
    if entry.kind not in adapter.kinds:
        return f"kind {entry.kind}, which the provider does not take"
    if _setting_says_no(entry, settings):
        return "the connection's settings"
    if selection.kinds and entry.kind not in selection.kinds:
        return "--kind"
    if closed := why_held(selection.channels, entry.record.channel if entry.record else None):
        return closed
    return _not_asked_for(entry, selection, known)


def _not_asked_for(entry: Entry, selection: Selection, known: Known) -> str | None:
    identity = (entry.kind, entry.key)
    if selection.records:
        return None if _names(entry) & selection.records else "--record"
    if selection.failed:
        return None if identity in known.failed else "--failed"
    if identity in known.unresolved or entry.record is None:
        return None
    moment = _moment(entry.record)
    return "not recent" if moment is not None and moment < selection.since else None


def _names(entry: Entry) -> set[str | None]:
    """What a record may be asked for by."""
    return {entry.key, entry.record.external_id if entry.record else None}


def _setting_says_no(entry: Entry, settings: Mapping[str, Any]) -> bool:
    kinds = settings.get("kinds")
    if kinds and entry.kind not in kinds:
        return True
    if any(fnmatchcase(entry.key, str(pattern)) for pattern in settings.get("exclude") or ()):
        return True
    status = entry.record.status if entry.record else None
    return settings.get("invoice_status") == "authorised" and status is RecordStatus.DRAFT


def _moment(record: Record) -> dt.datetime | None:
    if record.updated_at:
        return record.updated_at
    if record.date is None:
        return None
    # The end of the day: with ``--since 1d`` all of yesterday is recent in every time zone.
    return dt.datetime.combine(record.date, dt.time.max, dt.UTC)


def _take_twin(chosen: dict[Identity, Entry], identity: Identity) -> Entry | None:
    for key in chosen:
        if key[0] == identity[0] and key[1].casefold() == identity[1].casefold():
            return chosen.pop(key)
    return None


def _with_problem(entry: Entry, column: str, message: str) -> Entry:
    problem = Problem(entry.raw.line, column, message)
    return dataclasses.replace(entry, record=None, problems=(*entry.problems, problem))


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None
