"""What earlier syncs left: which source and selection ``--resume`` and ``--failed`` take up."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncdoctor.engine.record import CONTACT, SUPPLIER
from syncdoctor.errors import ExitCode, UsageError
from syncdoctor.resync.conflicts import Rule
from syncdoctor.resync.plan import Selection

if TYPE_CHECKING:
    from syncdoctor.resync.run import Job
    from syncdoctor.store.rows import Sync


class NothingToResume(UsageError):
    """Not a failure: no sync of the connection was broken off."""

    exit_code = ExitCode.OK


class SourceUnknown(UsageError):
    """Nobody said where the records come from."""


def taken_up(job: Job) -> Job:
    """The job with what it takes over from earlier syncs.

    Raises:
        NothingToResume: it is to go on with a sync, and none was broken off.
        SourceUnknown: there is neither a source nor anything to pull.
    """
    if job.resume:
        job = _resumed(job)
    elif job.selection.failed and not job.source_given:
        job = _of_failed(job)
    if job.source is None and job.two_way is None:
        raise SourceUnknown(
            f"{job.connection.target}: it is not known where its records come from.",
            f"syncdoctor resync {job.connection.target} --source FILE",
        )
    return job


def scope_of(job: Job) -> dict[str, object]:
    """What a sync is asked to do, so that a later one can go on with it."""
    selection = job.selection
    return {
        "since": selection.since.isoformat(),
        "kinds": sorted(selection.kinds),
        "records": sorted(selection.records),
        "failed": selection.failed,
        "source": str(job.source.absolute()) if job.source else None,
        "kind": job.kind,
        "resumes": job.resumes,
        "conflicts": job.two_way.rule if job.two_way else None,
    }


def _resumed(job: Job) -> Job:
    """The job as the sync that was broken off was asked for it."""
    target = job.connection.target
    left = job.db.broken_off(job.connection.uid)
    if left is None:
        raise NothingToResume(
            f"{target}: there is nothing to resume; no sync was broken off.",
            f"syncdoctor resync {target}",
        )
    scope, since = left.scope, left.scope.get("since")
    selection = Selection(
        since=dt.datetime.fromisoformat(str(since)) if since else job.selection.since,
        kinds=frozenset(_words(scope, "kinds")),
        records=frozenset(_words(scope, "records")),
        failed=bool(scope.get("failed")),
        max_changes=job.selection.max_changes,
        channels=job.selection.channels,
    )
    job = replace(job, selection=selection, resumes=left.id)
    if job.two_way and not job.two_way.named and (rule := scope.get("conflicts")):
        job = replace(job, two_way=replace(job.two_way, rule=Rule(str(rule))))
    return job if job.source_given else _from_source_of(job, left)


def _of_failed(job: Job) -> Job:
    """The job with the source of the records that failed last; others are told of."""
    db, target = job.db, job.connection.target
    failed = db.failed_by_sync(job.connection.uid)
    if not failed:  # a sync that ended before it knew its records failed with all of them
        return _resumed(job) if db.broken_off(job.connection.uid) else job
    job = _from_source_of(job, db.sync(max(sync_id for sync_id, _ in failed)))
    elsewhere: Counter[str] = Counter()
    for (sync_id, kind), count in failed.items():
        source = db.sync(sync_id).scope.get("source")
        # A contact may be none of the source's: documents name them.
        if source and source != str(job.source) and kind not in (CONTACT, SUPPLIER):
            elsewhere[str(source)] += count
    notes = tuple(
        f"{count} that failed came from {source}: "
        f"syncdoctor resync {target} --failed --source {source}"
        for source, count in sorted(elsewhere.items())
    )
    return replace(job, notes=(*job.notes, *notes))


def _from_source_of(job: Job, sync: Sync) -> Job:
    """The job with an earlier sync's source, where that sync says which it was."""
    told, usual = sync.scope.get("source"), str(job.source.absolute()) if job.source else None
    if not told or told == usual:
        return job
    kind = sync.scope.get("kind")
    note = f"Taken from {told}, as in sync {sync.id}."
    return replace(
        job, source=Path(told), kind=str(kind) if kind else job.kind, notes=(*job.notes, note)
    )


def _words(scope: Mapping[str, Any], name: str) -> list[str]:
    return [str(word) for word in scope.get(name) or ()]
