"""The state in one SQLite file: opened with care, migrated, kept aside when damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from syncdoctor.errors import ConfigError, TemporaryFailure
from syncdoctor.store.schema import MIGRATIONS, statements

BUSY_TIMEOUT_MS = 10_000


class SqliteFile:
    """A :class:`syncdoctor.store.database.Backend`, for one thread; see there for the failures."""

    begin = "BEGIN IMMEDIATE"

    def __init__(self, path: Path, clock: Callable[[], datetime], *, mend: bool) -> None:
        """``mend``: put a fresh file in the place of a damaged one, and say so by ``warning``."""
        self.path = path
        self.warning: str | None = None
        self._clock, self._mend = clock, mend
        self._connection = self._open()

    @property
    def in_transaction(self) -> bool:
        """Whether one has begun."""
        return self._connection.in_transaction

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._connection.execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of values."""
        self._connection.executemany(sql, rows)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn the failures of SQLite into ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._operational(error) from None
        except sqlite3.DatabaseError as error:
            if isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError)):
                raise
            self._connection.close()
            if not self._mend:
                raise ConfigError(f"The state database {self.path} is damaged ({error}).") from None
            kept = self._keep_aside()
            raise TemporaryFailure(
                f"The state database was damaged ({error}); it is kept as {kept}.",
                "Run the same command again: a fresh one is made.",
            ) from None

    def _operational(self, error: sqlite3.OperationalError) -> ConfigError | TemporaryFailure:
        if "locked" in str(error) or "busy" in str(error):
            return TemporaryFailure(
                f"The state database {self.path} is in use by another process.",
                "Run the same command again.",
            )
        return ConfigError(
            f"The state database {self.path} cannot be used: {error}.",
            "Look at the free space and the permissions of that directory.",
        )

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made here, so that no moment passes in which others could read it.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise ConfigError(
                f"The state database {self.path} cannot be opened: {error.strerror}.",
                "Choose another directory with SYNCDOCTOR_STATE_DIR.",
            ) from None
        try:
            return self._connect()
        except sqlite3.OperationalError as error:
            raise self._operational(error) from None
        except sqlite3.DatabaseError as error:
            if not self._mend:
                raise ConfigError(f"The state database {self.path} is damaged ({error}).") from None
            kept = self._keep_aside()
            self.warning = (
                f"The state database was damaged ({error}); it is kept as {kept}, "
                "and a fresh one was made: history begins anew."
            )
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            # FULL: an intent is on the disk before its request leaves.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) == len(MIGRATIONS):
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = self._version(connection)  # another process may have been first
            for script in MIGRATIONS[version:]:
                for statement in statements(script):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _version(self, connection: sqlite3.Connection) -> int:
        with closing(connection.execute("PRAGMA user_version")) as cursor:
            version = int(cursor.fetchone()[0])
        if version > len(MIGRATIONS):
            raise ConfigError(
                f"The state database {self.path} was written by a newer syncdoctor "
                f"(schema {version}, this one knows {len(MIGRATIONS)}).",
                "Upgrade syncdoctor, or name another directory with SYNCDOCTOR_STATE_DIR.",
            )
        return version

    def _keep_aside(self) -> Path:
        stamp = self._clock().strftime("%Y%m%dT%H%M%S")
        kept = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        number = 1
        while kept.exists():
            number += 1
            kept = self.path.with_name(f"{self.path.name}.damaged-{stamp}-{number}")
        self.path.replace(kept)
        for suffix in ("-wal", "-shm"):
            side = self.path.with_name(self.path.name + suffix)
            if side.exists():
                side.replace(kept.with_name(kept.name + suffix))
        return kept
