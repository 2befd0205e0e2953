from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running

Golden = Callable[[str, str], None]
HEADER = (
    "kind,number,contact_name,date,due_date,status,line_description,quantity,unit_amount,account\n"
)


def row(number: str, contact: str = "Juniper & Co", amount: str = "120.00", *, days: int = 2,
        kind: str = "invoice", account: str = "") -> str:  # fmt: skip
    issued = (datetime.now(UTC) - timedelta(days=days)).date()
    due = issued + timedelta(days=30)
    return f"{kind},{number},{contact},{issued},{due},authorised,Advice,1,{amount},{account}\n"


@pytest.fixture
def source(home: Path) -> Path:
    path = home / "records.csv"
    path.write_text(
        HEADER + row("INV-1") + row("INV-2", "New Customer Ltd") + row("INV-OLD", days=90)
    )
    return path


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def invoices(sandbox: Running) -> int:
    return int(sandbox.world.state()["xero"]["organisations"]["Demo Company (UK)"]["Invoices"])


def test_recent_records_are_sent_once(
    cli: Cli, acme: str, sandbox: Running, source: Path, golden: Golden
) -> None:
    ran = cli("resync", acme, "--source", str(source))
    assert (ran.code, ran.err) == (0, "")
    golden("resync/sent.txt", ran.out)
    golden("resync/unchanged.txt", cli("resync", acme, "--source", str(source)).out)
    assert cli("status", "--json").json["connections"][0]["state"] == "healthy"


def test_dry_run_says_what_would_go_and_sends_nothing(
    cli: Cli, acme: str, sandbox: Running, source: Path, golden: Golden
) -> None:
    ran = cli("resync", acme, "--source", str(source), "--dry-run", "--verbose")
    assert ran.code == 0
    golden("resync/dry_run.txt", ran.out)
    assert {r["method"] for r in sandbox.world.requests() if "api.xro" in r["path"]} == {"GET"}
    assert cli("history", "--json").json["total"] == 0


def test_refused_records_are_said_and_can_be_corrected_and_fed_back(
    cli: Cli, acme: str, home: Path, source: Path, golden: Golden
) -> None:
    source.write_text(
        HEADER + row("INV-1") + row("INV-2", amount="1.2.3") + row("INV-3", account="999")
        + row("INV-4", contact="Closed Shop Ltd")
    )  # fmt: skip
    ran = cli("resync", acme, "--source", str(source))
    assert ran.code == 3
    golden("resync/refused.txt", ran.out)
    (rejects,) = (home / "state" / "rejects").iterdir()
    golden("resync/refused.csv", rejects.read_text())
    corrected = home / "corrected.csv"
    text = rejects.read_text().replace("1.2.3", "1.20").replace(",999", ",200")
    corrected.write_text(text.replace("Closed Shop Ltd", "Open Shop Ltd"))
    assert cli("resync", acme, "--source", str(corrected)).code == 0
    assert cli("resync", acme, "--source", str(corrected), "--quiet").out == ""


def test_json_lines(cli: Cli, acme: str, source: Path) -> None:
    ran = cli("resync", acme, "--source", str(source), "--json")
    first, second, end = lines(ran.out)
    assert {first["key"], second["key"]} == {"INV-1", "INV-2"}
    assert first | {"provider_id": 1, "key": 1, "line": 1} == {
        "schema": "syncdoctor.resync/1", "event": "record", "target": "acme/xero",
        "kind": "invoice", "key": 1, "outcome": "confirmed", "cause": None, "message": None,
        "provider_id": 1, "line": 1, "column": None, "direction": "push", "change": None,
    }  # fmt: skip
    assert (end["event"], end["exit_code"], end["status"]) == ("sync", 0, "succeeded")
    assert end["counts"]["confirmed"] == 2
    assert end["held_back"] == {"not recent": 1}
    assert end["stand_in_hosts"][0].startswith("127.0.0.1")


def test_cron_is_silent_when_all_is_well_and_says_one_block_when_not(
    cli: Cli, acme: str, sandbox: Running, home: Path, source: Path, golden: Golden
) -> None:
    workspace = home / "config" / "workspaces" / "acme.toml"
    workspace.write_text(f'source = "{source}"\n' + workspace.read_text())
    ran = cli("resync", "--all")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    source.write_text(HEADER + row("INV-9"))
    sandbox.world.switch_on("refresh-token-revoked")
    sandbox.world.switch_on("access-token-expired")
    ran = cli("resync", "--all", "--quiet", "--automatic")
    assert ran.code == 4
    golden("resync/sign_in.txt", ran.out)
    assert cli("history", "--json").json["syncs"][0]["status"] == "failed"
    assert cli("status", "--json").json["connections"][0]["state"] == "reconnect-needed"


