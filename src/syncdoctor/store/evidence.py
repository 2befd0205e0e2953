"""What was last known of each connection, and the changes of its settings."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from syncdoctor.model import Action, Cause, State
from syncdoctor.store.database import Database
from syncdoctor.store.rows import Change, Evidence, Row, from_micros, to_micros


class EvidenceTable(Database):
    """The tables ``evidence``, ``changes`` and ``grants``."""

    def save_evidence(
        self,
        connection_uid: str,
        target: str,
        state: State,
        *,
        source: str,
        cause: Cause | None = None,
        action: Action | None = None,
        checked_at: datetime | None = None,
        diagnosis: Any = None,
    ) -> Evidence:
        """Keep what was found. ``diagnosis`` is a JSON document without secrets."""
        checked = checked_at or self.now()
        text = json.dumps(diagnosis) if diagnosis is not None else None
        with self.transaction() as db:
            db.execute(
                """INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (connection_uid) DO UPDATE SET target = excluded.target,
                    state = excluded.state, cause = excluded.cause, action = excluded.action,
                    checked_at = excluded.checked_at, source = excluded.source,
                    diagnosis = excluded.diagnosis,
                    since = CASE WHEN evidence.state = excluded.state THEN evidence.since
                        ELSE excluded.since END""",
                (
                    *(connection_uid, target, state.value, cause, action),
                    *(to_micros(checked), to_micros(checked), source, text),
                ),
            )
        kept = self.evidence(connection_uid)
        if kept is None:
            raise AssertionError("what was just written is there")
        return kept

    def evidence(self, connection_uid: str) -> Evidence | None:
        """What was last known of a connection."""
        row = self.row("SELECT * FROM evidence WHERE connection_uid = ?", (connection_uid,))
        return _evidence(row) if row else None

    def all_evidence(self) -> dict[str, Evidence]:
        """What was last known of every connection, by uid."""
        rows = self.rows("SELECT * FROM evidence")
        return {row["connection_uid"]: _evidence(row) for row in rows}

    def note_change(self, connection_uid: str, what: str) -> None:
        """Remember a change of settings, so that history can say what came before a failure."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO changes (connection_uid, at, what) VALUES (?, ?, ?)",
                (connection_uid, to_micros(self.now()), what),
            )

    def changes(
        self, connection_uid: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Change, ...]:
        """The changes of a connection's settings, oldest first."""
        rows = self.rows(
            """SELECT * FROM changes WHERE connection_uid = ? AND at >= ? AND at <= ?
            ORDER BY at, id""",
            (
                connection_uid,
                to_micros(since) if since else 0,
                to_micros(until) if until else 2**62,
            ),
        )
        return tuple(Change(r["connection_uid"], from_micros(r["at"]), r["what"]) for r in rows)

    def note_grant(self, connection_uid: str, obtained: datetime) -> None:
        """Remember when a connection's token was given or renewed."""
        with self.transaction() as db:
            db.execute(
                """INSERT INTO grants VALUES (?, ?)
                ON CONFLICT (connection_uid) DO UPDATE SET obtained = excluded.obtained""",
                (connection_uid, to_micros(obtained)),
            )

    def grants(self) -> dict[str, datetime]:
        """When each connection's token was last given or renewed, by uid."""
        rows = self.rows("SELECT * FROM grants")
        return {row["connection_uid"]: from_micros(row["obtained"]) for row in rows}


def _evidence(row: Row) -> Evidence:
    return Evidence(
        connection_uid=row["connection_uid"],
        target=row["target"],
        state=State(row["state"]),
        cause=Cause(row["cause"]) if row["cause"] else None,
        action=Action(row["action"]) if row["action"] else None,
        checked_at=from_micros(row["checked_at"]),
        since=from_micros(row["since"]),
        source=row["source"],
        diagnosis=json.loads(row["diagnosis"]) if row["diagnosis"] else None,
    )
