"""The state in a database of a PostgreSQL server, by psycopg 3.

https://www.psycopg.org/psycopg3/docs/, https://www.postgresql.org/docs/current/ (2026-11-22)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from syncdoctor import redact
from syncdoctor.errors import ConfigError, TemporaryFailure, UsageError
from syncdoctor.store.place import passwords_in
from syncdoctor.store.schema import MIGRATIONS, statements

if TYPE_CHECKING:
    from psycopg import Connection, Cursor
    from psycopg.rows import DictRow

SCHEMES = ("postgresql", "postgres")
CONNECT_S = 10
# Whoever changes the schema holds this lock; the number is the project's own.
SCHEMA_LOCK = 0x5D0C
# What passes by itself: cannot connect, operator intervention, a lock that was not to be had.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
PASSING = ("08", "57", "55", "40", "53")
_TRIGGER = re.compile(
    r"CREATE TRIGGER (\w+) AFTER ([\w ]+?) ON (\w+)(?: WHEN (.+?))? BEGIN(.+)END;\s*$", re.DOTALL
)


class PostgresServer:
    """A :class:`syncdoctor.store.database.Backend`, for one thread; see there for the failures."""

    warning: str | None = None
    begin = "BEGIN"

    def __init__(self, url: str) -> None:
        """Connect, and bring the schema up to date."""
        self._name = _named(url)
        with self.guarded():
            self._connection = self._connect(url)
            try:
                self._migrate()
            except BaseException:
                self._connection.close()
                raise

    @property
    def in_transaction(self) -> bool:
        """Whether one has begun."""
        from psycopg.pq import TransactionStatus

        return self._connection.info.transaction_status is not TransactionStatus.IDLE

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Cursor[DictRow]:
        """Run one statement of SQLite's."""
        return self._connection.execute(_query(sql), values or None)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement of SQLite's for each row of values."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_query(sql), rows)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn the failures of PostgreSQL into ours; the words of the server hold no value."""
        import psycopg

        try:
            yield
        except (psycopg.IntegrityError, psycopg.ProgrammingError) as error:
            if error.sqlstate and not error.sqlstate.startswith("42501"):
                raise  # a defect of ours
            raise self._refused(error) from None
        except psycopg.Error as error:
            state = error.sqlstate or "08000"
            if state.startswith(PASSING):
                raise TemporaryFailure(
                    f"The state database {self._name} cannot be used now: {_said(error)}",
                    "Run the same command again.",
                ) from None
            raise self._refused(error) from None

    def _refused(self, error: Exception) -> ConfigError:
        return ConfigError(
            f"The state database {self._name} cannot be used: {_said(error)}",
            "Look at SYNCDOCTOR_STATE_URL and at the rights of that user.",
        )

    def _connect(self, url: str) -> Connection[DictRow]:
        import psycopg
        from psycopg.rows import dict_row

        return psycopg.connect(
            url, autocommit=True, row_factory=dict_row, connect_timeout=CONNECT_S,
            application_name="syncdoctor",
        )  # fmt: skip

    def _migrate(self) -> None:
        if self._version() == len(MIGRATIONS):
            return
        with self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
            self._connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT)")
            version = self._version()  # another process may have been first
            for script in MIGRATIONS[version:]:
                for statement in statements(script):
                    self._connection.execute(translated(statement))
            self._connection.execute("DELETE FROM schema_version")
            self._connection.execute("INSERT INTO schema_version VALUES (%s)", (len(MIGRATIONS),))

    def _version(self) -> int:
        there = self._connection.execute("SELECT to_regclass('schema_version') AS there").fetchone()
        if there is None or there["there"] is None:
            return 0
        row = self._connection.execute("SELECT max(version) AS version FROM schema_version")
        version = int((row.fetchone() or {}).get("version") or 0)
        if version > len(MIGRATIONS):
            raise ConfigError(
                f"The state database {self._name} was written by a newer syncdoctor "
                f"(schema {version}, this one knows {len(MIGRATIONS)}).",
                "Upgrade syncdoctor, or name another database with SYNCDOCTOR_STATE_URL.",
            )
        return version


def translated(statement: str) -> str:
    """A statement of a migration, in PostgreSQL's words.

    A trigger's body becomes a function of the same name. Texts are compared byte by byte, as SQLite
    does.
    """
    if found := _TRIGGER.match(statement.strip()):
        name, event, table, condition, body = found.groups()
        when = f"WHEN ({condition})" if condition else ""
        statement = f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN {body} RETURN NULL; END $$;
            CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when}
            EXECUTE FUNCTION {name}()"""
    else:
        for old, new in (
            (r"\bINTEGER PRIMARY KEY\b", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            (r"\bINTEGER\b", "BIGINT"),
            (r"\bTEXT\b", 'TEXT COLLATE "C"'),
            (r"\bWITHOUT ROWID\b", ""),
        ):
            statement = re.sub(old, new, statement)
    return statement


@cache
def _query(sql: str) -> str:
    """A query in PostgreSQL's words: its planner has statistics and needs no index named."""
    return re.sub(r" INDEXED BY \w+", "", sql).replace("?", "%s")


def _named(url: str) -> str:
    """Host and database, for people; what is secret in the URL is remembered and never said."""
    try:
        import psycopg  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError(
            "A PostgreSQL database needs psycopg, which is not installed.",
            "pip install 'syncdoctor[postgresql]'",
        ) from None
    try:
        parts, passwords = urlsplit(url), passwords_in(url)
        host = parts.hostname or "this machine"
    except ValueError:
        raise _no_url() from None
    if parts.scheme not in SCHEMES:
        raise _no_url()
    redact.remember(*passwords, *(quote(password, safe="") for password in passwords))
    return f"{parts.path.strip('/') or 'postgres'} on {host}"


def _no_url() -> ConfigError:
    return ConfigError(
        "SYNCDOCTOR_STATE_URL is no URL of a PostgreSQL database.",
        "Its form is postgresql://USER@HOST/DATABASE; the password belongs into ~/.pgpass.",
    )


def _said(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return redact.text(lines[0] if lines else type(error).__name__)
