from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor.config import Config
from syncdoctor.model import Trigger
from syncdoctor.resync.lock import lock
from syncdoctor.store.statedb import FILE_NAME, StateDB

if TYPE_CHECKING:
    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running

Golden = Callable[[str, str], None]


def test_a_healthy_connection(cli: Cli, acme: str, golden: Golden) -> None:
    ran = cli("diagnose", acme)
    assert ran.code == 0
    golden("diagnose/healthy.txt", ran.out)
    (found,) = cli("diagnose", acme, "--json").json["connections"]
    assert found["healthy"] is True
    assert found["cause"] is None
    assert found["state"] == "healthy"


# fault → state, cause, exit code, and the command that the findings end in
FAULTS = {
    "refresh-token-revoked": ("reconnect-needed", "reconnect-needed", 4),
    "organisation-disconnected": ("reconnect-needed", "tenant-not-connected", 4),
    "account-deleted": ("setup-needed", "setting-missing", 1),
    "account-archived": ("setup-needed", "setting-missing", 1),
    "tax-rate-deleted": ("setup-needed", "setting-missing", 1),
    "permission-removed": ("last-sync-failed", "permission-denied", 1),
    "scope-removed": ("reconnect-needed", "scope-missing", 4),
    "rate-limit-minute": ("unknown", "rate-limited", 5),
    "rate-limit-day": ("unknown", "quota-exhausted", 5),
    "provider-down": ("unknown", "provider-outage", 5),
    "server-error": ("unknown", "provider-outage", 5),
    "organisation-offline": ("unknown", "provider-outage", 5),
    "drop-connection": ("unknown", "network-failure", 5),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_from_the_others(
    cli: Cli, acme: str, sandbox: Running, golden: Golden, fault: str
) -> None:
    sandbox.world.switch_on(fault)
    if fault == "refresh-token-revoked":
        sandbox.world.switch_on("access-token-expired")
    ran = cli("diagnose", acme)
    state, cause, code = FAULTS[fault]
    document = cli("diagnose", acme, "--json").json
    (found,) = document["connections"]
    assert (found["state"], found["cause"], ran.code) == (state, cause, code)
    assert document["schema"] == "syncdoctor.diagnose/1"
    assert document["exit_code"] == code
    best = found["findings"][0]
    assert best["steps"]
    assert best["said"]
    assert best["meaning"]
    golden(f"diagnose/{fault}.txt", ran.out)


def test_an_expired_access_token_is_renewed_and_nothing_is_wrong(
    cli: Cli, acme: str, sandbox: Running
) -> None:
    sandbox.world.switch_on("access-token-expired", times=1)
    assert cli("diagnose", acme).code == 0


def test_saved_exchanges_are_judged_the_same_and_hold_no_secret(
    cli: Cli, acme: str, sandbox: Running, home: Path
) -> None:
    sandbox.world.switch_on("permission-removed")
    saved = home / "saved.jsonl"
    live = cli("diagnose", acme, "--save", str(saved), "--json").json
    lines = [json.loads(line) for line in saved.read_text().splitlines()]
    assert all(line["response"]["status"] for line in lines)
    assert "Bearer " not in saved.read_text()
    assert saved.stat().st_mode & 0o777 == 0o600
    again = cli("diagnose", acme, "--from", str(saved), "--json").json
    causes = {f["cause"] for f in again["connections"][0]["findings"]}
    assert causes <= {f["cause"] for f in live["connections"][0]["findings"]}


def test_a_page_is_written(cli: Cli, acme: str, sandbox: Running, home: Path) -> None:
    sandbox.world.switch_on("account-deleted")
    page = home / "found.html"
    cli("diagnose", acme, "--html", str(page))
    text = page.read_text()
    assert "<html>" in text
    assert "setting-missing" in text
    assert "http-equiv" not in text
    assert "src=" not in text
    ran = cli("diagnose", acme, "--html", str(home))
    assert ran.code == 2
    assert f"{home} cannot be written" in ran.err


def test_quiet_prints_what_is_wrong_alone(cli: Cli, acme: str, sandbox: Running) -> None:
    assert cli("diagnose", acme, "--quiet").out == ""
    sandbox.world.switch_on("account-deleted")
    assert "setting-missing" in cli("diagnose", acme, "--quiet").out


def test_one_check_alone(cli: Cli, acme: str) -> None:
    (found,) = cli("diagnose", acme, "--check", "accounts", "--json").json["connections"]
    asked = [check["name"] for check in found["checks"]]
    assert asked == ["token", "identity", "organisation", "accounts"]


def test_the_checks_are_listed(cli: Cli, acme: str) -> None:
    names = [c["name"] for c in cli("diagnose", acme, "--list-checks", "--json").json["checks"]]
    assert names[0] == "enabled"
    assert {"token", "identity", "organisation", "permission", "accounts", "tax-rates"} <= {*names}
    assert "token: whether" in cli("diagnose", acme, "--list-checks").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "Name a target"),
        (("acme/xero", "--all"), 2, "exclude each other"),
        (("acme/xero", "--html", "/dev/null/x.html"), 2, "/dev/null/x.html cannot be written"),
        (("acme/xero", "--check", "nonsense"), 2, "no check 'nonsense'"),
        (("acme/xero", "--fail-on", "x"), 2, "error, warning or never"),
        (("acme/zero",), 10, "Did you mean 'acme/xero'?"),
        (("acme/xero", "--from", "/nowhere/file"), 2, "/nowhere/file"),
        (("acme/xero", "--guide", "solid"), 10, "solido"),
    ],
)
def test_wrong_usage(cli: Cli, acme: str, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = cli("diagnose", *arguments)
    assert ran.code == code
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_all_of_several_each_has_its_own_result(cli: Cli, acme: str, sandbox: Running) -> None:
    assert cli("connection", "add", "beta/xero", "--app", "xero").code == 0
    document = cli("diagnose", "--all", "--json").json
    states = {found["target"]: found["state"] for found in document["connections"]}
    assert states == {"acme/xero": "healthy", "beta/xero": "reconnect-needed"}
    assert document["exit_code"] == 4


def test_a_sync_that_hangs_is_told_from_one_that_runs(cli: Cli, acme: str, home: Path) -> None:
    connection = Config(home / "config").connection(acme)
    with StateDB(home / "state" / FILE_NAME) as state:
        state.begin_sync(connection.uid, acme, Trigger.MANUAL)
    with lock(home / "state", connection):
        assert cli("diagnose", acme).code == 0
    (found,) = cli("diagnose", acme, "--json").json["connections"]
    assert found["state"] == "last-sync-failed"
    assert found["findings"][0]["rule"] == "common.sync-hangs"
    assert "its process is gone" in found["findings"][0]["said"]


def test_the_source_of_the_workspace_is_looked_at(cli: Cli, acme: str, home: Path) -> None:
    source = home / "records.csv"
    source.write_text("kind,number,contact_name\ninvoice,INV-1,\n")
    file = home / "config" / "workspaces" / "acme.toml"
    file.write_text(f'source = "{source}"\n' + file.read_text())
    ran = cli("diagnose", acme, "--fail-on", "warning")
    assert ran.code == 1
    assert "record-invalid" in ran.out
