"""Where the state is kept: one SQLite file, or a database of a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from syncdoctor.store.rows import Row
from syncdoctor.store.sqlite import SqliteFile


class Cursor(Protocol):
    """The answer to one statement."""

    @property
    def rowcount(self) -> int: ...  # noqa: D102

    def fetchone(self) -> Any: ...  # noqa: D102

    def fetchall(self) -> list[Any]: ...  # noqa: D102


class Backend(Protocol):
    """A connection to a database of this version's schema. ``begin`` begins a transaction.

    SQL is written once, in SQLite's words; ``?`` stands for a value.
    """

    warning: str | None
    begin: str

    @property
    def in_transaction(self) -> bool: ...  # noqa: D102

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Cursor: ...  # noqa: D102

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None: ...  # noqa: D102

    def guarded(self) -> AbstractContextManager[None]:
        """Turn the failures of the database into ours."""

    def close(self) -> None: ...  # noqa: D102


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


class Database:
    """The state, for one thread.

    ``warning`` says what was found wrong when it was opened, for the caller to show; None when all
    was well.

    Raises:
        ConfigError: it was written by a newer version, the URL is not one, it can be neither read
            nor replaced, or the server refuses.
        TemporaryFailure: another process held it for longer than ten seconds, the server cannot
            be reached, or damage showed while it was used and a fresh one takes its place.
    """

    def __init__(
        self, place: Path | str, *, clock: Callable[[], datetime] = utc_now, mend: bool = True
    ) -> None:
        """Open a file, or a database by its ``postgresql://`` URL.

        ``mend``: put a fresh file in the place of a damaged one, and say so by ``warning``.
        """
        self.place = place
        self._clock = clock
        self._backend = _opened(place, clock, mend=mend)

    @property
    def warning(self) -> str | None:
        """What was found wrong when it was opened."""
        return self._backend.warning

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it."""
        self._backend.close()

    def now(self) -> datetime:
        """The moment that is written into rows."""
        return self._clock()

    @contextmanager
    def transaction(self) -> Iterator[Backend]:
        """All or nothing; on return it is on the disk. Within another it is a part of that one."""
        if self._backend.in_transaction:
            yield self._backend
            return
        with self._backend.guarded():
            self._backend.execute(self._backend.begin)
            try:
                yield self._backend
            except BaseException:
                self._backend.execute("ROLLBACK")
                raise
            self._backend.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""
        with self._backend.guarded():
            return self._backend.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row of a query."""
        with self._backend.guarded():
            found: Row | None = self._backend.execute(sql, values).fetchone()
            return found


def _opened(place: Path | str, clock: Callable[[], datetime], *, mend: bool) -> Backend:
    if isinstance(place, Path):
        return SqliteFile(place, clock, mend=mend)
    from syncdoctor.store.postgres import PostgresServer

    return PostgresServer(place)
