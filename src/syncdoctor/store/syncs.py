"""The history of syncs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from syncdoctor.errors import NotFound
from syncdoctor.model import NOTHING, Cause, Trigger
from syncdoctor.store.evidence import EvidenceTable
from syncdoctor.store.rows import (
    Counts,
    Day,
    Failure,
    Row,
    Summary,
    Sync,
    SyncStatus,
    from_micros,
    to_micros,
)

_BAD = "status IN ('failed', 'partial', 'interrupted')"
_DAY = 86_400_000_000  # microseconds
_EPOCH = date(1970, 1, 1)
_LOOKED_BACK = 50  # syncs among which one that was broken off is looked for
# All syncs from a moment on: of its own day from the rows, of later days from the totals.
_BY_DAY = f"""SELECT started / {_DAY} AS day, status, count(*) AS n FROM syncs
    WHERE started BETWEEN ? AND ? GROUP BY 1, 2
    UNION ALL SELECT day, status, count FROM sync_days WHERE day > ? AND count > 0"""  # noqa: S608


class SyncTable(EvidenceTable):
    """The table ``syncs``. A target is ``WORKSPACE`` or ``WORKSPACE/CONNECTION``."""

    def begin_sync(
        self,
        connection_uid: str,
        target: str,
        trigger: Trigger,
        *,
        scope: Mapping[str, Any] = NOTHING,
    ) -> Sync:
        """Write that a sync runs; ``scope`` is what it was asked to do, as JSON."""
        with self.transaction() as db:
            cursor = db.execute(
                """INSERT INTO syncs (connection_uid, workspace, target, trigger, started, status,
                    scope) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id""",
                (
                    *(connection_uid, target.partition("/")[0], target, trigger.value),
                    *(to_micros(self.now()), SyncStatus.RUNNING.value, json.dumps(dict(scope))),
                ),
            )
            made = int(cursor.fetchone()["id"])
        return self.sync(made)

    def end_sync(
        self,
        sync_id: int,
        status: SyncStatus,
        counts: Counts | None = None,
        *,
        cause: Cause | None = None,
        message: str | None = None,
    ) -> Sync:
        """Write how a sync ended."""
        n = counts or Counts()
        with self.transaction() as db:
            db.execute(
                """UPDATE syncs SET ended = ?, status = ?, confirmed = ?, rejected = ?, unknown = ?,
                    unchanged = ?, pulled = ?, cause = ?, message = ? WHERE id = ?""",
                (
                    *(to_micros(self.now()), status.value, n.confirmed, n.rejected, n.unknown),
                    *(n.unchanged, n.pulled, cause, message, sync_id),
                ),
            )
        return self.sync(sync_id)

    def close_abandoned(self, connection_uid: str) -> int:
        """Mark the syncs whose process died; only the holder of the connection's lock may."""
        with self.transaction() as db:
            return db.execute(
                """UPDATE syncs SET status = 'interrupted',
                    message = 'The run ended without a word: its process was killed.',
                    confirmed = (SELECT count(*) FROM operations o
                        WHERE o.sync_id = syncs.id AND o.state = 'confirmed'),
                    rejected = (SELECT count(*) FROM operations o
                        WHERE o.sync_id = syncs.id AND o.state = 'rejected'),
                    unknown = (SELECT count(*) FROM operations o
                        WHERE o.sync_id = syncs.id AND o.state IN ('sending', 'unknown'))
                WHERE connection_uid = ? AND status = 'running'""",
                (connection_uid,),
            ).rowcount

    def sync(self, sync_id: int) -> Sync:
        """One sync.

        Raises:
            NotFound: there is no such sync.
        """
        row = self.row("SELECT * FROM syncs WHERE id = ?", (sync_id,))
        if row is None:
            raise NotFound(f"There is no sync {sync_id}.", "syncdoctor history")
        return _sync(row)

    def last_sync(self, connection_uid: str) -> Sync | None:
        """A connection's latest sync."""
        row = self.row(
            "SELECT * FROM syncs WHERE connection_uid = ? ORDER BY started DESC, id DESC LIMIT 1",
            (connection_uid,),
        )
        return _sync(row) if row else None

    def broken_off(self, connection_uid: str) -> Sync | None:
        """The latest sync that was broken off and that no later one has brought to its end."""
        rows = self.rows(
            """SELECT * FROM syncs WHERE connection_uid = ?
            ORDER BY started DESC, id DESC LIMIT ?""",
            (connection_uid, _LOOKED_BACK),
        )
        done: set[Any] = set()
        for number, sync in enumerate(map(_sync, rows)):
            over = sync.status is SyncStatus.SUCCEEDED or (
                sync.status is SyncStatus.PARTIAL and not sync.counts.unknown
            )
            if over or sync.id in done:
                done.add(sync.scope.get("resumes"))
            elif not number or self._has_open(sync.id):
                return sync
        return None

    def _has_open(self, sync_id: int) -> bool:
        """Whether records that a sync was to send have no result, here or in a later one."""
        row = self.row(
            """SELECT o.id FROM operations o WHERE o.sync_id = ?
            AND o.state IN ('planned', 'sending', 'unknown')
            AND NOT EXISTS (SELECT 1 FROM operations n WHERE n.connection_uid = o.connection_uid
                AND n.kind = o.kind AND n.key = o.key AND n.id > o.id) LIMIT 1""",
            (sync_id,),
        )
        return row is not None

    def syncs(
        self,
        target: str | None = None,
        *,
        since: datetime | None = None,
        failed: bool = False,
        limit: int | None = 20,
    ) -> tuple[Sync, ...]:
        """Syncs, latest first; ``failed`` leaves out those that succeeded or still run."""
        where, values = _where(target, since, failed=failed)
        # Named, because the planner has no statistics and may rather sort.
        named = "INDEXED BY syncs_failed" if failed else "INDEXED BY syncs_by_time"
        index = named if target is None else ""
        sql = f"SELECT * FROM syncs {index} {where} ORDER BY started DESC, id DESC"  # noqa: S608
        if limit is not None:
            sql, values = f"{sql} LIMIT ?", (*values, limit)
        return tuple(_sync(row) for row in self.rows(sql, values))

    def summary(self, target: str | None = None, *, since: datetime | None = None) -> Summary:
        """How many syncs there were, by how they ended."""
        where, values = _where(target, since, failed=False)
        if since is None:
            sql = f"SELECT status, sum(count) AS n FROM sync_totals {where} GROUP BY status"  # noqa: S608
        elif target is None:
            sql = f"SELECT status, sum(n) AS n FROM ({_BY_DAY}) AS c GROUP BY 1"  # noqa: S608
            values = _days(since)
        else:
            sql = f"SELECT status, count(*) AS n FROM syncs {where} GROUP BY status"  # noqa: S608
        counts = {str(row["status"]): int(row["n"]) for row in self.rows(sql, values)}
        return Summary(total=sum(counts.values()), **counts)

    def synced_targets(self, target: str | None = None) -> tuple[tuple[str, str], ...]:
        """Target and uid of every connection that was ever synced, also of removed ones."""
        where, values = _where(target, None, failed=False)
        rows = self.rows(
            f"SELECT DISTINCT target, connection_uid FROM sync_totals {where} ORDER BY 1, 2",  # noqa: S608
            values,
        )
        return tuple((row["target"], row["connection_uid"]) for row in rows)

    def failure(self, connection_uid: str) -> Failure | None:
        """The run of bad syncs that a connection is in now; None when its last one was good."""
        good = self.row(
            """SELECT started FROM syncs WHERE connection_uid = ? AND status = 'succeeded'
            ORDER BY started DESC LIMIT 1""",
            (connection_uid,),
        )
        after = good["started"] if good else -1
        bad = self.row(
            f"""SELECT min(started) AS began, count(*) AS n, max(target) AS target FROM syncs
            WHERE connection_uid = ? AND {_BAD} AND started > ?""",  # noqa: S608
            (connection_uid, after),
        )
        if bad is None or not bad["n"]:
            return None
        began = from_micros(bad["began"])
        last_good = from_micros(after) if good else None
        return Failure(
            connection_uid,
            bad["target"],
            began,
            bad["n"],
            last_good,
            self.changes(connection_uid, last_good, began),
        )

    def days(self, target: str | None, since: datetime) -> tuple[Day, ...]:
        """Syncs by day in UTC, oldest first."""
        counted, values = _BY_DAY, _days(since)
        if target is not None:
            where, values = _where(target, since, failed=False)
            counted = f"""SELECT started / {_DAY} AS day, status, count(*) AS n
                FROM syncs {where} GROUP BY 1, 2"""  # noqa: S608
        rows = self.rows(
            f"""SELECT day, sum(n) AS n, sum(CASE WHEN status = 'succeeded' THEN n ELSE 0 END)
                AS good, sum(CASE WHEN {_BAD} THEN n ELSE 0 END) AS bad
            FROM ({counted}) AS c GROUP BY day ORDER BY day""",  # noqa: S608
            values,
        )
        return tuple(
            Day(
                (_EPOCH + timedelta(days=row["day"])).isoformat(),
                *(int(row[name]) for name in ("n", "good", "bad")),
            )
            for row in rows
        )


