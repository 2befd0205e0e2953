"""Resync: pushes recent records again, and never doubles or wipes one.

One lock for each connection; the journal is asked first, then the provider, and only then is
anything sent. Killed anywhere and run again, nothing is lost and nothing is doubled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from syncdoctor.engine.adapter import Adapter
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import ExitCode, SyncdoctorError
from syncdoctor.model import Connection, Trigger
from syncdoctor.resync.batches import Task
from syncdoctor.resync.conflicts import Rule
from syncdoctor.resync.dispatch import Dispatcher, Sender
from syncdoctor.resync.earlier import scope_of, taken_up
from syncdoctor.resync.entries import Entry
from syncdoctor.resync.evidence import keep_evidence
from syncdoctor.resync.journal import Journal
from syncdoctor.resync.lock import lock
from syncdoctor.resync.plan import Plan, Selection
from syncdoctor.resync.preparation import Prepared, prepare
from syncdoctor.resync.pull import Halted, TwoWay, fetch, keep, look
from syncdoctor.resync.rejects import check_rejects, write_rejects
from syncdoctor.resync.report import (
    STOPPED_BY_HAND,
    Judge,
    Pulled,
    RecordEvent,
    RecordOutcome,
    Report,
    Stopped,
    events_of,
)
from syncdoctor.resync.sending import Sending
from syncdoctor.resync.sources import Source
from syncdoctor.resync.stages import Stages
from syncdoctor.store.rows import Counts, Sync, SyncStatus
from syncdoctor.store.statedb import StateDB


@dataclass(slots=True)
class Stop:
    """Set by a signal: the exit code to leave with once the batches in flight have landed."""

    code: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """All that one sync needs. ``open_client`` makes a client that may write.

    ``source`` is None where there is a pull only; ``two_way`` is None where nothing is pulled.
    ``source_given``: it was named for this run. ``resumes`` is the sync that this one goes on with;
    ``notes`` is what is to be told of the job itself.
    """

    connection: Connection
    provider: Provider
    adapter: Adapter
    db: StateDB
    state_dir: Path
    source: Path | None
    selection: Selection
    open_client: Callable[[], Sender]
    judge: Judge
    kind: str | None = None
    trigger: Trigger = Trigger.MANUAL
    rejects: Path | None = None
    resume: bool = False
    two_way: TwoWay | None = None
    source_given: bool = False
    resumes: int | None = None
    notes: tuple[str, ...] = ()
    stop: Stop = field(default_factory=Stop)
    on_event: Callable[[RecordEvent], None] = lambda _: None


def resync(job: Job) -> Report:
    """Run one sync over one connection.

    Raises:
        Locked: another run has the connection.
        Guarded: the source is suddenly empty, or more would change than allowed.
        NotFound: a record that is asked for by name is not in the source.
        UsageError: the source cannot be used, is not known, or there is nothing to resume.
    """
    with lock(job.state_dir, job.connection):
        job.db.close_abandoned(job.connection.uid)
        job = taken_up(job)
        moved = job.two_way is not None and job.two_way.moved(job.db, job.connection)
        prepared = _prepared(job, moved=moved)
        sync = _begun(job)
        run = _Run(job, sync)
        try:
            report = run.go(prepared, moved=moved)
        except SyncdoctorError as error:
            job.db.end_sync(sync.id, SyncStatus.FAILED, run.counts(), message=error.message)
            raise
        except BaseException:
            job.db.end_sync(sync.id, SyncStatus.INTERRUPTED, run.counts())
            raise
        keep_evidence(job.db, job.connection, report)
        return report


def _prepared(job: Job, *, moved: bool) -> Prepared:
    """What is to be done. A run that cannot begin is no sync, unless a timer started it.

    The person who typed the command was told; of a timer's run the history has to tell.
    """
    try:
        prepared = prepare(
            *(job.db, job.connection, job.source, job.kind, job.adapter, job.selection), moved=moved
        )
        if job.rejects is not None and prepared.source is not None:
            check_rejects(job.rejects, prepared.source)
    except SyncdoctorError as error:
        if job.trigger is Trigger.AUTOMATIC:
            job.db.end_sync(_begun(job).id, SyncStatus.FAILED, message=error.message)
        raise
    return prepared


def _begun(job: Job) -> Sync:
    connection = job.connection
    return job.db.begin_sync(connection.uid, connection.target, job.trigger, scope=scope_of(job))


class _Run:
    """One sync while it runs: what happened so far."""

    def __init__(self, job: Job, sync: Sync) -> None:
        self._job = job
        self._sync = sync
        self._events: list[RecordEvent] = []
        self._refused: list[tuple[Entry, str]] = []
        self._unknown = 0
        self._contacted = False
        self._pulled: Pulled | None = None

    def go(self, prepared: Prepared, *, moved: bool) -> Report:
        job, plan = self._job, prepared.plan
        journal = Journal(job.db, self._sync.id, job.connection.uid)
        if job.two_way is not None and (obstacle := self._look(job.two_way, moved=moved)):
            # Planned all the same: what could not be sent is what --failed takes up.
            journal.plan([(*step.identity, step.content_hash) for step in plan.steps])
            return self._finished(prepared, obstacle)
        for entry in plan.refused:
            self._refused.append((entry, "; ".join(str(p) for p in entry.problems)))
            for event in events_of(entry):
                self._tell(event)
        journal.refuse([event for event in self._events if event.key])
        for record in plan.unchanged:
            self._tell(
                RecordEvent(record.kind, record.key, RecordOutcome.UNCHANGED, line=record.position)
            )
        self._contacted = bool(plan.steps or job.db.unresolved(job.connection.uid))
        stopped = self._send(plan, journal) if self._contacted else None
        if stopped is None and job.stop.code is None and job.two_way is not None:
            stopped = self._pull(job.two_way)
        return self._finished(prepared, stopped)

    def counts(self) -> Counts:
        n = Counter(event.outcome for event in self._events)
        return Counts(
            n[RecordOutcome.CONFIRMED],
            n[RecordOutcome.REJECTED],
            self._unknown,
            n[RecordOutcome.UNCHANGED],
            len(self._pulled.events) if self._pulled else 0,
        )

    def _look(self, two_way: TwoWay, *, moved: bool) -> Stopped | None:
        """Whether the place is there and may be written, before a single record is sent to it."""
        job = self._job
        self._contacted = True
        with closing(job.open_client()) as client:
            try:
                stopped = look(client, two_way.puller, job.connection.target, job.judge)
            except SyncdoctorError as error:
                return Stopped(error.exit_code, error.message, error.hint)
        if stopped is None and (moved or job.db.last_pull(job.connection.uid) is None):
            job.db.move(job.connection.uid, two_way.puller.place)
        return stopped

    def _pull(self, two_way: TwoWay) -> Stopped | None:
        job = self._job
        self._contacted = True
        with closing(job.open_client()) as client:
            try:
                changes = fetch(client, two_way, job.db, job.connection, job.judge)
            except Halted as halted:
                return halted.stopped
            except SyncdoctorError as error:
                return Stopped(error.exit_code, error.message, error.hint)
        self._pulled = keep(changes, two_way, job.db, job.connection)
        for event in self._pulled.events:
            job.on_event(event)
        return None

    def _send(self, plan: Plan, journal: Journal) -> Stopped | None:
        job = self._job
        limits = job.provider.limits
        with Dispatcher(job.open_client, limits.concurrent or 1) as dispatcher:
            sending = Sending(
                job.adapter,
                limits,
                journal,
                dispatcher,
                job.judge,
                self._landed,
                lambda: job.stop.code is not None,
                job.two_way.rule if job.two_way else Rule.SKIP,
            )
            Stages(sending, journal, job.adapter).run(plan.steps)
        left = job.db.unresolved(job.connection.uid)
        mine = {step.identity for step in plan.steps}
        for operation in left:
            if operation.sync_id == self._sync.id and (operation.kind, operation.key) in mine:
                self._unknown += 1
                message = "No answer came; the next run asks whether it arrived."
                outcome = RecordOutcome.UNKNOWN
                self._tell(RecordEvent(operation.kind, operation.key, outcome, message))
        return sending.stopped

    def _landed(self, task: Task, event: RecordEvent) -> None:
        if task.step is None:
            return
        if event.outcome is RecordOutcome.REJECTED:
            self._refused.append((task.step.entry, event.message))
        self._tell(event)

    def _tell(self, event: RecordEvent) -> None:
        self._events.append(event)
        self._job.on_event(event)

    def _finished(self, prepared: Prepared, stopped: Stopped | None) -> Report:
        job, counts, plan = self._job, self.counts(), prepared.plan
        pulled = self._pulled.events if self._pulled else ()
        code = _exit_code(job.stop, stopped, counts)
        rejects = None
        if self._refused and prepared.source is not None:
            path = job.rejects or _rejects_path(job, prepared.source, self._sync)
            in_order = sorted(self._refused, key=lambda pair: pair[0].raw.line)
            rejects = write_rejects(path, prepared.source, in_order)
        first = next((e for e in self._events if e.outcome is RecordOutcome.REJECTED), None)
        cause = stopped.cause if stopped else None
        message = stopped.message if stopped else None
        if code == ExitCode.PARTIAL and first is not None:
            cause, message = first.cause, first.message
        sync = job.db.end_sync(self._sync.id, _status(code), counts, cause=cause, message=message)
        return Report(
            target=job.connection.target,
            exit_code=code,
            sync=sync,
            counts=Counter(event.outcome for event in (*self._events, *pulled)),
            events=(*self._events, *pulled),
            held_back=plan.held_back,
            stopped=stopped,
            rejects=rejects,
            not_sent=plan.seen - sum(plan.held_back.values()) - len(self._events),
            seen=plan.seen,
            contacted=self._contacted,
            warnings=(*job.notes, *(prepared.source.warnings if prepared.source else ())),
            pulled=self._pulled,
        )


def _exit_code(stop: Stop, stopped: Stopped | None, counts: Counts) -> int:
    if stopped is not None:
        return stopped.exit_code
    if stop.code is not None:
        return stop.code
    return int(ExitCode.PARTIAL if counts.rejected or counts.unknown else ExitCode.OK)


def _status(code: int) -> SyncStatus:
    if code in STOPPED_BY_HAND:
        return SyncStatus.INTERRUPTED
    known = {int(ExitCode.OK): SyncStatus.SUCCEEDED, int(ExitCode.PARTIAL): SyncStatus.PARTIAL}
    return known.get(code, SyncStatus.FAILED)


def _rejects_path(job: Job, source: Source, sync: Sync) -> Path:
    name = job.connection.target.replace("/", "-")
    suffix = ".csv" if source.is_csv else ".jsonl"
    return job.state_dir / "rejects" / f"{name}-sync-{sync.id}{suffix}"
