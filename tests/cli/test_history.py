from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor.engine.record import OperationState
from syncdoctor.model import Cause, Trigger
from syncdoctor.store.operations import Planned, Result
from syncdoctor.store.rows import Counts, SyncStatus
from syncdoctor.store.statedb import StateDB

if TYPE_CHECKING:
    from tests.conftest import Cli

Golden = Callable[[str, str], None]


@pytest.fixture
def past(home: Path) -> None:
    """Three days of syncs over two workspaces, with a failure that lasts."""
    moments = iter(range(10_000))
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
    with StateDB(
        home / "state" / "state.sqlite3", clock=lambda: begin + timedelta(minutes=next(moments))
    ) as db:
        for status, cause in (
            (SyncStatus.SUCCEEDED, None),
            (SyncStatus.PARTIAL, Cause.RECORD_INVALID),
            (SyncStatus.SUCCEEDED, None),
        ):
            sync = db.begin_sync("c-00000001", "acme/xero", Trigger.AUTOMATIC)
            db.end_sync(sync.id, status, Counts(12, 1 if cause else 0, 0, 3), cause=cause)
        db.note_change("c-00000001", "sales_account: 200 → 205")
        sync = db.begin_sync("c-00000001", "acme/xero", Trigger.MANUAL)
        operations = db.plan_operations(
            sync.id,
            "c-00000001",
            [Planned("invoice", "INV-7", "h"), Planned("invoice", "INV-8", "h")],
        )
        db.settle(
            [
                Result(operations[0].id, OperationState.CONFIRMED, "id-7"),
                Result(
                    operations[1].id, OperationState.REJECTED, None, "setting-missing",
                    "Account code '205' is archived or deleted.",
                ),
            ]
        )  # fmt: skip
        db.end_sync(
            sync.id, SyncStatus.PARTIAL, Counts(1, 1), cause=Cause.SETTING_MISSING,
            message="Account code '205' is archived or deleted.",
        )  # fmt: skip
        sync = db.begin_sync("c-00000002", "beta/xero", Trigger.AUTOMATIC)
        db.end_sync(sync.id, SyncStatus.SUCCEEDED, Counts(2))
        db.begin_sync("c-00000002", "beta/xero", Trigger.AUTOMATIC)


def test_nothing_yet(cli: Cli, golden: Golden) -> None:
    ran = cli("history")
    assert ran.code == 0
    golden("history/empty.txt", ran.out)
    document = cli("history", "--json").json
    assert (document["total"], document["success_rate"], document["syncs"]) == (0, None, [])


def test_totals_syncs_and_since_when_it_fails(cli: Cli, past: None, golden: Golden) -> None:
    golden("history/all.txt", cli("history").out)
    golden("history/one.txt", cli("history", "acme/xero", "--limit", "2").out)
    golden("history/good.txt", cli("history", "beta").out)
    golden("history/failed.txt", cli("history", "--failed").out)


def test_json(cli: Cli, past: None, golden: Golden) -> None:
    ran = cli("history", "acme", "--json")
    assert ran.code == 0
    golden("history/acme.json", ran.out)
    document = ran.json
    assert document["schema"] == "syncdoctor.history/1"
    assert document["total"] == 4
    assert document["success_rate"] == 0.5
    assert document["by_status"]["partial"] == 2
    assert document["failing"][0]["changes"][0]["what"] == "sales_account: 200 → 205"
    assert document["syncs"][0]["trigger"] == "manual"


def test_one_sync_with_its_records(cli: Cli, past: None, golden: Golden) -> None:
    golden("history/sync.txt", cli("history", "--sync", "4").out)
    document = cli("history", "--sync", "4", "--json").json
    assert [r["outcome"] for r in document["records"]] == ["confirmed", "rejected"]
    assert document["sync"]["cause"] == "setting-missing"


def test_a_plot_of_the_days(cli: Cli, past: None, golden: Golden) -> None:
    golden("history/plot.txt", cli("history", "--plot", "--limit", "1").out)
    days = cli("history", "--plot", "--json").json["days"]
    assert (days[0]["total"], days[0]["succeeded"]) == (6, 3)


def test_a_page_of_it(cli: Cli, past: None, home: Path) -> None:
    page = home / "history.html"
    ran = cli("history", "acme", "--html", str(page))
    assert ran.code == 0
    text = page.read_text()
    assert "acme/xero has failed since" in text
    assert "<script" not in text
    assert cli("history", "--html", str(home / "none" / "x.html")).code == 2


def test_a_failure_without_a_cause_says_its_message(cli: Cli, past: None, home: Path) -> None:
    with StateDB(home / "state" / "state.sqlite3") as db:
        sync = db.begin_sync("c-00000003", "acme/myob", Trigger.MANUAL)
        db.end_sync(sync.id, SyncStatus.FAILED, message="The lock file is gone. " * 9)
    out = cli("history").out
    assert "The lock file" in out
    assert len(out) < 3000


def test_nothing_is_cut_on_a_narrow_terminal(
    cli: Cli, past: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = cli("history").out
    assert out.count("acme/xero") == 6
    assert "acme/x…" not in out
    assert "interrupted" in out or "running" in out
    assert "setting-missing" in out


def test_quiet_prints_what_fails_alone(cli: Cli, past: None) -> None:
    assert cli("history", "--quiet").out.startswith("acme/xero has failed since ")
    assert cli("history", "beta", "--quiet").out == ""
    assert cli("history", "--quiet", "--sync", "1").out == ""
    assert "partial" in cli("history", "--quiet", "--sync", "4").out


def test_a_stand_in_is_named_and_the_next_step_is_about_what_is_there(
    cli: Cli, acme: str, home: Path
) -> None:
    assert "syncdoctor resync acme/xero --dry-run" in cli("history").out
    uid = cli("connection", "list", "--json").json["connections"][0]["uid"]
    with StateDB(home / "state" / "state.sqlite3") as db:
        sync = db.begin_sync(uid, acme, Trigger.MANUAL)
        db.end_sync(sync.id, SyncStatus.SUCCEEDED)
    assert "Not the provider's own host: 127.0.0.1:" in cli("history").out
    assert cli("history", "--json").json["stand_in_hosts"][0].startswith("127.0.0.1:")


def test_since_narrows_totals_as_well(cli: Cli, past: None) -> None:
    assert cli("history", "--since", "1h", "--json").json["total"] == 0
    assert cli("history", "--since", "4d", "--json").json["total"] == 6
    assert "0 syncs since" in cli("history", "--since", "1h").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--sync", "99"), 10, "There is no sync 99."),
        (("nobody",), 10, "There is no workspace 'nobody'."),
        (("--since", "soon"), 2, "expected 7d"),
        (("--since", "soon"), 2, "→ Take --since 7d"),
        (("--sync", "1", "--failed"), 2, "--sync goes with no other choice"),
        (("--limit", "0"), 2, "--limit"),
    ],
)
def test_wrong_usage(
    cli: Cli, past: None, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = cli("history", *arguments)
    assert ran.code == code
    assert said in ran.err


def test_a_removed_connection_keeps_its_history(cli: Cli, past: None) -> None:
    assert cli("connection", "list", "--json").json["connections"] == []
    assert cli("history", "acme/xero", "--json").json["total"] == 4


def test_a_damaged_file_is_said_and_history_begins_anew(cli: Cli, past: None, home: Path) -> None:
    path = home / "state" / "state.sqlite3"
    path.write_bytes(b"x" * 5000)
    ran = cli("history")
    assert ran.code == 0
    assert "it is kept as" in ran.err.replace("\n", " ")
    assert len(list(path.parent.glob("*.damaged-*"))) == 1