def _where(
    target: str | None, since: datetime | None, *, failed: bool
) -> tuple[str, tuple[Any, ...]]:
    parts: list[str] = []
    values: list[Any] = []
    if target is not None:
        parts.append("target = ?" if "/" in target else "workspace = ?")
        values.append(target)
    if since is not None:
        parts.append("started >= ?")
        values.append(to_micros(since))
    if failed:
        parts.append(_BAD)
    return ("WHERE " + " AND ".join(parts) if parts else ""), tuple(values)


def _days(since: datetime) -> tuple[int, int, int]:
    """The values of ``_BY_DAY``."""
    first = to_micros(since)
    return first, (first // _DAY + 1) * _DAY - 1, first // _DAY


def _sync(row: Row) -> Sync:
    return Sync(
        id=row["id"],
        connection_uid=row["connection_uid"],
        target=row["target"],
        trigger=Trigger(row["trigger"]),
        started=from_micros(row["started"]),
        ended=from_micros(row["ended"]) if row["ended"] is not None else None,
        status=SyncStatus(row["status"]),
        counts=Counts(
            *(row["confirmed"], row["rejected"], row["unknown"], row["unchanged"], row["pulled"])
        ),
        cause=Cause(row["cause"]) if row["cause"] else None,
        message=row["message"],
        scope=json.loads(row["scope"]) if row["scope"] else NOTHING,
    )
