"""Both ways against the embedded Google Calendar: nothing lost, doubled or undone unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Cli

from syncdoctor.providers.google_calendar.sandbox import seed
from syncdoctor.providers.google_calendar.sandbox.calendars import Calendar
from syncdoctor.sandbox.server import Running

DAY = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
WHEN = {"start": {"date": DAY}, "end": {"date": "2099-01-01"}}
Write = Callable[..., None]
Lines = Callable[[], dict[str, dict[str, Any]]]


@pytest.fixture
def write(home: Path, target: str) -> Write:
    """Write the source: titles and places by number."""

    def put(**titles: str) -> None:
        rows = [
            f'{n.replace("_", "-")},"{t}",{DAY}T09:00:00Z,{DAY}T10:00:00Z,\n'
            for n, t in titles.items()
        ]
        (home / "events.csv").write_text("number,title,start,end,location\n" + "".join(rows))

    return put


@pytest.fixture
def pulled(home: Path) -> Lines:
    """The lines of the file of pulled events, by number."""

    def lines() -> dict[str, dict[str, Any]]:
        text = (home / "events.google-calendar.pulled.jsonl").read_text()
        return {line["number"]: line for line in map(json.loads, text.splitlines())}

    return lines


def documents(out: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    *records, end = [json.loads(line) for line in out.splitlines()]
    return records, end


def test_events_go_there_and_what_people_change_comes_back(
    cli: Cli, target: str, write: Write, pulled: Lines, calendar: Calendar, by_hand: Any
) -> None:
    write(B_1="Boiler", B_2="Gutter")
    assert cli("resync", target).code == 0
    assert calendar.counted() == {"Boiler": 1, "Gutter": 1}
    assert set(pulled()) == {"B-1", "B-2"}
    by_hand("Boiler", location="There")
    by_hand("Gutter")
    calendar.insert({"summary": "Dentist", **WHEN}, datetime.now(UTC))
    ran = cli("resync", target, "--json")
    assert ran.code == 0
    records, end = documents(ran.out)
    told = {(r["change"], r["key"]) for r in records if r["direction"] == "pull"}
    assert told == {
        ("changed", "B-1"), ("deleted", "B-2"), ("created", "google:event00000000001"),
    }  # fmt: skip
    assert {r["direction"] for r in records} == {"push", "pull"}
    assert (end["counts"]["pulled"], end["pull"]["created"], end["pull"]["deleted"]) == (3, 1, 1)
    assert pulled()["B-1"]["location"] == "There"
    assert pulled()["B-2"]["status"] == "cancelled"  # told, not wiped
    (latest, _) = cli("history", target, "--json").json["syncs"]
    assert (latest["pulled"], latest["unchanged"]) == (3, 2)
    assert calendar.counted() == {"Boiler": 1, "Dentist": 1}  # what was deleted there stays so


def test_a_pulled_event_goes_back_to_where_it_came_from(
    cli: Cli, target: str, home: Path, calendar: Calendar, pulled: Lines
) -> None:
    calendar.insert({"summary": "Dentist", **WHEN}, datetime.now(UTC))
    (home / "events.csv").unlink()
    (home / "events.csv").write_text("number,title,start,end\n")
    assert cli("resync", target, "--source", str(home / "none.csv")).code == 2
    (home / "events.csv").write_text(f"number,title,start,end\nB-1,Boiler,{DAY},\n")
    assert cli("resync", target).code == 0
    (line,) = [one for one in pulled().values() if one["title"] == "Dentist"]
    source = home / "back.jsonl"
    source.write_text(json.dumps({**line, "title": "Dentist, moved"}) + "\n")
    assert cli("resync", target, "--source", str(source), "--conflicts", "product").code == 0
    assert calendar.counted() == {"Dentist, moved": 1, "Boiler": 1}
    own = home / "events.google-calendar.pulled.jsonl"
    assert cli("resync", target, "--source", str(own)).code == 2


@pytest.mark.parametrize(
    ("rule", "code", "left", "outcome"),
    [
        ("skip", 3, "Theirs", "rejected"),
        ("product", 0, "Ours", "confirmed"),
        ("provider", 0, "Theirs", "unchanged"),
    ],
)
def test_a_conflict_is_told_and_follows_the_rule(
    cli: Cli,
    target: str,
    write: Write,
    calendar: Calendar,
    by_hand: Any,
    rule: str,
    code: int,
    left: str,
    outcome: str,
) -> None:
    write(B_1="Boiler")
    assert cli("resync", target).code == 0
    by_hand("Boiler", summary="Theirs")
    write(B_1="Ours")
    assert cli("connection", "pick", target, "--setting", f"conflicts={rule}").code == 0
    dry = cli("resync", target, "--dry-run", "--json")
    assert calendar.counted() == {"Theirs": 1}
    assert "conflict" in {record["cause"] for record in documents(dry.out)[0]}
    ran = cli("resync", target, "--json")
    assert ran.code == code
    (told,) = [r for r in documents(ran.out)[0] if r["direction"] == "push"]
    assert (told["outcome"], told["cause"]) == (outcome, "conflict")
    assert calendar.counted() == {left: 1}
    # What was decided stays decided; what was skipped is told again.
    assert cli("resync", target).code == code
    assert calendar.counted() == {left: 1}


def test_a_resumed_sync_settles_conflicts_as_it_was_asked_to(
    cli: Cli, target: str, write: Write, calendar: Calendar, by_hand: Any, sandbox: Running
) -> None:
    write(B_1="Boiler")
    assert cli("resync", target).code == 0
    by_hand("Boiler", summary="Theirs")
    write(B_1="Ours")
    sandbox.world.switch_on("provider-down")
    assert cli("resync", target, "--conflicts", "product").code == 5
    sandbox.world.switch_off("provider-down")
    assert cli("resync", target, "--resume").code == 0
    assert calendar.counted() == {"Ours": 1}


def test_what_only_one_side_changed_is_no_conflict(
    cli: Cli, target: str, write: Write, calendar: Calendar, by_hand: Any, home: Path
) -> None:
    write(B_1="Boiler", B_2="Gutter")
    assert cli("resync", target).code == 0
    by_hand("Gutter", location="There")
    write(B_1="Boiler, moved", B_2="Gutter")
    assert cli("resync", target).code == 0
    assert calendar.counted() == {"Boiler, moved": 1, "Gutter": 1}
    by_hand("Gutter", summary="Roof")  # both sides come to say the same: no conflict either
    write(B_1="Boiler, moved", B_2="Roof")
    assert cli("resync", target).code == 0


def test_an_event_that_was_deleted_there_is_made_again_only_when_told_so(
    cli: Cli, target: str, write: Write, calendar: Calendar, by_hand: Any
) -> None:
    write(B_1="Boiler")
    assert cli("resync", target).code == 0
    by_hand("Boiler")
    write(B_1="Boiler, moved")
    refused = cli("resync", target)
    assert (refused.code, calendar.counted()) == (3, {})
    assert "was deleted in Google Calendar" in refused.out
    assert "--conflicts product" in refused.out
    assert cli("resync", target, "--conflicts", "product").code == 0
    assert calendar.counted() == {"Boiler, moved": 1}
    assert cli("resync", target, "--conflicts", "nobody").code == 2


def test_a_sync_token_that_ended_is_announced_and_wipes_nothing(
    cli: Cli, sandbox: Running, target: str, write: Write, pulled: Lines, home: Path
) -> None:
    write(B_1="Boiler")
    assert cli("resync", target).code == 0
    before = pulled()
    sandbox.world.switch_on("sync-token-expired", times=1)
    ran = cli("resync", target)
    assert ran.code == 0
    assert "Everything was read anew: Google Calendar asks for it (410 fullSyncRequired)" in ran.out
    assert pulled() == before
    (home / "events.google-calendar.pulled.jsonl").write_text("?\n")
    end = documents(cli("resync", target, "--json").out)[1]
    assert (end["pull"]["announced"], "damaged" in end["pull"]["full_sync"]) == (True, True)
    assert pulled() == before
    assert [p.read_text() for p in home.glob("*.damaged-*")] == ["?\n"]


def test_a_dry_run_changes_nothing_anywhere(
    cli: Cli, target: str, write: Write, calendar: Calendar, home: Path, by_hand: Any
) -> None:
    write(B_1="Boiler")
    calendar.insert({"summary": "Dentist", **WHEN}, datetime.now(UTC))
    ran = cli("resync", target, "--dry-run", "--json")
    assert ran.code == 0
    records, end = documents(ran.out)
    assert {(r["direction"], r["outcome"]) for r in records} == {
        ("push", "would-create"),
        ("pull", "would-pull"),
    }
    assert end["dry_run"] is True
    assert calendar.counted() == {"Dentist": 1}
    assert not list(home.glob("*.pulled.jsonl"))
    assert cli("resync", target).code == 0
    assert calendar.counted() == {"Boiler": 1, "Dentist": 1}


@pytest.mark.parametrize(
    ("scenario", "state", "cause"),
    [
        ("calendar-deleted", "setup-needed", "setting-missing"),
        ("permission-removed", "last-sync-failed", "permission-denied"),
    ],
)
def test_a_calendar_that_cannot_be_written_is_said_before_a_record_is_sent(
    cli: Cli, sandbox: Running, target: str, write: Write, scenario: str, state: str, cause: str
) -> None:
    write(B_1="Boiler")
    sandbox.world.switch_on(scenario)
    ran = cli("resync", target)
    assert ran.code == 1
    assert f"connection pick {target} --list" in ran.out
    (row,) = cli("status", "--json").json["connections"]
    (sync,) = cli("history", target, "--json").json["syncs"]
    assert (row["state"], sync["cause"]) == (state, cause)
    sandbox.world.switch_off(scenario)
    assert cli("resync", target, "--failed").code == 0


def test_another_calendar_gets_all_events_anew(
    cli: Cli, sandbox: Running, target: str, write: Write, calendar: Calendar
) -> None:
    write(B_1="Boiler")
    assert cli("resync", target).code == 0
    assert cli("connection", "pick", target, "--setting", f"calendar={seed.DEMO}").code == 0
    assert cli("resync", target, "--dry-run", "--json").out.count("would-create") >= 1
    assert cli("resync", target).code == 0
    provider: Any = sandbox.world.room("google-calendar").provider
    assert provider.calendar(seed.DEMO).counted() == {"Boiler": 1}
    assert calendar.counted() == {"Boiler": 1}  # what is there stays there


def test_one_bad_event_does_not_hold_up_the_others_and_other_kinds_are_left_out_by_name(
    cli: Cli, target: str, home: Path, calendar: Calendar
) -> None:
    (home / "events.csv").write_text(
        "kind,number,contact_name,title,start,end,date\n"
        f"event,B-1,,Boiler,{DAY},,\n"
        f"event,B-2,,Backwards,{DAY}T10:00:00Z,{DAY}T09:00:00Z,\n"
        f"invoice,I-1,Ada Ltd,,,,{DAY}\n"
    )
    ran = cli("resync", target)
    assert ran.code == 3
    assert "kind invoice, which the provider does not take" in ran.out
    assert "B-2: line 3, column end" in ran.out
    assert calendar.counted() == {"Boiler": 1}
