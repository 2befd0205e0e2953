"""Grants that would lapse unused: forecast by ``status``, used by ``reconnect --keep-alive``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.auth.token import Token
from syncdoctor.auth.tokens import connection_key
from syncdoctor.config import Config
from syncdoctor.store.statedb import StateDB

if TYPE_CHECKING:
    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running


def age(home: Path, days: float) -> Token:
    """Make acme's token as old as that, in the store and in what is known of it."""
    connection = Config(home / "config").connection("acme/xero")
    vault = SealedFile(home / "state" / "tokens.sealed", PassphraseSource(str(home / "passphrase")))
    token = Token.from_json(str(vault.get(connection_key(connection))))
    obtained = datetime.now(UTC) - timedelta(days=days)
    aged = replace(token, obtained_at=obtained, expires_at=obtained + timedelta(minutes=30))
    vault.put(connection_key(connection), aged.to_json())
    with StateDB(home / "state" / "state.sqlite3") as state:
        state.note_grant(connection.uid, obtained)
    return token


def asked(sandbox: Running) -> int:
    rows = sandbox.world.requests()
    return sum(row["count"] for row in rows if row["path"].endswith("/connect/token"))


def test_a_lapse_within_two_weeks_is_forecast_without_opening_the_store(
    cli: Cli, acme: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("status", "--live")
    age(home, 60 - 8.5)
    monkeypatch.setenv("SYNCDOCTOR_PASSPHRASE_FILE", str(home / "gone"))
    ran = cli("status")
    assert ran.code == 0
    assert "acme/xero: the refresh token lapses in 8 days if unused" in ran.out
    assert "syncdoctor reconnect acme/xero --keep-alive" in " ".join(ran.out.split())
    (row,) = cli("status", "--problems", "--json").json["connections"]
    lapses = datetime.fromisoformat(row["lapses_at"])
    assert timedelta(days=8) < lapses - datetime.now(UTC) < timedelta(days=9)
    assert row["exit_code"] == 0
    assert cli("status", "--problems").code == 0


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, None), (45, None), (46.5, "in 13 days"), (59.2, "in 19 hours"), (61, "probably lapsed")],
)
def test_how_it_is_said(cli: Cli, acme: str, home: Path, days: float, said: str | None) -> None:
    cli("status", "--live")
    age(home, days)
    shown = " ".join(cli("status").out.split())
    assert (said in shown) if said else ("refresh token" not in shown)
    (row,) = cli("status", "--json").json["connections"]
    assert (row["lapses_at"] is None) == (said is None)


def test_every_sign_in_and_refresh_is_noted(cli: Cli, acme: str, home: Path) -> None:
    uid = Config(home / "config").connection("acme/xero").uid

    def noted() -> datetime:
        with StateDB(home / "state" / "state.sqlite3") as state:
            return state.grants()[uid]

    first = noted()
    assert datetime.now(UTC) - first < timedelta(minutes=1)
    age(home, 1)
    cli("diagnose", acme)
    assert noted() > first


def test_only_what_is_due_is_renewed(cli: Cli, acme: str, home: Path, sandbox: Running) -> None:
    before = asked(sandbox)
    age(home, 14)
    assert cli("reconnect", "--keep-alive").out == "acme/xero: used recently\n"
    assert asked(sandbox) == before
    old = age(home, 16)
    assert cli("reconnect", "--keep-alive").out == "acme/xero: renewed\n"
    assert asked(sandbox) == before + 1
    assert age(home, 0).refresh_token != old.refresh_token
    assert "refresh token" not in cli("status").out


def test_it_is_silent_in_cron_when_all_is_well_and_says_what_is_not(
    cli: Cli, acme: str, home: Path, sandbox: Running
) -> None:
    age(home, 30)
    ran = cli("reconnect", "--all", "--keep-alive", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    age(home, 30)
    sandbox.world.switch_on("refresh-token-revoked")
    ran = cli("reconnect", "--all", "--keep-alive", "--quiet")
    assert ran.code == 4
    assert ran.err.startswith("acme/xero: The provider refused the grant")
    assert "→ syncdoctor reconnect acme/xero" in ran.err
    assert len(ran.err.splitlines()) == 2


def test_json_holds_each_connections_own_code(
    cli: Cli, acme: str, home: Path, sandbox: Running
) -> None:
    age(home, 30)
    sandbox.world.switch_on("provider-down")
    ran = cli("reconnect", acme, "--keep-alive", "--json")
    assert ran.code == 5
    assert ran.json["schema"] == "syncdoctor.keep-alive/1"
    assert ran.json["connections"] == [{"target": acme, "result": "failed", "exit_code": 5}]


def test_what_is_borrowed_or_disabled_is_left_alone(
    cli: Cli, acme: str, home: Path, sandbox: Running
) -> None:
    age(home, 30)
    before = asked(sandbox)
    assert cli("connection", "disconnect", acme, "--yes").code == 0
    assert cli("reconnect", "--all", "--keep-alive").out == "acme/xero: disabled\n"
    assert asked(sandbox) == before
    assert "refresh token" not in cli("status").out


def test_it_excludes_other_ways(cli: Cli, acme: str) -> None:
    assert cli("reconnect", acme, "--keep-alive", "--non-interactive").code == 2


def test_a_damaged_state_database_does_not_cost_the_token(cli: Cli, acme: str, home: Path) -> None:
    """A forecast is worth no failure, and the damage is left for a command that says so."""
    age(home, 30)
    file = home / "state" / "state.sqlite3"
    for side in ("-wal", "-shm"):
        file.with_name(file.name + side).unlink(missing_ok=True)
    file.write_bytes(b"not a database, not at all" * 50)
    assert cli("reconnect", acme, "--keep-alive").out == "acme/xero: renewed\n"
    assert file.read_bytes().startswith(b"not a database")


def test_of_several_sign_ins_each_failure_is_said_with_its_next_step(
    cli: Cli, acme: str, home: Path, sandbox: Running
) -> None:
    added = cli("connection", "add", "bolt/xero", "--app", "xero", "--json")
    assert added.code == 0, added.err
    ran = cli("reconnect", "--all", "--quiet", "--device")
    assert ran.code == 2
    for target in ("acme/xero", "bolt/xero"):
        assert f"{target}: Xero has no sign-in by device." in ran.err
        assert f"→ syncdoctor reconnect {target} --no-browser" in ran.err
