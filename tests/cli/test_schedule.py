from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Cli

OTHERS = "# mine\nMAILTO=ana@example.com\n5 4 * * * /usr/bin/true  # 100\\% mine, no newline after"
# As crontab(1): -l prints it or says that there is none, - takes the new one from stdin.
CRONTAB = """#!/bin/sh
case "$1" in
-l) [ -f "$FILE" ] && exec cat "$FILE"; echo "no crontab for ana" >&2; exit 1;;
-) [ -e "$FILE.refuse" ] && { echo "bad minute" >&2; exit 1; }; cat > "$FILE";;
esac
"""
SYSTEMCTL = """#!/bin/sh
echo "$@" >> "$FILE"
[ -e "$FILE.refuse" ] && { echo "Failed to connect to bus" >&2; exit 1; }
exit 0
"""


@pytest.fixture
def programs(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for ``crontab`` and ``systemctl`` on the path; they keep what they are given."""
    place = home / "bin"
    place.mkdir()
    for name, script in (("crontab", CRONTAB), ("systemctl", SYSTEMCTL)):
        (place / name).write_text(script.replace("$FILE", str(home / name)))
        (place / name).chmod(0o700)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    return home


def test_the_cron_line_is_printed_and_nothing_is_changed(cli: Cli, programs: Path) -> None:
    ran = cli("schedule", "--cron", "--at", "3:05")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("5 3 * * * SYNCDOCTOR_CONFIG_DIR=")
    assert lines[1].endswith("syncdoctor resync --all --automatic")
    assert lines[2].startswith("55 2 * * * ")
    assert lines[2].endswith("syncdoctor reconnect --all --keep-alive --quiet")
    assert f"SYNCDOCTOR_PASSPHRASE_FILE={programs / 'passphrase'}" in lines[1]
    assert "syncdoctor schedule --cron --install" in ran.err
    assert not (programs / "crontab").exists()


@pytest.mark.parametrize("others", [None, "", OTHERS, OTHERS + "\n"])
def test_the_crontab_of_others_is_left_as_it_is(
    cli: Cli, programs: Path, others: str | None
) -> None:
    file = programs / "crontab"
    if others is not None:
        file.write_text(others)
    assert cli("schedule", "--cron", "--install").code == 0
    once = file.read_text()
    assert once.startswith(others or "")
    assert once.count("resync --all") == 1
    again = cli("schedule", "--cron", "--install")
    assert file.read_text() == once
    assert "already" in again.err
    assert cli("schedule", "--cron", "--install", "--at", "04:00", "--no-keep-alive").code == 0
    moved = file.read_text()
    assert "0 4 * * * " in moved
    assert "keep-alive" not in moved
    with file.open("a") as end:
        end.write("1 1 * * * /added/later\n")
    assert cli("schedule", "--cron", "--remove").code == 0
    newline = "" if not others or others.endswith("\n") else "\n"
    assert file.read_text() == f"{others or ''}{newline}1 1 * * * /added/later\n"
    assert "not in the crontab" in cli("schedule", "--cron", "--remove").err


def test_two_configurations_do_not_replace_each_other(cli: Cli, programs: Path) -> None:
    assert cli("schedule", "--cron", "--install").code == 0
    assert cli("schedule", "--cron", "--install", "--config-dir", str(programs / "two")).code == 0
    assert (programs / "crontab").read_text().count("resync --all") == 2
    assert cli("schedule", "--cron", "--remove").code == 0
    assert str(programs / "two") in (programs / "crontab").read_text()


def test_changed_marks_stop_it(cli: Cli, programs: Path) -> None:
    cli("schedule", "--cron", "--install")
    file = programs / "crontab"
    broken = "".join(file.read_text().splitlines(keepends=True)[:-1])
    file.write_text(broken)
    for flag in ("--install", "--remove"):
        ran = cli("schedule", "--cron", flag)
        assert ran.code == 2
        assert "crontab -e" in ran.err
    assert file.read_text() == broken


def test_a_crontab_that_refuses_is_said(cli: Cli, programs: Path) -> None:
    (programs / "crontab.refuse").touch()
    ran = cli("schedule", "--cron", "--install")
    assert ran.code == 6
    assert "bad minute" in ran.err


def test_the_cron_line_runs_with_nothing_but_its_own_words(
    cli: Cli, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As cron runs it: sh -c, an empty environment, no stdin; %, quotes and blanks survive."""
    odd = programs / "it's 100% odd"
    monkeypatch.setenv("SYNCDOCTOR_STATE_DIR", str(odd))
    line = cli("schedule", "--cron", "--config-dir", str(programs / "config")).out.splitlines()[2]
    command = line.split(" ", 5)[5].replace("\\%", "%").replace("--keep-alive", "--problems")
    done = subprocess.run(
        ["/bin/sh", "-c", command], env={"HOME": str(programs), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (odd / "state.sqlite3").exists()


def test_timers_are_written_started_and_taken_away(cli: Cli, programs: Path) -> None:
    ran = cli("schedule", "--systemd", "--install")
    assert ran.code == 0, ran.err
    place = programs / "xdg" / "systemd" / "user"
    names = sorted(p.name.split("-", 2)[2] for p in place.iterdir())
    assert names == ["keep-alive.service", "keep-alive.timer", "resync.service", "resync.timer"]
    assert all(p.stat().st_mode & 0o077 == 0 for p in place.iterdir())
    calls = (programs / "systemctl").read_text()
    assert "--user --no-ask-password enable --now" in calls
    assert "already" in cli("schedule", "--systemd", "--install").err
    assert (programs / "systemctl").read_text() == calls
    assert cli("schedule", "--systemd", "--install", "--no-keep-alive").code == 0
    assert len(list(place.iterdir())) == 2
    assert cli("schedule", "--systemd", "--remove").code == 0
    assert list(place.iterdir()) == []
    assert "disable --now" in (programs / "systemctl").read_text()
    assert "not in systemd" in cli("schedule", "--systemd", "--remove").err


def test_units_that_systemd_does_not_take_are_not_left_behind(cli: Cli, programs: Path) -> None:
    (programs / "systemctl.refuse").touch()
    ran = cli("schedule", "--systemd", "--install")
    assert ran.code == 6
    assert "Failed to connect to bus" in ran.err
    assert not list((programs / "xdg").rglob("syncdoctor-*"))


def test_a_unit_of_somebody_else_is_not_overwritten(cli: Cli, programs: Path) -> None:
    cli("schedule", "--systemd", "--install")
    (unit,) = (programs / "xdg").rglob("*-resync.timer")
    unit.write_text("[Timer]\n")
    ran = cli("schedule", "--systemd", "--install", "--at", "05:00")
    assert ran.code == 2
    assert unit.read_text() == "[Timer]\n"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_takes_the_units(
    cli: Cli, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCDOCTOR_STATE_DIR", str(programs / 'a "100%" $HOME \\ path'))
    units = cli("schedule", "--systemd", "--json").json["files"]
    place = programs / "units"
    place.mkdir()
    for name, text in units.items():
        (place / Path(name).name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *map(str, place.iterdir())],
        capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(programs), "XDG_RUNTIME_DIR": str(programs)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if str(place) in line], done.stderr


def test_json_names_jobs_and_files(cli: Cli, programs: Path) -> None:
    document = cli("schedule", "--cron", "--json").json
    assert document["schema"] == "syncdoctor.schedule/1"
    assert document["kind"] == "cron"
    assert document["installed"] is None
    assert [job["at"] for job in document["jobs"]] == ["02:30", "02:20"]
    assert document["jobs"][0]["command"] == ["syncdoctor", "resync", "--all", "--automatic"]
    assert "resync --all" in document["files"]["crontab"]
    assert cli("schedule", "--cron", "--install", "--json").json["installed"] is True


def test_what_would_keep_a_timer_from_the_tokens_is_said(
    cli: Cli, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Note" not in cli("schedule", "--cron").err
    monkeypatch.delenv("SYNCDOCTOR_PASSPHRASE_FILE")
    monkeypatch.setenv("SYNCDOCTOR_PASSPHRASE_COMMAND", "printf planted-passphrase")
    ran = cli("schedule", "--cron")
    assert "SYNCDOCTOR_PASSPHRASE_FILE" in ran.err
    assert "planted" not in ran.out
    monkeypatch.delenv("SYNCDOCTOR_STORE")
    assert "keyring is seldom open" in cli("schedule", "--cron").err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--at", "24:00"), ("--at", "2.30"), ("--at", "02:60"), ("--at", "x:y"), ("--at", "-1:00"),
        ("--cron", "--systemd"), ("--install", "--remove"),
    ],
)  # fmt: skip
def test_wrong_usage(cli: Cli, programs: Path, arguments: tuple[str, ...]) -> None:
    ran = cli("schedule", *arguments)
    assert ran.code == 2
    assert "→ syncdoctor schedule" in ran.err


def test_without_cron_or_systemd_the_other_one_is_named(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home))
    assert "schedule --systemd" in cli("schedule", "--cron", "--install").err
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    ran = cli("schedule", "--systemd", "--install")
    assert "schedule --cron" in ran.err
    assert not list(home.rglob("syncdoctor-*"))


def test_the_url_of_the_state_is_written_down_but_never_a_password(
    cli: Cli, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncdoctor.store.place._Chosen.url", None)  # and put back at the end
    url = "postgresql://ana@db.example.com/books"
    monkeypatch.setenv("SYNCDOCTOR_STATE_URL", url)
    assert url in cli("schedule", "--cron").out
    for secret in (url.replace("ana@", "ana:planted@"), f"{url}?password=planted"):
        monkeypatch.setenv("SYNCDOCTOR_STATE_URL", secret)
        ran = cli("schedule", "--cron")
        assert ran.code == 2
        assert "~/.pgpass" in ran.err
        assert "planted" not in ran.out + ran.err
