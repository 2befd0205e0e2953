"""What became of tasks: gathered while answers come in, written down in one go, and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from syncdoctor.engine.adapter import Remote
from syncdoctor.engine.record import OperationState
from syncdoctor.model import Cause
from syncdoctor.resync.batches import Task
from syncdoctor.resync.journal import Journal
from syncdoctor.resync.report import RecordEvent, RecordOutcome
from syncdoctor.store.operations import Result


class Settling:
    """The ends of tasks. What is not flushed is looked up again by the next run."""

    def __init__(self, journal: Journal, on_event: Callable[[Task, RecordEvent], None]) -> None:
        self._journal = journal
        self._on_event = on_event
        self._results: list[tuple[Task, Result, RecordEvent]] = []

    def mark(self, tasks: Sequence[Task], state: OperationState) -> None:
        """Write down at once how tasks stand that have not come to their end."""
        self._journal.settle([Result(task.operation.id, state) for task in tasks])

    def confirm(
        self,
        task: Task,
        outcome: RecordOutcome,
        there: Remote,
        message: str = "",
        cause: Cause | None = None,
    ) -> None:
        """A record is at the provider as it should be."""
        result = Result(
            *(task.operation.id, OperationState.CONFIRMED, there.id or None),
            *(cause, message or None),
            version=there.version,
        )
        self._results.append((task, result, _event(task, outcome, message, cause, there.id)))

    def refuse(self, task: Task, message: str, cause: Cause) -> None:
        """A record is not taken, for a reason that is told."""
        state = OperationState.REJECTED
        result = Result(task.operation.id, state, None, cause, message or None)
        event = _event(task, RecordOutcome.REJECTED, message, cause)
        self._results.append((task, result, event))

    def flush(self) -> None:
        """Write down what was settled, in one go, and tell of it."""
        settled, self._results = self._results, []
        self._journal.settle([result for _, result, _ in settled])
        for task, _, event in settled:
            self._on_event(task, event)


def _event(
    task: Task, outcome: RecordOutcome, message: str, cause: Cause | None, provider_id: str = ""
) -> RecordEvent:
    record = task.item.record
    return RecordEvent(
        *(record.kind, record.key, outcome, message, cause),
        *(provider_id or None, record.position or None),
    )
