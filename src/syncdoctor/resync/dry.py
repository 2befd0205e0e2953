"""A dry run: what a sync would do, told by a client that cannot write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from syncdoctor.engine.adapter import Adapter, Ref, Remote, Standing
from syncdoctor.errors import ExitCode, SyncdoctorError
from syncdoctor.model import Cause
from syncdoctor.resync.dispatch import Dispatcher
from syncdoctor.resync.pages import Wanted, answers
from syncdoctor.resync.plan import Identity, Step
from syncdoctor.resync.preparation import prepare
from syncdoctor.resync.report import RecordEvent, RecordOutcome, Report, Stopped, events_of
from syncdoctor.resync.run import Job
from syncdoctor.resync.verdicts import stopped_by


def dry_run(job: Job) -> Report:
    """Say what would be sent, after asking the provider what is there; nothing is written.

    Raises:
        Guarded: the source is suddenly empty, or more would change than allowed.
        UsageError: the source cannot be used.
    """
    prepared = prepare(job.db, job.connection, job.source, job.kind, job.adapter, job.selection)
    plan = prepared.plan
    events = [event for entry in plan.refused for event in events_of(entry)]
    events += [
        RecordEvent(r.kind, r.key, RecordOutcome.UNCHANGED, line=r.position) for r in plan.unchanged
    ]
    there = _look_up(job, plan.steps)
    stopped = there if isinstance(there, Stopped) else None
    if not isinstance(there, Stopped):
        events += [_event(job.adapter, s, there.get(s.identity)) for s in plan.steps]
    for event in events:
        job.on_event(event)
    counts = Counter(event.outcome for event in events)
    partial = ExitCode.PARTIAL if counts[RecordOutcome.REJECTED] else ExitCode.OK
    return Report(
        target=job.connection.target,
        exit_code=stopped.exit_code if stopped else int(partial),
        sync=None,
        counts=counts,
        events=tuple(events),
        held_back=plan.held_back,
        stopped=stopped,
        seen=plan.seen,
        warnings=prepared.source.warnings,
    )


def _look_up(job: Job, steps: Sequence[Step]) -> Mapping[Identity, Remote] | Stopped:
    found: dict[Identity, Remote] = {}
    with Dispatcher(job.open_client, job.provider.limits.concurrent or 1) as dispatcher:
        for kind in job.adapter.kinds:
            refs = [Ref.of(s.record) for s in steps if s.record.kind == kind]
            wanted = Wanted(refs)
            asked, further = job.adapter.look_up(kind, refs), partial(job.adapter.further, kind)
            for future in answers(dispatcher, asked, wanted, further):
                try:
                    answer = future.result()
                except SyncdoctorError as error:
                    return Stopped(error.exit_code, error.message, error.hint)
                remotes = job.adapter.found(kind, answer.body) if answer.ok else None
                if remotes is None:
                    return stopped_by(answer.exchange, job.judge(answer.exchange))
                wanted.take(remotes)
            for ref in refs:
                remote = next((r for r in wanted.found if r.answers(ref)), None)
                if remote is not None:
                    found[kind, ref.key] = remote
    return found


def _event(adapter: Adapter, step: Step, remote: Remote | None) -> RecordEvent:
    record = step.record
    message, cause = "", None
    if remote is None:
        outcome = RecordOutcome.WOULD_CREATE
    else:
        comparison = adapter.compare(record, remote)
        outcome = {
            Standing.SAME: RecordOutcome.UNCHANGED,
            Standing.DIFFERS: RecordOutcome.WOULD_UPDATE,
            Standing.LOCKED: RecordOutcome.REJECTED,
        }[comparison.standing]
        if comparison.standing is Standing.LOCKED:
            message, cause = f"{record.key} {comparison.why}.", Cause.RECORD_LOCKED
    return RecordEvent(
        record.kind,
        record.key,
        outcome,
        message,
        cause,
        remote.id if remote else None,
        record.position,
    )
