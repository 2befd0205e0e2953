"""Brings planned records to the provider, batch by batch, with the journal written round each.

All state is kept by the thread that made it; the dispatcher's threads only send.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from functools import partial
from typing import Any

from syncdoctor.engine.adapter import Adapter, Outcome, Ref, Remote, Request, Standing
from syncdoctor.engine.provider import Limits
from syncdoctor.engine.record import OperationState
from syncdoctor.errors import SyncdoctorError
from syncdoctor.model import Cause, Exchange
from syncdoctor.resync import conflicts
from syncdoctor.resync.batches import CREATE, UPDATE, Batch, Task, body_size, halves
from syncdoctor.resync.dispatch import Dispatcher
from syncdoctor.resync.journal import Journal
from syncdoctor.resync.pages import Wanted, answers, found_in
from syncdoctor.resync.report import Judge, RecordEvent, RecordOutcome, Stopped
from syncdoctor.resync.settling import Settling
from syncdoctor.resync.verdicts import narrowed, of_credentials, of_record, stopped_by
from syncdoctor.wire.client import Answer

INVALID = (400, 422)
MET = (409, 412)  # something is there already, or another version than the one that was read
CONFLICT, TOO_LARGE, SERVER_ERROR = 409, 413, 500
LOST_TRIES = 3
LANDING = 4  # how many answers, for each call that may be under way, wait to be written down
S = OperationState


class Sending:
    """Sends tasks. ``stopped`` says why it stopped before the end; ``stop()`` is asked first."""

    def __init__(
        self,
        adapter: Adapter,
        limits: Limits,
        journal: Journal,
        dispatcher: Dispatcher,
        judge: Judge,
        on_event: Callable[[Task, RecordEvent], None],
        stop: Callable[[], bool],
        rule: conflicts.Rule = conflicts.Rule.SKIP,
    ) -> None:
        self.stopped: Stopped | None = None
        self._adapter = adapter
        self._limits = limits
        self._journal = journal
        self._dispatcher = dispatcher
        self._judge = judge
        self._settling = Settling(journal, on_event)
        self._stop = stop
        self._rule = rule

    @property
    def halted(self) -> bool:
        """Whether nothing more may be sent."""
        return self.stopped is not None or self._stop()

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Remote, ...] | None:
        """Ask the provider for records; None when it could not be asked, which stops the sync."""
        wanted = Wanted(refs)
        asked, further = self._adapter.look_up(kind, refs), partial(self._adapter.further, kind)
        for future in answers(self._dispatcher, asked, wanted, further):
            answer = self._answer(future)
            if answer is None:
                continue
            found = found_in(self._adapter, kind, answer)
            if found is None:
                self._halt(answer.exchange)
            else:
                wanted.take(found)
        return None if self.stopped else tuple(wanted.found)

    def ask(self, request: Request) -> Any | None:
        """The body of the answer to a request that only reads; None stops the sync."""
        answer = self._answer(self._dispatcher.submit(request))
        if answer is not None and not answer.ok:
            self._halt(answer.exchange)
        return answer.body if answer is not None and answer.ok else None

    def send(self, tasks: Sequence[Task]) -> None:
        """Bring every task to its end, or stop. New records; what is there already is compared."""
        queue = deque(self._batches(CREATE, [t for t in tasks if t.item.remote is None]))
        queue.extend(self._batches(UPDATE, [t for t in tasks if t.item.remote is not None]))
        flying: dict[Future[Answer], Batch] = {}
        landing: deque[tuple[Batch, Future[Answer]]] = deque()
        most = LANDING * self._dispatcher.concurrent
        while flying or landing or (queue and not self.halted):
            while queue and len(flying) < self._dispatcher.concurrent and not self.halted:
                batch = queue.popleft()
                flying[self._launch(batch)] = batch
            if not landing:
                wait(flying, return_when=FIRST_COMPLETED)
            done = [future for future in flying if future.done()]
            for future in done:  # a bad answer, which may end the sync, before all good ones
                add = landing.append if _good(future) else landing.appendleft
                add((flying.pop(future), future))
            # While answers are good, the next batches go first: the provider's minute is short.
            ahead = done and queue and len(landing) < most and _good(landing[0][1])
            if landing and not ahead:
                queue.extend(self._land(*landing.popleft()))
                self.flush()

    def compared(self, task: Task, remote: Remote) -> Task | None:
        """Settle a task whose record is there; gives it back when it has to be changed.

        What is settled is written by :meth:`flush`.
        """
        comparison = self._adapter.compare(task.item.record, remote)
        if comparison.standing is Standing.SAME:
            outcome = RecordOutcome.CONFIRMED if task.tried else RecordOutcome.UNCHANGED
            self._settling.confirm(task, outcome, remote)
            return None
        if comparison.standing is Standing.LOCKED:
            message = f"{task.item.record.key} {comparison.why}."
            self.refuse(task, message, Cause.RECORD_LOCKED)
            return None
        changed = replace(task, item=replace(task.item, remote=remote))
        if task.step is not None and conflicts.both_changed(remote, task.step.base):
            return self._in_conflict(changed, remote, comparison.why)
        return changed

    def _in_conflict(self, task: Task, remote: Remote, why: str) -> Task | None:
        said = conflicts.words(task.item.record.key, why, self._rule)
        if self._rule is conflicts.Rule.PRODUCT:
            return replace(task, note=said)
        if self._rule is conflicts.Rule.SKIP:
            self.refuse(task, said, Cause.CONFLICT)
        else:
            kept, cause = RecordOutcome.UNCHANGED, Cause.CONFLICT
            self._settling.confirm(task, kept, remote, said, cause)
        return None

    def refuse(self, task: Task, message: str, cause: Cause) -> None:
        """Settle a task as rejected; written by :meth:`flush`."""
        self._settling.refuse(task, message, cause)

    def flush(self) -> None:
        """Write down what was settled, in one go, and tell of it."""
        self._settling.flush()

    # -- one batch -------------------------------------------------------------------------------

    def _batches(self, verb: str, tasks: Sequence[Task]) -> Iterator[Batch]:
        for kind in self._adapter.kinds:
            mine = tuple(t for t in tasks if t.item.record.kind == kind)
            for start in range(0, len(mine), self._limits.batch):
                yield from self._fitting(
                    Batch(verb, kind, mine[start : start + self._limits.batch])
                )

    def _fitting(self, batch: Batch) -> Iterator[Batch]:
        largest = self._limits.max_body_bytes
        if largest and len(batch.tasks) > 1 and body_size(self._request(batch)) > largest:
            for half in halves(batch):
                yield from self._fitting(half)
        else:
            yield batch

    def _request(self, batch: Batch) -> Request:
        make = self._adapter.create if batch.verb == CREATE else self._adapter.update
        return make(batch.kind, [t.item for t in batch.tasks])

    def _launch(self, batch: Batch) -> Future[Answer]:
        key = self._journal.intend([t.operation for t in batch.tasks], batch.verb)
        return self._dispatcher.submit(self._request(batch), key)

    def _land(self, batch: Batch, future: Future[Answer]) -> Sequence[Batch]:
        """Settle a batch whose answer is there; gives the batches that follow from it."""
        answer = self._answer(future)
        if answer is None:
            self._settling.mark(batch.tasks, S.UNKNOWN)
            return ()
        status = answer.status
        if status is None or status >= SERVER_ERROR:
            return self._lost(batch, answer)
        if status == CONFLICT and batch.verb == UPDATE and batch.lost + 1 < LOST_TRIES:
            return self._lost(batch, answer)  # somebody changed it meanwhile: look at it again
        outcomes = self._adapter.outcomes(batch.kind, len(batch.tasks), answer.body)
        if outcomes is not None and _believed(batch, outcomes, answer):
            return self._apply(batch, outcomes, answer)
        if answer.ok:
            return self._lost(batch, answer)
        return self._turned_away(batch, answer)

    def _turned_away(self, batch: Batch, answer: Answer) -> Sequence[Batch]:
        """Nothing of the batch was taken: find the record that is to blame, or stop."""
        self._settling.mark(batch.tasks, S.PLANNED)
        refused, alone = answer.status in (*INVALID, TOO_LARGE), len(batch.tasks) == 1
        if refused and not alone:  # one of them spoils the rest
            return halves(batch)
        judged = self._judge(answer.exchange)
        if (refused and not of_credentials(judged)) or (alone and of_record(judged)):
            self._reject(batch.tasks[0], answer.exchange)
        else:
            self._halt(answer.exchange)
        return ()

    def _apply(self, batch: Batch, outcomes: Sequence[Outcome], answer: Answer) -> Sequence[Batch]:
        there, half_done = [], []
        for task, outcome in zip(batch.tasks, outcomes, strict=True):
            if outcome.accepted and (now := self._adapter.remaining(task.item, outcome)):
                half_done.append(replace(task, item=replace(task.item, remote=now)))
            elif outcome.accepted:
                self._arrived(task, outcome)
            elif outcome.exists and batch.verb == CREATE:
                there.append((task, outcome))
            else:
                self._reject(task, narrowed(answer.exchange, outcome), outcome.message)
        self._settling.mark(tuple(half_done), S.UNKNOWN)
        further = tuple(self._batches(UPDATE, half_done))
        if not there:
            return further
        self._settling.mark(tuple(t for t, _ in there), S.PLANNED)
        return (*further, *self._meet(batch.kind, there, answer))

    def _arrived(self, task: Task, outcome: Outcome) -> None:
        known = task.item.remote.id if task.item.remote else ""
        there = Remote(outcome.provider_id or known, "", None, {}, outcome.version)
        cause = Cause.CONFLICT if task.note else None
        self._settling.confirm(task, RecordOutcome.CONFIRMED, there, task.note, cause)

    def _meet(
        self, kind: str, there: Sequence[tuple[Task, Outcome]], answer: Answer
    ) -> Sequence[Batch]:
        """Look at records that were refused because they exist."""
        refs = [replace(task.ref, id=outcome.provider_id) for task, outcome in there]
        remotes = self.look_up(kind, refs)
        if remotes is None:
            return ()
        to_change = []
        for task, outcome in there:
            remote = next((r for r in remotes if r.answers(task.ref)), None)
            if remote is None:
                self._reject(task, narrowed(answer.exchange, outcome), outcome.message)
            elif changed := self.compared(task, remote):
                to_change.append(changed)
        return tuple(self._batches(UPDATE, to_change))

    def _lost(self, batch: Batch, answer: Answer) -> Sequence[Batch]:
        """No answer, or one that does not say: ask what arrived, and send the rest again."""
        self._settling.mark(batch.tasks, S.UNKNOWN)
        refs = [task.ref for task in batch.tasks]
        # Where nothing can be asked, the client has sent it again by itself, under the same key.
        askable = bool(self._adapter.look_up(batch.kind, refs))
        if batch.lost + 1 >= LOST_TRIES or self.halted or not askable:
            self._halt(answer.exchange)
            return ()
        remotes = self.look_up(batch.kind, refs)
        if remotes is None:
            return ()
        again, to_change = [], []
        for task in batch.tasks:
            remote = next((r for r in remotes if r.answers(task.ref)), None)
            if remote is None:
                again.append(task)
            elif changed := self.compared(replace(task, tried=True), remote):
                to_change.append(changed)
        follow = [Batch(batch.verb, batch.kind, tuple(again), batch.lost + 1)] if again else []
        changes = [replace(b, lost=batch.lost + 1) for b in self._batches(UPDATE, to_change)]
        return (*follow, *changes)

    # -- results ---------------------------------------------------------------------------------

    def _answer(self, future: Future[Answer]) -> Answer | None:
        try:
            return future.result()
        except SyncdoctorError as error:
            self.stopped = self.stopped or Stopped(error.exit_code, error.message, error.hint)
            return None

    def _halt(self, exchange: Exchange) -> None:
        self.stopped = self.stopped or stopped_by(exchange, self._judge(exchange))

    def _reject(self, task: Task, exchange: Exchange, said: str = "") -> None:
        findings = self._judge(exchange)
        cause = findings[0].cause if findings else Cause.UNKNOWN
        message = said or (findings[0].said if findings else f"HTTP {exchange.status}")
        self.refuse(task, message, cause)


def _good(future: Future[Answer]) -> bool:
    return future.exception() is None and future.result().ok


def _believed(batch: Batch, outcomes: Sequence[Outcome], answer: Answer) -> bool:
    """Whether the outcomes fit the answer: an error refuses something, a new record has an id."""
    if not answer.ok:
        told = answer.status in (*INVALID, *MET)
        return told and not all(o.accepted for o in outcomes)
    return batch.verb != CREATE or all(o.provider_id is not None for o in outcomes if o.accepted)
