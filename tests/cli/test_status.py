from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor.store.statedb import StateDB

if TYPE_CHECKING:
    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running

Golden = Callable[[str, str], None]


def test_nothing_set_up_says_how_to_begin(cli: Cli, golden: Golden) -> None:
    ran = cli("status")
    assert ran.code == 0
    golden("status/empty.txt", ran.out)
    assert cli("status", "--json").json["connections"] == []


def test_before_any_check_a_connection_is_not_checked(cli: Cli, acme: str, golden: Golden) -> None:
    ran = cli("status")
    assert ran.code == 6  # nothing is known to be wrong, but 0 would say that it is healthy
    golden("status/not_checked.txt", ran.out)
    (row,) = cli("status", "--json").json["connections"]
    assert row["state"] == "unknown"
    assert row["checked_at"] is None
    assert row["next_command"] == ["syncdoctor", "diagnose", "acme/xero"]
    assert row["stand_in_hosts"][0].startswith("127.0.0.1:")


def test_live_proves_health_and_is_remembered(cli: Cli, acme: str, golden: Golden) -> None:
    assert cli("status", "--live").code == 0
    ran = cli("status")
    golden("status/healthy.txt", ran.out)
    (row,) = cli("status", "--json").json["connections"]
    assert row["state"] == "healthy"
    assert row["label"] == "Active"
    assert row["checked_at"] is not None


def test_a_revoked_grant_needs_a_person(
    cli: Cli, acme: str, sandbox: Running, golden: Golden
) -> None:
    sandbox.world.switch_on("refresh-token-revoked")
    sandbox.world.switch_on("access-token-expired")
    ran = cli("status", "--live")
    assert ran.code == 4
    golden("status/reconnect_needed.txt", ran.out)
    document = cli("status", "--json", "--problems").json
    assert document["schema"] == "syncdoctor.status/1"
    assert document["exit_code"] == 4
    (row,) = document["connections"]
    assert row["state"] == "reconnect-needed"
    assert row["cause"] == "reconnect-needed"
    assert row["next_command"] == ["syncdoctor", "reconnect", "acme/xero"]


def test_an_outage_is_temporary_and_not_taken_for_a_problem_of_ours(
    cli: Cli, acme: str, sandbox: Running
) -> None:
    sandbox.world.switch_on("provider-down")
    ran = cli("status", "--live", "--json")
    assert ran.code == 5
    (row,) = ran.json["connections"]
    assert row["state"] == "unknown"
    assert row["cause"] == "provider-outage"


def test_problems_shows_only_what_needs_something(cli: Cli, acme: str) -> None:
    assert cli("status", "--live", "--problems").out == "No problem is known in 1 connections.\n"


def test_a_locked_store_is_said_for_each_connection(
    cli: Cli, acme: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = home / "wrong"
    wrong.write_text("not the passphrase")
    wrong.chmod(0o600)
    monkeypatch.setenv("SYNCDOCTOR_PASSPHRASE_FILE", str(wrong))
    ran = cli("status", "--live")
    assert ran.code == 7
    assert "passphrase" in ran.out + ran.err
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("acme", "--all"), 2, "exclude each other"),
        (("--fail-on", "sometimes"), 2, "error, warning or never"),
        (("nobody",), 10, "nothing is set up yet"),
        (("--watch", "0"), 2, "--watch"),
    ],
)
def test_wrong_usage(cli: Cli, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = cli("status", *arguments)
    assert ran.code == code
    assert said in ran.err


def test_fail_on_never_exits_with_zero(cli: Cli, acme: str, sandbox: Running) -> None:
    sandbox.world.switch_on("provider-down")
    assert cli("status", "--live", "--fail-on", "never").code == 0


def test_quiet_prints_what_is_wrong_alone(cli: Cli, acme: str, sandbox: Running) -> None:
    assert cli("status", "--live", "--quiet").out == ""
    sandbox.world.switch_on("permission-removed")
    ran = cli("status", "--live", "--quiet")
    assert ran.code == 1
    assert "acme/xero: a check found permission-denied; no sync has met it yet" in ran.out


def test_quiet_has_nothing_to_say_where_nothing_is_set_up(cli: Cli) -> None:
    assert cli("status", "--quiet").out == ""


def test_warnings_count_when_they_are_asked_for(cli: Cli, acme: str, home: Path) -> None:
    assert cli("status", "--live", "--fail-on", "warning").code == 0
    with StateDB(home / "state" / "state.sqlite3") as state:
        known = state.all_evidence().popitem()[1]
        state.save_evidence(
            known.connection_uid, known.target, known.state, source="live",
            diagnosis={"findings": [{"severity": "warning", "cause": "clock-skew"}]},
        )  # fmt: skip
    assert cli("status").code == 0
    ran = cli("status", "--fail-on", "warning", "--json")
    assert (ran.code, ran.json["exit_code"]) == (1, 1)


def test_a_disabled_connection_is_inactive(cli: Cli, acme: str) -> None:
    assert cli("connection", "disconnect", acme, "--yes").code == 0
    (row,) = cli("status", "--json").json["connections"]
    assert row["state"] == "inactive"
    assert row["exit_code"] == 1