def test_connections_without_a_source_are_left_out_of_all(cli: Cli, acme: str) -> None:
    ran = cli("resync", "--all", "--automatic")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert "not known where its records come from" in cli("resync", "--all", "--verbose").err


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--test-record",), ("--json",)])
def test_nothing_is_sent_before_the_connection_is_set_up(
    cli: Cli, acme: str, sandbox: Running, home: Path, source: Path, options: tuple[str, ...]
) -> None:
    workspace = home / "config" / "workspaces" / "acme.toml"
    kept = [line for line in workspace.read_text().splitlines() if "tax_type" not in line]
    workspace.write_text(f'source = "{source}"\n' + "\n".join(kept))
    sandbox.world.forget_requests()
    ran = cli("resync", acme, *options)
    assert ran.code == 1
    assert "no tax type is chosen; nothing was sent." in ran.out
    assert "syncdoctor connection pick acme/xero" in ran.out
    assert sandbox.world.requests() == []
    assert cli("resync", acme, "--export-csv", str(home / "out")).code == 0


def test_a_timer_that_finds_no_source_is_told_until_a_sync_succeeds(
    cli: Cli, acme: str, home: Path, source: Path
) -> None:
    workspace = home / "config" / "workspaces" / "acme.toml"
    workspace.write_text(f'source = "{source}"\n' + workspace.read_text())
    source.rename(home / "moved.csv")
    assert cli("resync", "--all", "--automatic").code == 2
    assert cli("status", "--json").json["connections"][0]["state"] == "last-sync-failed"
    ran = cli("diagnose", acme, "--json")
    (told,) = ran.json["connections"]
    assert (ran.code, told["state"]) == (1, "last-sync-failed")
    assert "There is no file" in told["findings"][0]["said"]
    (home / "moved.csv").rename(source)
    assert "2 sent" in cli("resync", acme, "--failed").out
    assert cli("status", "--json").json["connections"][0]["state"] == "healthy"


