"""The tables of the state database, as migrations: each entry raises ``user_version`` by one."""

from __future__ import annotations

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
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER syncs_updated AFTER UPDATE OF status ON syncs WHEN old.status <> new.status BEGIN
    UPDATE sync_totals SET count = count - 1 WHERE workspace = old.workspace
        AND target = old.target AND connection_uid = old.connection_uid AND status = old.status;
    INSERT INTO sync_totals VALUES (new.workspace, new.target, new.connection_uid, new.status, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
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

MIGRATIONS = (_FIRST, _GRANTS)
