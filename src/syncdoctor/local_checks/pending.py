"""What waits in the workspace's source: records kept back, incomplete or doubled.

The source is read for a bounded number of records: a diagnosis has to be quick.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING, Any

from syncdoctor.engine.adapter import Adapter, folded
from syncdoctor.engine.record import Record, RecordStatus
from syncdoctor.errors import UsageError
from syncdoctor.local_checks.outcome import outcome
from syncdoctor.model import Action, Cause, Check, Confidence, Finding, Severity
from syncdoctor.states import Case

if TYPE_CHECKING:
    from syncdoctor.resync.entries import Entry

MOST = 2000  # records that are looked at
SOURCE = "source"
SHOWN = 3  # records that are named


def pending_checks(case: Case) -> Iterator[Check]:
    """Checks of the source, where the workspace file names one that records can be pushed from."""
    from syncdoctor.resync.initial import adapter_for
    from syncdoctor.resync.sources import EmptySource, open_source

    adapter = adapter_for(case.connection)
    if case.workspace.source is None or case.background is None or adapter is None:
        return
    try:
        entries = list(islice(open_source(case.workspace.source).entries(), MOST))
    except UsageError as error:
        if isinstance(error, EmptySource) or not case.workspace.source.is_file():
            yield Check(SOURCE, "problem", error.message)  # of no record can anything be said
        else:
            yield outcome(SOURCE, "", error.message, records_incomplete=True)
        return
    found = _Found(case, adapter)
    found.take([entry for entry in entries if entry.kind in adapter.kinds])
    words = _counted(case.provider.name, entries, adapter.kinds)
    yield outcome(SOURCE, words, words)
    yield from found.checks()


def no_source(case: Case, check: Check) -> Finding:
    """The finding of a source that is not there, cannot be opened or is empty."""
    return Finding(
        rule=None,
        cause=Cause.SETTING_MISSING,
        action=Action.CONFIGURE,
        confidence=Confidence.CERTAIN,
        severity=Severity.WARNING,
        provider=case.provider.id,
        title="The workspace's source of records cannot be read",
        said=check.summary,
        meaning="Records come from this file. Until it is there, no sync can send any.",
        steps=(
            "See why the file is not made or has moved.",
            f"Put it back, or name another as source in the file of workspace "
            f"{case.connection.workspace}.",
            f"Then run: syncdoctor records check {shlex.quote(str(case.workspace.source))}",
        ),
        commands=(("syncdoctor", "records", "check", str(case.workspace.source)),),
        check=check.name,
    )


def _counted(provider: str, entries: Sequence[Entry], kinds: Collection[str]) -> str:
    """How many records there are; a source may well hold kinds that are for other providers."""
    words = f"{len(entries)}{' or more' if len(entries) == MOST else ''} records in the source"
    others = Counter(entry.kind for entry in entries if entry.kind not in kinds)
    if not others:
        return words
    named = ", ".join(f"{number} {kind}" for kind, number in others.items())
    return f"{words}; {provider} does not take {named}"


class _Found:
    """What was found in the entries of a source, by kind of trouble."""

    def __init__(self, case: Case, adapter: Adapter) -> None:
        self._settings: Mapping[str, Any] = case.connection.settings
        self._confirmed = case.background.confirmed if case.background else {}
        self._adapter = adapter
        self._channels = case.workspace.channels
        self._there = {(kind, folded(key)): key for kind, key in self._confirmed}
        self._drafts: list[str] = []
        self._excluded: Counter[str] = Counter()
        self._incomplete: list[str] = []
        self._doubled: list[str] = []

    def take(self, entries: Iterable[Entry]) -> None:
        """Look at each record of the source."""
        for entry in entries:
            reason = self._kept_back(entry)
            if reason is not None:
                self._excluded[reason] += 1
                continue
            if self._is_double(entry):
                self._doubled.append(f"{entry.kind} {entry.key}")
            elif entry.record is None:
                self._incomplete.append(f"{entry.kind} {entry.key}: {entry.problems[0]}")
            elif self._is_held_draft(entry.record.status):
                self._drafts.append(entry.key)
            elif problem := self._problem(entry, entry.record):
                self._incomplete.append(problem)

    def checks(self) -> Iterator[Check]:
        """One check for each kind of trouble; what the settings let through is not spoken of."""
        if self._settings.get("invoice_status") is not None:
            yield outcome(
                "invoice-status",
                "nothing waits for want of the right status",
                f"{_listed(self._drafts)} wait as drafts; only authorised ones are sent",
                drafts_held_back=bool(self._drafts),
            )
        kept = ", ".join(f"{n} by {reason}" for reason, n in self._excluded.items())
        yield outcome(
            "excluded",
            "the settings keep no record back",
            f"the settings keep records back: {kept}",
            records_excluded=bool(kept),
        )
        yield outcome(
            "required-fields",
            "all that waits has the fields that it needs",
            f"would be refused: {_listed(self._incomplete)}",
            records_incomplete=bool(self._incomplete),
        )
        yield outcome(
            "doubles",
            "no record is there twice",
            f"there more than once: {_listed(self._doubled)}",
            records_doubled=bool(self._doubled),
        )

    def _kept_back(self, entry: Entry) -> str | None:
        kinds = self._settings.get("kinds")
        if kinds and entry.kind not in kinds:
            return f"kind {entry.kind}"
        from syncdoctor.resync.channels import why_held

        if closed := why_held(self._channels, entry.record.channel if entry.record else None):
            return closed
        for pattern in self._settings.get("exclude") or ():
            if fnmatchcase(entry.key, str(pattern)):
                return f"exclude {pattern}"
        return None

    def _is_double(self, entry: Entry) -> bool:
        there = self._there.get((entry.kind, folded(entry.key)))
        return bool(entry.repeats) or (there is not None and there != entry.key)

    def _is_held_draft(self, status: RecordStatus | None) -> bool:
        return self._settings.get("invoice_status") == "authorised" and status is RecordStatus.DRAFT

    def _problem(self, entry: Entry, record: Record) -> str | None:
        from syncdoctor.resync.plan import settled

        record = settled(record, self._settings, self._adapter.account_setting)
        if self._confirmed.get((entry.kind, entry.key)) == record.content_hash():
            return None  # it stands at the provider already
        problem = self._adapter.problem(record)
        return problem and f"{entry.kind} {entry.key}: {problem[0]}, expected {problem[1]}"


def _listed(names: list[str]) -> str:
    shown = "; ".join(names[:SHOWN])
    more = len(names) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