def test_auto_sync_off_leaves_automatic_runs_out(
    cli: Cli, acme: str, home: Path, source: Path
) -> None:
    workspace = home / "config" / "workspaces" / "acme.toml"
    text = workspace.read_text()
    assert "sales_account" in text
    workspace.write_text(text.replace("sales_account", "auto_sync = false\nsales_account"))
    ran = cli("resync", acme, "--source", str(source), "--automatic")
    assert (ran.code, ran.out) == (0, "")
    assert "auto-sync is off" in ran.err
    assert "2 sent" in cli("resync", acme, "--source", str(source)).out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "Give a target, or --all."),
        (("acme/xero",), 2, "it is not known where its records come from"),
        (("acme/xero", "--all"), 2, "Give a target, or --all."),
        (("acme/none",), 10, "no connection 'acme/none'"),
        (("acme/xero", "--source", "/nowhere.csv"), 2, "There is no file /nowhere.csv."),
        (("acme/xero", "--source", "/"), 2, "is a directory"),
        (("acme/xero", "--kind", "bill"), 2, "There is no kind 'bill'."),
        (("acme/xero", "--record", "1", "--failed"), 2, "exclude each other"),
        (("acme/xero", "--dry-run", "--resume"), 2, "--dry-run goes with neither"),
        (("acme/xero", "--resume"), 0, "there is nothing to resume"),
        (
            ("acme/xero", "--source", "SOURCE", "--record", "INV-404"),
            10,
            "Not in the source: INV-4",
        ),
        (("acme/xero", "--source", "SOURCE", "--rejects", "/proc/x"), 2, "cannot be written to"),
    ],
)
def test_wrong_usage_is_no_sync(
    cli: Cli, acme: str, source: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = cli("resync", *(str(source) if word == "SOURCE" else word for word in arguments))
    assert ran.code == code
    assert said in ran.out + ran.err
    assert cli("history", "--json").json["total"] == 0


def test_guards_stop_with_9_before_anything_is_sent(
    cli: Cli, acme: str, sandbox: Running, source: Path, golden: Golden
) -> None:
    ran = cli("resync", acme, "--source", str(source), "--max-changes", "1")
    assert ran.code == 9
    golden("resync/max_changes.txt", ran.out)
    source.write_text("")
    assert cli("resync", acme, "--source", str(source)).code == 2
    source.write_text(HEADER + row("INV-1"))
    assert cli("resync", acme, "--source", str(source)).code == 0
    for empty in ("", HEADER):
        source.write_text(empty)
        ran = cli("resync", acme, "--source", str(source), "--json")
        (line,) = lines(ran.out)
        assert (ran.code, line["exit_code"], line["event"]) == (9, 9, "error")
        assert "Records were sent before" in line["error"]["message"]


def test_another_run_holds_the_lock(cli: Cli, acme: str, home: Path, source: Path) -> None:
    from syncdoctor.config import Config
    from syncdoctor.resync.lock import lock

    connection = Config(home / "config").connection(acme)
    with lock(home / "state", connection):
        ran = cli("resync", acme, "--source", str(source))
    assert ran.code == 11
    assert "Another run is syncing acme/xero." in ran.out


def test_no_token_ends_with_4(cli: Cli, acme: str, home: Path, source: Path) -> None:
    (home / "state" / "tokens.sealed").unlink()
    ran = cli("resync", acme, "--source", str(source))
    assert ran.code == 4
    assert "syncdoctor reconnect acme/xero" in ran.out


def test_no_secret_is_written_anywhere(
    cli: Cli, acme: str, sandbox: Running, home: Path, source: Path
) -> None:
    tokens = list(sandbox.world.room("xero").oauth._access)
    ran = cli("resync", acme, "--source", str(source), "--json", "--verbose")
    written = b"".join(p.read_bytes() for p in home.rglob("*") if p.is_file()) + ran.out.encode()
    assert tokens
    assert not [t for t in tokens if t.encode() in written]


def test_export_writes_import_files_and_sends_nothing(
    cli: Cli, acme: str, sandbox: Running, home: Path, source: Path, golden: Golden
) -> None:
    source.write_text(source.read_text() + row("CN-1", kind="credit-note") + row("BAD", amount="x"))
    sandbox.world.switch_on("provider-down")
    sandbox.world.forget_requests()
    ran = cli("resync", acme, "--source", str(source), "--export-csv", str(home / "out"))
    assert ran.code == 3
    golden("resync/export.txt", ran.out.replace(str(home), "HOME"))
    (file,) = (home / "out").iterdir()
    text = file.read_text()
    assert text.startswith("*ContactName,EmailAddress,*InvoiceNumber,Reference,*InvoiceDate,")
    assert ",200,20% (VAT on Income)," in text
    assert sandbox.world.requests() == []
    ran = cli("resync", acme, "--source", str(source), "--export-csv", str(source), "--json")
    assert (ran.code, "cannot be written" in ran.out) == (2, True)


def test_a_test_record_shows_that_records_arrive(
    cli: Cli, acme: str, sandbox: Running, golden: Golden
) -> None:
    ran = cli("resync", acme, "--test-record")
    assert ran.code == 0
    golden("resync/test_record.txt", ran.out.replace(ran.out.split("TEST-")[1][:15], "NUMBER"))
    assert cli("resync", acme, "--test-record", "--record", "1").code == 2


def test_a_signal_lets_the_batch_land_and_leaves_with_its_code(
    cli: Cli, acme: str, sandbox: Running, home: Path, source: Path
) -> None:
    source.write_text(HEADER + "".join(row(f"INV-{n:03}") for n in range(900)))
    sandbox.world.switch_on("slow", seconds=0.2)
    command = [sys.executable, "-m", "syncdoctor.cli.main", "resync", acme, "--source", str(source)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if any(r["path"].endswith("/Invoices") for r in sandbox.world.requests()):
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 143
    assert "Interrupted." in out
    assert f"syncdoctor resync {acme} --resume" in out
    (sync,) = cli("history", "--json").json["syncs"]
    assert sync["status"] == "interrupted"
    sandbox.world.switch_off("slow")
    ran = cli("resync", acme, "--resume", "--json")  # as it was advised
    assert lines(ran.out)[-1]["counts"]["unchanged"] == sync["confirmed"]
    assert ran.code == 0
