"""The journal of operations, and what is known to stand at the providers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncdoctor.engine.record import Operation, OperationState
from syncdoctor.store.rows import Row, to_micros
from syncdoctor.store.syncs import SyncTable


@dataclass(frozen=True, slots=True)
class Planned:
    """An operation to be written down."""

    kind: str
    key: str
    content_hash: str
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an operation."""

    operation_id: int
    state: OperationState
    provider_id: str | None = None
    cause: str | None = None
    message: str | None = None
    content_hash: str | None = None  # where it differs from the one that was planned
    version: str | None = None  # the provider's, where it has versions


class OperationTable(SyncTable):
    """The tables ``operations`` and ``records``; every method is one transaction."""

    def plan_operations(
        self, sync_id: int, connection_uid: str, planned: Sequence[Planned]
    ) -> tuple[Operation, ...]:
        """Write operations down as planned."""
        made = []
        with self.transaction() as db:
            now = to_micros(self.now())
            for p in planned:
                cursor = db.execute(
                    """INSERT INTO operations (sync_id, connection_uid, kind, key, content_hash,
                        state, attempt, updated) VALUES (?, ?, ?, ?, ?, 'planned', ?, ?)
                    RETURNING id""",
                    (sync_id, connection_uid, p.kind, p.key, p.content_hash, p.attempt, now),
                )
                made.append(
                    Operation(
                        int(cursor.fetchone()["id"]),
                        *(sync_id, connection_uid, p.kind, p.key, p.content_hash),
                        OperationState.PLANNED,
                        p.attempt,
                    )
                )
        return tuple(made)

    def intend(self, operation_ids: Iterable[int], idempotency_key: str) -> None:
        """Write down that a request is about to leave; on return it is on the disk."""
        with self.transaction() as db:
            now = to_micros(self.now())
            db.executemany(
                """UPDATE operations SET state = 'sending', idempotency_key = ?, updated = ?
                WHERE id = ?""",
                [(idempotency_key, now, i) for i in operation_ids],
            )

    def settle(self, results: Iterable[Result]) -> None:
        """Write down what became of operations, and what therefore stands at the provider."""
        with self.transaction() as db:
            now = to_micros(self.now())
            for r in results:
                db.execute(
                    """UPDATE operations SET state = ?, provider_id = ?, cause = ?, message = ?,
                        updated = ?, content_hash = coalesce(?, content_hash) WHERE id = ?""",
                    (
                        *(r.state.value, r.provider_id, r.cause, r.message, now),
                        *(r.content_hash, r.operation_id),
                    ),
                )
                if r.state is OperationState.CONFIRMED:
                    db.execute(
                        """INSERT INTO records SELECT connection_uid, kind, key, content_hash,
                            provider_id, updated, ? FROM operations WHERE id = ?
                        ON CONFLICT (connection_uid, kind, key)
                        DO UPDATE SET content_hash = excluded.content_hash,
                            provider_id = excluded.provider_id, confirmed = excluded.confirmed,
                            version = excluded.version""",
                        (r.version, r.operation_id),
                    )

    def unresolved(self, connection_uid: str) -> tuple[Operation, ...]:
        """Intents whose result is not known, oldest first."""
        rows = self.rows(
            """SELECT * FROM operations INDEXED BY operations_open
            WHERE connection_uid = ? AND state IN ('sending', 'unknown') ORDER BY id""",
            (connection_uid,),
        )
        return tuple(_operation(row) for row in rows)

    def operations(self, sync_id: int) -> tuple[Operation, ...]:
        """What one sync did, in order."""
        rows = self.rows("SELECT * FROM operations WHERE sync_id = ? ORDER BY id", (sync_id,))
        return tuple(_operation(row) for row in rows)

    def confirmed_hashes(self, connection_uid: str) -> dict[tuple[str, str], str]:
        """The content that stands at the provider, by kind and key."""
        rows = self.rows(
            "SELECT kind, key, content_hash FROM records WHERE connection_uid = ?",
            (connection_uid,),
        )
        return {(row["kind"], row["key"]): row["content_hash"] for row in rows}

    def failed_records(self, connection_uid: str) -> frozenset[tuple[str, str]]:
        """Kind and key of the records whose last operation was not confirmed."""
        rows = self.rows(
            """SELECT kind, key, state FROM operations WHERE id IN (
                SELECT max(id) FROM operations WHERE connection_uid = ? GROUP BY kind, key)""",
            (connection_uid,),
        )
        return frozenset(
            (row["kind"], row["key"]) for row in rows if row["state"] != OperationState.CONFIRMED
        )

    def failed_by_sync(self, connection_uid: str) -> dict[tuple[int, str], int]:
        """How many records were last operated on in vain, by sync and kind."""
        rows = self.rows(
            """SELECT sync_id, kind, count(*) AS n FROM operations WHERE id IN (
                SELECT max(id) FROM operations WHERE connection_uid = ? GROUP BY kind, key)
            AND state <> 'confirmed' GROUP BY sync_id, kind""",
            (connection_uid,),
        )
        return {(int(row["sync_id"]), str(row["kind"])): int(row["n"]) for row in rows}

    def answered_attempts(self, connection_uid: str, kind: str, key: str) -> int:
        """How often the provider has answered for a record."""
        row = self.row(
            """SELECT count(*) AS n FROM operations WHERE connection_uid = ? AND kind = ?
            AND key = ? AND state IN ('confirmed', 'rejected')""",
            (connection_uid, kind, key),
        )
        return int(row["n"]) if row else 0


def _operation(row: Row) -> Operation:
    return Operation(
        id=row["id"],
        sync_id=row["sync_id"],
        connection_uid=row["connection_uid"],
        kind=row["kind"],
        key=row["key"],
        content_hash=row["content_hash"],
        state=OperationState(row["state"]),
        attempt=row["attempt"],
        provider_id=row["provider_id"],
        cause=row["cause"],
        message=row["message"],
    )
