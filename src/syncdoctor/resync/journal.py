"""The journal of one sync: intent before the request, result after it.

``planned → sending → confirmed | rejected | unknown``; what was found never to have arrived goes
back to ``planned``. Every change is on the disk when its method returns.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from syncdoctor.engine.record import Operation, OperationState
from syncdoctor.resync.report import RecordEvent
from syncdoctor.store.operations import Planned, Result
from syncdoctor.store.statedb import StateDB

S = OperationState
UNKNOWN_CONTENT = ""  # equal to no content
ALLOWED = {
    S.PLANNED: {S.SENDING, S.CONFIRMED, S.REJECTED},
    S.SENDING: {S.CONFIRMED, S.REJECTED, S.UNKNOWN, S.PLANNED},
    S.UNKNOWN: {S.SENDING, S.CONFIRMED, S.REJECTED, S.PLANNED},
    S.CONFIRMED: set(),
    S.REJECTED: set(),
}


class Journal:
    """Writes the operations of one sync, and remembers how each one stands."""

    def __init__(self, db: StateDB, sync_id: int, connection_uid: str) -> None:
        self._db = db
        self._sync_id = sync_id
        self._uid = connection_uid
        self._operations: dict[int, Operation] = {}

    def adopt(self) -> tuple[Operation, ...]:
        """The intents that earlier runs left without a result, now to be settled by this one."""
        left = self._db.unresolved(self._uid)
        self._operations.update({o.id: o for o in left})
        return left

    def plan(self, records: Sequence[tuple[str, str, str]]) -> tuple[Operation, ...]:
        """Write down what is going to be sent: kind, key and content hash of each record."""
        planned = [
            Planned(kind, key, content_hash, self._db.answered_attempts(self._uid, kind, key))
            for kind, key, content_hash in records
        ]
        made = self._db.plan_operations(self._sync_id, self._uid, planned)
        self._operations.update({o.id: o for o in made})
        return made

    def refuse(self, refused: Sequence[RecordEvent]) -> None:
        """Write down the records that were refused before anything was sent."""
        made = self.plan([(event.kind, event.key, UNKNOWN_CONTENT) for event in refused])
        self.settle(
            [
                Result(o.id, S.REJECTED, cause=event.cause, message=event.message)
                for o, event in zip(made, refused, strict=True)
            ]
        )

    def intend(self, operations: Sequence[Operation], verb: str) -> str:
        """Write down that these are about to be sent together; gives the idempotency key."""
        key = idempotency_key(self._uid, verb, operations)
        self._check((o.id, S.SENDING) for o in operations)
        self._db.intend([o.id for o in operations], key)
        for o in operations:
            self._operations[o.id] = replace(self._operations[o.id], state=S.SENDING)
        return key

    def settle(self, results: Sequence[Result]) -> None:
        """Write down what became of operations."""
        self._check((r.operation_id, r.state) for r in results)
        self._db.settle(results)
        for r in results:
            operation = self._operations[r.operation_id]
            self._operations[r.operation_id] = replace(
                operation,
                state=r.state,
                provider_id=r.provider_id,
                cause=r.cause,
                message=r.message,
                content_hash=r.content_hash or operation.content_hash,
            )

    def now(self, operation_id: int) -> Operation:
        """How an operation stands."""
        return self._operations[operation_id]

    def _check(self, moves: Iterable[tuple[int, OperationState]]) -> None:
        for operation_id, state in moves:
            before = self._operations[operation_id].state
            if state not in ALLOWED[before]:
                raise AssertionError(f"operation {operation_id} cannot go from {before} to {state}")


def idempotency_key(connection_uid: str, verb: str, operations: Sequence[Operation]) -> str:
    """A key of 75 characters from connection, records and content.

    The same batch has the same key after a crash. A record that was answered before has another
    one, because Xero answers a known key with its old answer for some minutes.
    https://developer.xero.com/documentation/guides/idempotent-requests/idempotency/ (2026-11-22)
    """
    members = [(o.kind, o.key, o.content_hash, o.attempt) for o in operations]
    text = json.dumps([connection_uid, verb, members], separators=(",", ":"))
    return "syncdoctor-" + hashlib.sha256(text.encode()).hexdigest()
