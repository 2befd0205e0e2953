"""A state on a PostgreSQL server: what is its own, and a whole story kept there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor import redact
from syncdoctor.errors import ConfigError, TemporaryFailure
from syncdoctor.store.postgres import translated
from syncdoctor.store.schema import MIGRATIONS, statements
from syncdoctor.store.statedb import StateDB

if TYPE_CHECKING:
    from tests.conftest import Cli

PASSWORD = "planted-password-4d1a"
NOWHERE = f"postgresql://ana:{PASSWORD}@127.0.0.1:9/books"

pytestmark = pytest.mark.parametrize("place", ["postgresql"], indirect=True)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the program keep its state there, until the test ends."""
    monkeypatch.setattr("syncdoctor.store.place._Chosen.url", None)
    return partial(monkeypatch.setenv, "SYNCDOCTOR_STATE_URL")


def test_a_whole_story_is_kept_there(
    place: str, acme: str, cli: Cli, home: Path, use: Callable[[str], None]
) -> None:
    use(place)
    (home / "state" / "state.sqlite3").unlink(missing_ok=True)
    today = datetime.now(UTC).date()
    source = home / "records.csv"
    source.write_text(
        "kind,number,contact_name,date,due_date,line_description,quantity,unit_amount\n"
        f"invoice,P-1,Ada Ltd,{today},{today},Work,1,100.00\n"
        f"invoice,P-2,Bob Ltd,{today},2020-01-01,Work,1,much\n"
    )
    assert cli("status", "--live").code == 0
    assert cli("diagnose", acme).code == 0
    for _ in range(2):
        assert cli("resync", acme, "--source", str(source)).code == 3
    told = cli("history", acme, "--json", "--since", "7d", "--plot")
    assert [sync["status"] for sync in json.loads(told.out)["syncs"]] == ["partial", "partial"]
    assert json.loads(told.out)["total"] == 2
    assert cli("status", "--json").json["connections"][0]["state"] == "last-sync-failed"
    assert not (home / "state" / "state.sqlite3").exists()


def test_a_newer_schema_is_refused_and_left_alone(place: str) -> None:
    with StateDB(place) as db, db.transaction() as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(ConfigError, match="written by a newer syncdoctor"):
        StateDB(place)


def test_an_older_schema_is_brought_up_to_date(place: str) -> None:
    import psycopg

    with psycopg.connect(place) as server:
        for statement in statements(MIGRATIONS[0]):
            server.execute(translated(statement).encode())
        server.execute("CREATE TABLE schema_version (version BIGINT)")
        server.execute("INSERT INTO schema_version VALUES (1)")
        server.execute("INSERT INTO changes (connection_uid, at, what) VALUES ('a', 1, 'older')")
    with StateDB(place) as db:
        assert [change.what for change in db.changes("a")] == ["older"]
        db.note_grant("a", datetime(2026, 11, 1, tzinfo=UTC))


def test_what_the_server_refuses_is_said_without_the_password(place: str) -> None:
    with pytest.raises(TemporaryFailure, match="books on 127") as caught:
        StateDB(NOWHERE)
    assert PASSWORD not in str(caught.value)
    for text in (f"could not log in with {PASSWORD}", NOWHERE):
        assert PASSWORD not in redact.text(text)
    with pytest.raises((ConfigError, TemporaryFailure)) as caught_too:
        StateDB(place.replace("/postgres?", "/nothing-there?"))
    assert "nothing-there" in caught_too.value.message


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "postgresql://[", f"//{PASSWORD}"])
def test_what_is_no_url_is_said_and_not_shown(
    place: str, cli: Cli, use: Callable[[str], None], url: str
) -> None:
    use(url)
    ran = cli("history")
    assert ran.code == 2
    assert "is no URL of a PostgreSQL database" in ran.err
    assert url not in ran.err


def test_a_lost_connection_is_temporary(place: str) -> None:
    import psycopg

    with StateDB(place) as db:
        (own,) = db.rows("SELECT pg_backend_pid() AS pid")
        with psycopg.connect(place, autocommit=True) as server:
            server.execute("SELECT pg_terminate_backend(%s)", (own["pid"],))
        with pytest.raises(TemporaryFailure, match="cannot be used now"):
            db.note_change("u", "x")
