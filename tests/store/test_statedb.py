from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdoctor.engine.record import OperationState
from syncdoctor.errors import ConfigError, NotFound, TemporaryFailure
from syncdoctor.model import Action, Cause, State, Trigger
from syncdoctor.store import sqlite
from syncdoctor.store.operations import Planned, Result
from syncdoctor.store.rows import Counts, Summary, SyncStatus
from syncdoctor.store.schema import MIGRATIONS
from syncdoctor.store.statedb import StateDB

START = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def db(place: Path | str) -> Iterator[StateDB]:
    with StateDB(place, clock=Clock()) as opened:
        yield opened


def run(db: StateDB, status: SyncStatus, uid: str = "u", target: str = "acme/xero") -> int:
    sync = db.begin_sync(uid, target, Trigger.AUTOMATIC)
    db.end_sync(sync.id, status, Counts(1, 2, 3, 4), cause=Cause.RATE_LIMITED, message="m")
    return sync.id


def test_the_file_is_for_its_owner_alone_and_survives_power_loss(tmp_path: Path) -> None:
    path = tmp_path / "state" / "state.sqlite3"
    with StateDB(path) as db:
        assert oct(path.stat().st_mode)[-3:] == "600"
        assert oct(path.parent.stat().st_mode)[-3:] == "700"
        assert db.rows("PRAGMA journal_mode")[0]["journal_mode"] == "wal"
        assert db.rows("PRAGMA synchronous")[0]["synchronous"] == 2  # FULL


def test_a_sync_from_begin_to_end(db: StateDB) -> None:
    begun = db.begin_sync("u", "acme/xero", Trigger.MANUAL, scope={"since": "x"})
    assert (begun.status, begun.ended, begun.scope) == (SyncStatus.RUNNING, None, {"since": "x"})
    ended = db.end_sync(begun.id, SyncStatus.PARTIAL, Counts(1, 2, 3, 4), cause=Cause.UNKNOWN)
    assert ended.counts == Counts(1, 2, 3, 4)
    assert ended.started.microsecond == 123456
    assert ended.ended is not None
    assert ended.ended > ended.started
    assert db.last_sync("u") == ended == db.sync(begun.id)
    assert db.last_sync("nobody") is None
    with pytest.raises(NotFound, match="There is no sync 99"):
        db.sync(99)


def test_a_sync_is_broken_off_until_a_later_one_has_done_what_it_left(db: StateDB) -> None:
    assert db.broken_off("u") is None
    first = db.begin_sync("u", "acme/xero", Trigger.MANUAL)
    db.plan_operations(first.id, "u", [Planned("invoice", "A", "h"), Planned("invoice", "B", "h")])
    db.end_sync(first.id, SyncStatus.INTERRUPTED)
    other = run(db, SyncStatus.SUCCEEDED)
    left = db.broken_off("u")
    assert left is not None
    assert left.id == first.id
    made = db.plan_operations(other, "u", [Planned("invoice", "A", "h")])
    db.settle([Result(made[0].id, OperationState.CONFIRMED)])
    assert db.failed_by_sync("u") == {(first.id, "invoice"): 1}
    assert db.broken_off("u") == left
    done = db.begin_sync("u", "acme/xero", Trigger.MANUAL, scope={"resumes": first.id})
    db.end_sync(done.id, SyncStatus.SUCCEEDED)
    assert db.broken_off("u") is None


def test_totals_follow_every_change(db: StateDB) -> None:
    for status in (SyncStatus.SUCCEEDED, SyncStatus.SUCCEEDED, SyncStatus.FAILED):
        run(db, status)
    run(db, SyncStatus.INTERRUPTED, "v", "beta/xero")
    db.begin_sync("v", "beta/xero", Trigger.MANUAL)
    assert db.summary() == Summary(5, succeeded=2, failed=1, interrupted=1, running=1)
    assert db.summary("acme") == db.summary("acme/xero") == Summary(3, succeeded=2, failed=1)
    assert db.summary(since=START) == db.summary()
    assert db.summary("acme").success_rate == pytest.approx(2 / 3)
    assert db.summary("beta").success_rate == 0
    assert db.summary("nobody") == Summary()
    assert db.summary("nobody").success_rate is None


