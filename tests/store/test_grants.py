from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdoctor.errors import ConfigError
from syncdoctor.store.schema import MIGRATIONS
from syncdoctor.store.statedb import StateDB

WHEN = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)


def test_the_latest_moment_counts(place: Path | str) -> None:
    with StateDB(place) as state:
        assert state.grants() == {}
        state.note_grant("a", WHEN)
        state.note_grant("b", WHEN)
        state.note_grant("a", WHEN + timedelta(days=1))
    with StateDB(place) as state:
        assert state.grants() == {"a": WHEN + timedelta(days=1), "b": WHEN}


def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with sqlite3.connect(path) as old:
        old.executescript(MIGRATIONS[0])
        old.execute("PRAGMA user_version = 1")
        old.execute("INSERT INTO changes (connection_uid, at, what) VALUES ('a', 1, 'reconnected')")
    old.close()
    with StateDB(path) as state:
        assert [change.what for change in state.changes("a")] == ["reconnected"]
        state.note_grant("a", WHEN)
        assert state.grants() == {"a": WHEN}


def test_a_damaged_file_may_be_left_for_another_to_mend(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(b"no database " * 500)
    with pytest.raises(ConfigError, match="is damaged"):
        StateDB(path, mend=False)
    assert path.read_bytes().startswith(b"no database")
    with StateDB(path) as state:
        assert state.warning is not None
