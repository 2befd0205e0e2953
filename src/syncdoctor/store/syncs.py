"""The history of syncs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from syncdoctor.errors import NotFound
from syncdoctor.model import NOTHING, Cause, Trigger
from syncdoctor.store.evidence import EvidenceTable
from syncdoctor.store.rows import (
    Counts,
    Day,
    Failure,
    Summary,
    Sync,
    SyncStatus,
    from_micros,
    to_micros,
)

_BAD = "status IN ('failed', 'partial', 'interrupted')"


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
                    scope) VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (
                    *(connection_uid, target.partition("/")[0], target, trigger.value),
                    *(to_micros(self.now()), SyncStatus.RUNNING.value, json.dumps(dict(scope))),
                ),
            )
        return self.sync(int(cursor.lastrowid or 0))

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
                    unchanged = ?, cause = ?, message = ? WHERE id = ?""",
                (
                    *(to_micros(self.now()), status.value),
                    *(n.confirmed, n.rejected, n.unknown, n.unchanged, cause, message, sync_id),
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
        sql = f"SELECT * FROM syncs {index} {where} ORDER BY started DESC, id DESC LIMIT ?"  # noqa: S608
        return tuple(_sync(r) for r in self.rows(sql, (*values, -1 if limit is None else limit)))

    def summary(self, target: str | None = None, *, since: datetime | None = None) -> Summary:
        """How many syncs there were, by how they ended."""
        where, values = _where(target, since, failed=False)
        if since is None:
            rows = self.rows(
                f"SELECT status, sum(count) AS n FROM sync_totals {where} GROUP BY status",  # noqa: S608
                values,
            )
            counts = {str(row["status"]): int(row["n"]) for row in rows}
        else:
            # One range of an index for each status: ten times as fast as GROUP BY.
            sql = f"SELECT count(*) AS n FROM syncs {where} AND status = ?"  # noqa: S608
            counts = {s.value: self.rows(sql, (*values, s.value))[0]["n"] for s in SyncStatus}
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
            f"""SELECT min(started) AS began, count(*) AS n, target FROM syncs
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
        where, values = _where(target, since, failed=False)
        rows = self.rows(
            f"""SELECT date(started / 1000000, 'unixepoch') AS day, count(*) AS n,
                sum(status = 'succeeded') AS good, sum({_BAD}) AS bad
            FROM syncs {where} GROUP BY started / 86400000000 ORDER BY 1""",  # noqa: S608
            values,
        )
        return tuple(Day(row["day"], row["n"], row["good"], row["bad"]) for row in rows)


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


def _sync(row: sqlite3.Row) -> Sync:
    return Sync(
        id=row["id"],
        connection_uid=row["connection_uid"],
        target=row["target"],
        trigger=Trigger(row["trigger"]),
        started=from_micros(row["started"]),
        ended=from_micros(row["ended"]) if row["ended"] is not None else None,
        status=SyncStatus(row["status"]),
        counts=Counts(row["confirmed"], row["rejected"], row["unknown"], row["unchanged"]),
        cause=Cause(row["cause"]) if row["cause"] else None,
        message=row["message"],
        scope=json.loads(row["scope"]) if row["scope"] else NOTHING,
    )
