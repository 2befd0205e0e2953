from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor.cli import streams
from syncdoctor.errors import UsageError

if TYPE_CHECKING:
    from tests.conftest import Cli

FULL = Path("/dev/full")
PROGRAM = f"'{sys.executable}' -m syncdoctor.cli.main"


@pytest.fixture
def unread() -> Iterator[streams.Outlet]:
    """A pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    with streams.Outlet(writer) as outlet:
        yield outlet
    os.close(writer)


def test_what_nobody_reads_goes_nowhere(unread: streams.Outlet) -> None:
    assert unread.write(b"more") == 4
    assert unread.lost


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is full")
def test_a_full_disk_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with FULL.open("wb") as file:
        monkeypatch.setattr(streams, "STDOUT", file.fileno())
        outlet = streams.Outlet(file.fileno())
        with pytest.raises(UsageError, match="No space left"):
            outlet.write(b"more")
        assert outlet.write(b"more") == 4


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is full")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"{PROGRAM} nosuch --json | true", 2),
        (f"{PROGRAM} --version | true", 0),
        (f"{PROGRAM} --version >&-", 0),
        (f"{PROGRAM} status --json >/dev/full", 2),
        (f"PYTHONIOENCODING=latin-1 {PROGRAM} status", 0),
    ],
)
def test_streams_of_every_sort(home: Path, line: str, code: int) -> None:
    done = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", line],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    done.stdout.decode("latin-1")


def test_marks_keep_their_meaning_where_the_encoding_has_them_not() -> None:
    error = UnicodeEncodeError("latin-1", "✖ → ◌", 0, 5, "")
    assert streams._plain(error) == ("x?->??", 5)


@pytest.mark.parametrize("arguments", [(), ("keys",), ("connection",)])
def test_without_a_command_the_help_says_it_all(cli: Cli, arguments: tuple[str, ...]) -> None:
    ran = cli(*arguments)
    assert ran.code == 2
    assert "Usage: " in ran.out
    assert ran.err == ""


def test_an_error_document_says_when(cli: Cli) -> None:
    assert cli("history", "nobody", "--json").json.keys() >= {"tool", "generated_at", "exit_code"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("app", "add", "xero", "--client-id", "X", "--no-secret", "--config-dir", "FILE"),
        ("schedule", "--cron", "--config-dir", "FILE"),
        ("status", "--config-dir", "FILE"),
    ],
)
def test_a_place_that_takes_no_file_is_no_defect(
    cli: Cli, home: Path, arguments: tuple[str, ...]
) -> None:
    (home / "file").write_text("")
    ran = cli(*(str(home / "file") if a == "FILE" else a for a in arguments))
    assert ran.code == (0 if arguments[0] == "schedule" else 2)
    assert "defect" not in ran.err


def test_a_state_directory_that_takes_no_file_is_not_the_token_store(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("SYNCDOCTOR_STATE_DIR", str(home / "file"))
    ran = cli("history")
    assert ran.code == 2
    assert "SYNCDOCTOR_STATE_DIR" in ran.err


def test_an_argument_that_is_no_text_is_said(cli: Cli) -> None:
    assert cli("explain", "a\udcffb", "--json").json["error"]["message"].endswith('"a?b".')
