"""A dry run: what a sync would do, told by a client that cannot write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

from syncdoctor.engine.adapter import Adapter, Ref, Remote, Request, Standing, Unbacked
from syncdoctor.errors import ExitCode, SyncdoctorError
from syncdoctor.model import Cause
from syncdoctor.resync.backing import backed_by, once
from syncdoctor.resync.conflicts import Rule, both_changed, words
from syncdoctor.resync.dispatch import Dispatcher
from syncdoctor.resync.earlier import taken_up
from syncdoctor.resync.pages import Wanted, answers, found_in
from syncdoctor.resync.plan import Identity, Step
from syncdoctor.resync.preparation import prepare
from syncdoctor.resync.pull import Halted, TwoWay, fetch, look, told
from syncdoctor.resync.report import (
    Pulled,
    RecordEvent,
    RecordOutcome,
    Report,
    Stopped,
    events_of,
)
from syncdoctor.resync.run import Job
from syncdoctor.resync.verdicts import stopped_by


def dry_run(job: Job) -> Report:
    """Say what would be sent, after asking the provider what is there; nothing is written.

    Raises:
        Guarded: the source is suddenly empty, or more would change than allowed.
        NotFound: a record that is asked for by name is not in the source.
        UsageError: the source cannot be used, or is not known.
    """
    job = taken_up(job)
    two_way = job.two_way
    moved = two_way is not None and two_way.moved(job.db, job.connection)
    prepared = prepare(
        *(job.db, job.connection, job.source, job.kind, job.adapter, job.selection), moved=moved
    )
    plan = prepared.plan
    events = [event for entry in plan.refused for event in events_of(entry)]
    events += [
        RecordEvent(r.kind, r.key, RecordOutcome.UNCHANGED, line=r.position) for r in plan.unchanged
    ]
    there = _look_up(job, plan.steps)
    stopped = there if isinstance(there, Stopped) else None
    if not isinstance(there, Stopped):
        rule = two_way.rule if two_way else Rule.SKIP
        stopped, refused = _unbacked(job, [s for s in plan.steps if s.identity not in there])
        events += [
            refused.get(s.identity) or _event(job.adapter, s, there.get(s.identity), rule)
            for s in plan.steps
        ]
    pulled = None if stopped or two_way is None else _pull(job, two_way)
    if isinstance(pulled, Stopped):
        stopped, pulled = pulled, None
    events += pulled.events if pulled else ()
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
        warnings=(*job.notes, *(prepared.source.warnings if prepared.source else ())),
        pulled=pulled,
    )


def _pull(job: Job, two_way: TwoWay) -> Pulled | Stopped:
    """What would be pulled; neither the file nor what is known of it changes."""
    with closing(job.open_client()) as client:
        try:
            changes = fetch(client, two_way, job.db, job.connection, job.judge)
        except Halted as halted:
            return halted.stopped
        except SyncdoctorError as error:
            return Stopped(error.exit_code, error.message, error.hint)
    made, _ = told(changes, job.db, job.connection, dry=True)
    return Pulled(two_way.file, made, changes.full, changes.announced)


def _obstacle(job: Job) -> Stopped | None:
    if job.two_way is None:
        return None
    with closing(job.open_client()) as client:
        try:
            return look(client, job.two_way.puller, job.connection.target, job.judge)
        except SyncdoctorError as error:
            return Stopped(error.exit_code, error.message, error.hint)


def _look_up(job: Job, steps: Sequence[Step]) -> Mapping[Identity, Remote] | Stopped:
    found: dict[Identity, Remote] = {}
    if obstacle := _obstacle(job):
        return obstacle
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
                remotes = found_in(job.adapter, kind, answer)
                if remotes is None:
                    return stopped_by(answer.exchange, job.judge(answer.exchange))
                wanted.take(remotes)
            for ref in refs:
                remote = next((r for r in wanted.found if r.answers(ref)), None)
                if remote is not None:
                    found[kind, ref.key] = remote
    return found


def _unbacked(
    job: Job, steps: Sequence[Step]
) -> tuple[Stopped | None, Mapping[Identity, RecordEvent]]:
    """The new records that would be refused, for they have nothing at the provider to rest on."""
    stops: list[Stopped] = []
    refused: dict[Identity, RecordEvent] = {}

    def ask(request: Request) -> Any | None:
        try:
            answer = client.send(request.method, request.path, params=request.params)
        except SyncdoctorError as error:
            stops.append(Stopped(error.exit_code, error.message, error.hint))
            return None
        if not answer.ok:
            stops.append(stopped_by(answer.exchange, job.judge(answer.exchange)))
        return answer.body if answer.ok else None

    with closing(job.open_client()) as client:
        asked = once(ask)
        for kind in job.adapter.kinds:
            mine = [s for s in steps if s.record.kind == kind]
            found = backed_by(job.adapter, kind, [s.record for s in mine], asked)
            for step, one in zip(mine, found or (), strict=False):
                if isinstance(one, Unbacked):
                    record, outcome = step.record, RecordOutcome.REJECTED
                    event = RecordEvent(kind, record.key, outcome, one.message, one.cause)
                    refused[step.identity] = replace(event, line=record.position)
    return (stops[0] if stops else None), refused


def _event(adapter: Adapter, step: Step, remote: Remote | None, rule: Rule) -> RecordEvent:
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
        elif comparison.standing is Standing.DIFFERS and both_changed(remote, step.base):
            message, cause = words(record.key, comparison.why, rule), Cause.CONFLICT
            outcome = {
                Rule.SKIP: RecordOutcome.REJECTED,
                Rule.PRODUCT: RecordOutcome.WOULD_UPDATE,
                Rule.PROVIDER: RecordOutcome.UNCHANGED,
            }[rule]
    return RecordEvent(
        record.kind,
        record.key,
        outcome,
        message,
        cause,
        remote.id if remote else None,
        record.position,
    )