def test_syncs_are_listed_latest_first_and_narrowed(db: StateDB) -> None:
    ids = [run(db, s) for s in (SyncStatus.SUCCEEDED, SyncStatus.FAILED, SyncStatus.PARTIAL)]
    other = run(db, SyncStatus.SUCCEEDED, "v", "beta/xero")
    assert [s.id for s in db.syncs()] == [other, *reversed(ids)]
    assert [s.id for s in db.syncs("acme", failed=True)] == [ids[2], ids[1]]
    assert [s.id for s in db.syncs(limit=1)] == [other]
    assert [s.id for s in db.syncs(since=db.sync(ids[2]).started, limit=None)] == [other, ids[2]]
    assert db.synced_targets() == (("acme/xero", "u"), ("beta/xero", "v"))
    assert db.synced_targets("beta") == (("beta/xero", "v"),)


def test_a_failure_began_after_the_last_good_sync_and_says_what_changed(db: StateDB) -> None:
    db.note_change("u", "too early to matter")
    good = run(db, SyncStatus.SUCCEEDED)
    db.note_change("u", "sales_account: 200 → 999")
    first = run(db, SyncStatus.FAILED)
    db.note_change("u", "too late to matter")
    run(db, SyncStatus.PARTIAL)
    db.begin_sync("u", "acme/xero", Trigger.MANUAL)
    failure = db.failure("u")
    assert failure is not None
    assert (failure.began, failure.syncs) == (db.sync(first).started, 2)
    assert failure.last_good == db.sync(good).started
    assert [c.what for c in failure.changes] == ["sales_account: 200 → 999"]
    run(db, SyncStatus.SUCCEEDED)
    assert db.failure("u") is None
    assert db.failure("nobody") is None


def test_days(db: StateDB) -> None:
    for _ in range(9):
        run(db, SyncStatus.SUCCEEDED)
    run(db, SyncStatus.FAILED)
    days = db.days("acme", START)
    assert [(d.date, d.total, d.succeeded, d.bad) for d in days] == [
        ("2026-11-22", 7, 7, 0), ("2026-11-23", 3, 2, 1),
    ]  # fmt: skip


def test_totals_since_any_moment_are_those_of_the_rows(db: StateDB) -> None:
    ends = (SyncStatus.SUCCEEDED, SyncStatus.FAILED, SyncStatus.PARTIAL)
    for number in range(40):  # three hours each, so that some begin at midnight
        run(db, ends[number % 3], target=("acme/xero", "beta/xero")[number % 2])
    db.begin_sync("u", "acme/xero", Trigger.MANUAL)
    every = db.syncs(limit=None)
    for since in (START, every[30].started, every[17].started, every[3].started, db.now()):
        recent = [sync for sync in every if sync.started >= since]
        by_status = Counter(sync.status.value for sync in recent)
        assert db.summary(since=since) == Summary(len(recent), **by_status)
        by_day = Counter(sync.started.date().isoformat() for sync in recent)
        assert {day.date: day.total for day in db.days(None, since)} == by_day
        mine = [sync for sync in recent if sync.target == "acme/xero"]
        assert db.summary("acme", since=since).total == len(mine)
        assert sum(day.total for day in db.days("acme", since)) == len(mine)


def test_an_older_file_is_counted_once_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with StateDB(path, clock=Clock()) as db:
        run(db, SyncStatus.SUCCEEDED)
        run(db, SyncStatus.FAILED)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.executescript("DROP TRIGGER syncs_inserted_day; DROP TRIGGER syncs_updated_day")
        raw.executescript("DROP TABLE sync_days; PRAGMA user_version = 3")
    for _ in range(2):
        with StateDB(path, clock=Clock()) as db:
            assert db.summary(since=START) == db.summary() == Summary(2, succeeded=1, failed=1)


