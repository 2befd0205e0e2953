"""What the last syncs say: failures, rows of failures, syncs that hang or are overdue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from syncdoctor.local_checks.outcome import outcome
from syncdoctor.model import Action, Cause, Check, Confidence, Finding, Severity
from syncdoctor.states import BAD_ENDS, Background, Case
from syncdoctor.store.rows import Sync, SyncStatus

LAST_SYNC = "last-sync"
FAILED_SYNCS = "failed-syncs"
RUNNING_SYNC = "running-sync"
FREQUENCY = "sync-frequency"
OF_SYNCS = frozenset({LAST_SYNC, FAILED_SYNCS, RUNNING_SYNC, FREQUENCY})
ROW = 3  # failures one after another that make a pattern
HANGS = timedelta(minutes=15)


def sync_checks(case: Case) -> Iterator[Check]:
    """The last sync, and what the ones before it add to it."""
    yield _last_sync(case.last_sync)
    if case.background is None:
        return
    if case.background.recent:
        yield _failed_syncs(case.background.recent)
    if case.last_sync is not None and case.last_sync.status is SyncStatus.RUNNING:
        yield _running(case.last_sync, case.background)
    yield from _frequency(case, case.background.now)


def failed_sync(case: Case, check: Check) -> Finding:
    """The finding of a last sync that failed, where nothing shows why the next one should."""
    target = case.connection.target
    return Finding(
        rule=None,
        cause=Cause.UNKNOWN,
        action=Action.RESYNC,
        confidence=Confidence.LIKELY,
        severity=Severity.ERROR,
        provider=case.provider.id,
        title="The last sync failed or was broken off",
        said=check.summary,
        meaning="Nothing that is asked now shows why; another sync may well succeed.",
        steps=(
            "Send what that sync did not send; what arrived is not sent again.",
            f"Or run: syncdoctor resync {target} --failed",
        ),
        commands=(("syncdoctor", "resync", target, "--failed", "--dry-run"),),
        check=check.name,
    )


def _last_sync(last: Sync | None) -> Check:
    if last is None:
        return outcome(LAST_SYNC, "there was no sync yet", "", last_sync_failed=False)
    words = f"sync {last.id} of {last.started:%Y-%m-%d %H:%M} UTC {last.status}"
    why = [str(last.cause)] if last.cause else []
    if last.counts.rejected:
        why.append(f"{last.counts.rejected} records refused")
    elif last.message and not why:
        why.append(last.message)
    if why:
        words += f": {', '.join(why)}"
    return outcome(LAST_SYNC, words, words, last_sync_failed=last.status in BAD_ENDS)


def _failed_syncs(recent: tuple[Sync, ...]) -> Check:
    """A row of failures. Refused records (``partial``) are no sign of a broken connection."""
    ended = [sync for sync in recent if sync.status is not SyncStatus.RUNNING]
    bad = (SyncStatus.FAILED, SyncStatus.INTERRUPTED)
    row = len(list(takewhile(lambda sync: sync.status in bad, ended)))
    return outcome(
        FAILED_SYNCS,
        "no row of failed syncs",
        f"the last {row} syncs failed, one after another",
        syncs_failing=row >= ROW,
    )


def _running(last: Sync, background: Background) -> Check:
    age = background.now - last.started
    minutes = int(age.total_seconds() // 60)
    why = "its process is gone" if background.abandoned else f"it began {minutes} minutes ago"
    return outcome(
        RUNNING_SYNC,
        f"sync {last.id} is running",
        f"sync {last.id} has not come to an end: {why}",
        sync_hangs=bool(background.abandoned) or age > HANGS,
    )


def _frequency(case: Case, now: datetime) -> Iterator[Check]:
    """The age of the last sync against the rhythm of the tier, where the guide has one."""
    found = tier_of(case)
    if found is None:
        return
    name, hours = found
    last = case.last_sync
    rhythm = f"{name} syncs every {_hours(hours)} or so"
    if last is None:
        yield outcome(FREQUENCY, f"{rhythm}; there was no sync yet", "", sync_overdue=False)
        return
    age = (now - last.started).total_seconds() / 3600
    words = f"{rhythm}; the last sync was {_hours(age)} ago"
    yield outcome(FREQUENCY, words, words, sync_overdue=age > hours)


def tier_of(case: Case) -> tuple[str, float] | None:
    """The workspace's tier with its rhythm in hours; None where the guide knows of none."""
    tiers = {name.lower(): (name, hours) for name, hours in case.guide.tiers.items()}
    return tiers.get((case.workspace.tier or case.workspace.plan or "").lower())


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{round(hours)} h" if hours < 48 else f"{round(hours / 24)} days"  # noqa: PLR2004
