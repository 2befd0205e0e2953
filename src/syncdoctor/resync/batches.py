"""What goes in one request: tasks of one kind."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from syncdoctor.engine.adapter import Item, Ref, Request
from syncdoctor.engine.record import Operation
from syncdoctor.resync.plan import Step

CREATE, UPDATE = "create", "update"


@dataclass(frozen=True, slots=True)
class Task:
    """One operation with what it sends. ``step`` is None for a contact that a document names.

    ``tried``: it was sent before, and what became of that is not known. ``note``: what is to be
    told of it when it has arrived.
    """

    operation: Operation
    item: Item
    step: Step | None = None
    tried: bool = False
    note: str = ""

    @property
    def look_first(self) -> bool:
        """Whether to ask for it before it is sent."""
        return self.step is not None and self.step.look_first

    @property
    def ref(self) -> Ref:
        """How to ask for it."""
        return Ref.of(self.item.record)


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks of one kind that go in one request. ``lost``: how often no answer came."""

    verb: str
    kind: str
    tasks: tuple[Task, ...]
    lost: int = 0


def halves(batch: Batch) -> tuple[Batch, Batch]:
    """The same tasks in two batches."""
    middle = len(batch.tasks) // 2
    return replace(batch, tasks=batch.tasks[:middle]), replace(batch, tasks=batch.tasks[middle:])


def body_size(request: Request) -> int:
    """Bytes of the body as it will be sent."""
    return len(json.dumps(request.json, separators=(",", ":")).encode())