def test_evidence_knows_since_when(db: StateDB) -> None:
    first = db.save_evidence("u", "acme/xero", State.HEALTHY, source="live", diagnosis={"a": [1]})
    second = db.save_evidence("u", "acme/xero", State.HEALTHY, source="resync")
    assert second.since == first.checked_at < second.checked_at
    third = db.save_evidence(
        "u", "acme/new", State.RECONNECT_NEEDED, source="diagnose",
        cause=Cause.RECONNECT_NEEDED, action=Action.RECONNECT,
    )  # fmt: skip
    assert third.since == third.checked_at
    assert (third.target, third.cause, third.action) == (
        "acme/new",
        "reconnect-needed",
        "reconnect",
    )
    assert db.all_evidence() == {"u": third}
    assert first.diagnosis == {"a": [1]}
    assert db.evidence("nobody") is None


def test_syncs_whose_process_died_are_closed_with_what_they_did(db: StateDB) -> None:
    sync = db.begin_sync("u", "acme/xero", Trigger.MANUAL)
    other = db.begin_sync("v", "acme/two", Trigger.MANUAL)
    assert db.close_abandoned("u") == 1
    assert db.sync(sync.id).status is SyncStatus.INTERRUPTED
    assert db.sync(other.id).status is SyncStatus.RUNNING
    assert db.summary() == Summary(2, interrupted=1, running=1)


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 400, b"SQLite format 3\0" + b"\1" * 9000]
)
def test_a_damaged_file_is_kept_aside_and_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.sqlite3"
    for _ in range(2):  # also twice in one second
        path.write_bytes(content)
        with StateDB(path, clock=lambda: START) as db:
            assert db.warning is not None
            assert "damaged" in db.warning
            assert db.summary() == Summary()
    kept = sorted(p.name for p in tmp_path.glob("*.damaged-*"))
    assert kept == [
        "state.sqlite3.damaged-20261122T090000", "state.sqlite3.damaged-20261122T090000-2",
    ]  # fmt: skip
    assert all(p.read_bytes() == content for p in tmp_path.glob("*.damaged-*"))


def test_damage_that_shows_later_is_kept_aside_as_well(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with StateDB(path) as db, db.transaction() as connection:
        connection.executemany(
            """INSERT INTO syncs (connection_uid, workspace, target, trigger, started, status)
                VALUES ('u', 'acme', 'acme/xero', 'manual', ?, 'succeeded')""",
            [(n,) for n in range(2000)],
        )
    pages = bytearray(path.read_bytes())
    pages[-8 * 4096 :] = b"\7" * 8 * 4096  # rows, and no page of the schema
    path.write_bytes(pages)
    with pytest.raises(TemporaryFailure, match="it is kept as"), StateDB(path) as db:
        db.syncs(limit=None)
    with StateDB(path) as db:
        assert db.summary() == Summary()


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    StateDB(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="written by a newer syncdoctor"):
        StateDB(path)
    assert path.read_bytes() == before


def test_a_directory_that_takes_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be opened"):
        StateDB(tmp_path / "file" / "state.sqlite3")


def test_a_file_that_is_busy_too_long_is_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 20)
    with StateDB(tmp_path / "s") as holder, StateDB(tmp_path / "s") as other:
        with holder.transaction(), pytest.raises(TemporaryFailure, match="in use"):
            other.note_change("u", "x")
        other.note_change("u", "y")
        assert [c.what for c in holder.changes("u")] == ["y"]


def test_several_processes_may_open_a_new_one_at_once(place: Path | str) -> None:
    def open_and_write() -> None:
        with StateDB(place) as db:
            db.note_change("u", "x")

    threads = [threading.Thread(target=open_and_write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with StateDB(place) as db:
        assert len(db.changes("u")) == 8


def test_a_transaction_is_all_or_nothing(db: StateDB) -> None:
    def change_and_fail() -> None:
        with db.transaction() as connection:
            connection.execute("DELETE FROM changes")
            db.note_change("u", "x")
            raise KeyError

    db.note_change("u", "before")
    with pytest.raises(KeyError):
        change_and_fail()
    assert [change.what for change in db.changes("u")] == ["before"]
