"""The tables of the state database, as migrations: each entry raises its version by one.

They are written for SQLite, in words that ``postgres`` can turn into PostgreSQL's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

# Times are microseconds since 1970 in UTC: exact, small and sortable. ``sync_totals`` is kept by
# triggers, so that totals over a million syncs cost one row to read; totals since some day are
# ranges of the indexes that end in (status, started), counted without a look at the rows.
_FIRST = """
CREATE TABLE evidence (
    connection_uid TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    state TEXT NOT NULL,
    cause TEXT,
    action TEXT,
    checked_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    source TEXT NOT NULL,
    diagnosis TEXT
);

CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    connection_uid TEXT NOT NULL,
    at INTEGER NOT NULL,
    what TEXT NOT NULL
);
CREATE INDEX changes_by_connection ON changes (connection_uid, at);

CREATE TABLE syncs (
    id INTEGER PRIMARY KEY,
    connection_uid TEXT NOT NULL,
    workspace TEXT NOT NULL,
    target TEXT NOT NULL,
    trigger TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    status TEXT NOT NULL,
    confirmed INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    cause TEXT,
    message TEXT,
    scope TEXT
);
CREATE INDEX syncs_by_time ON syncs (started);
CREATE INDEX syncs_by_workspace ON syncs (workspace, started);
CREATE INDEX syncs_by_target ON syncs (target, started);
CREATE INDEX syncs_by_status ON syncs (status, started);
CREATE INDEX syncs_by_workspace_status ON syncs (workspace, status, started);
CREATE INDEX syncs_by_target_status ON syncs (target, status, started);
CREATE INDEX syncs_by_connection ON syncs (connection_uid, started, status);
CREATE INDEX syncs_failed ON syncs (started) WHERE status IN ('failed', 'partial', 'interrupted');

CREATE TABLE sync_totals (
    workspace TEXT NOT NULL,
    target TEXT NOT NULL,
    connection_uid TEXT NOT NULL,
    status TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (workspace, target, connection_uid, status)
) WITHOUT ROWID;
CREATE TRIGGER syncs_inserted AFTER INSERT ON syncs BEGIN
    INSERT INTO sync_totals VALUES (new.workspace, new.target, new.connection_uid, new.status, 1)
    ON CONFLICT (workspace, target, connection_uid, status)
        DO UPDATE SET count = sync_totals.count + 1;
END;
CREATE TRIGGER syncs_updated AFTER UPDATE OF status ON syncs WHEN old.status <> new.status BEGIN
    UPDATE sync_totals SET count = count - 1 WHERE workspace = old.workspace
        AND target = old.target AND connection_uid = old.connection_uid AND status = old.status;
    INSERT INTO sync_totals VALUES (new.workspace, new.target, new.connection_uid, new.status, 1)
    ON CONFLICT (workspace, target, connection_uid, status)
        DO UPDATE SET count = sync_totals.count + 1;
END;

CREATE TABLE operations (
    id INTEGER PRIMARY KEY,
    sync_id INTEGER NOT NULL REFERENCES syncs (id),
    connection_uid TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    idempotency_key TEXT,
    provider_id TEXT,
    cause TEXT,
    message TEXT,
    updated INTEGER NOT NULL
);
CREATE INDEX operations_by_sync ON operations (sync_id);
CREATE INDEX operations_by_record ON operations (connection_uid, kind, key, id);
CREATE INDEX operations_open ON operations (connection_uid) WHERE state IN ('sending', 'unknown');

CREATE TABLE records (
    connection_uid TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    provider_id TEXT,
    confirmed INTEGER NOT NULL,
    PRIMARY KEY (connection_uid, kind, key)
) WITHOUT ROWID;
"""

# When each connection's grant was last given or renewed: what a forecast is made from.
_GRANTS = """
CREATE TABLE grants (
    connection_uid TEXT PRIMARY KEY,
    obtained INTEGER NOT NULL
) WITHOUT ROWID;
"""

# Two-way sync: the version in which a record stands at the provider, and how far it was pulled.
_PULLS = """
ALTER TABLE records ADD COLUMN version TEXT;
ALTER TABLE syncs ADD COLUMN pulled INTEGER NOT NULL DEFAULT 0;
CREATE TABLE pulls (
    connection_uid TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    sync_token TEXT NOT NULL,
    file TEXT NOT NULL,
    pulled INTEGER NOT NULL
) WITHOUT ROWID;
"""

# Totals by day in UTC over all connections: a year of syncs is a thousand rows to read.
_DAYS = """
CREATE TABLE sync_days (
    day INTEGER NOT NULL,
    status TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, status)
) WITHOUT ROWID;
INSERT INTO sync_days SELECT started / 86400000000, status, count(*) FROM syncs GROUP BY 1, 2;
CREATE TRIGGER syncs_inserted_day AFTER INSERT ON syncs BEGIN
    INSERT INTO sync_days VALUES (new.started / 86400000000, new.status, 1)
    ON CONFLICT (day, status) DO UPDATE SET count = sync_days.count + 1;
END;
CREATE TRIGGER syncs_updated_day AFTER UPDATE OF status ON syncs WHEN old.status <> new.status BEGIN
    UPDATE sync_days SET count = count - 1
        WHERE day = old.started / 86400000000 AND status = old.status;
    INSERT INTO sync_days VALUES (new.started / 86400000000, new.status, 1)
    ON CONFLICT (day, status) DO UPDATE SET count = sync_days.count + 1;
END;
"""

MIGRATIONS = (_FIRST, _GRANTS, _PULLS, _DAYS)


def statements(script: str) -> Iterator[str]:
    """The statements of a migration."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
