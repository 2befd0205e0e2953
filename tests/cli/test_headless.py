"""What docs/headless.md tells to do on a machine without anybody, tried."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.auth.token import Token
from syncdoctor.config import Config
from syncdoctor.model import Ownership

if TYPE_CHECKING:
    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running

PAGE = Path(__file__).parents[2] / "docs" / "headless.md"
CREDENTIAL = "syncdoctor"


def blocks(kind: str) -> Iterator[str]:
    """The page's blocks of one kind."""
    yield from re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def nightly(cli: Cli, acme: str, home: Path) -> Path:
    """A connection that is signed in, whose access token has run out; as cron would call it."""
    vault = SealedFile(home / "state" / "tokens.sealed", PassphraseSource(str(home / "passphrase")))
    key = f"connection/{Config(home / 'config').connection(acme).uid}"
    past = datetime.now(UTC) - timedelta(hours=1)
    token = Token.from_json(str(vault.get(key)))
    vault.put(key, replace(token, expires_at=past).to_json())
    return home


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run as a timer does: no terminal, no session, only what the unit sets."""
    bare = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "SYNCDOCTOR_CONFIG_DIR": str(home / "config"),
        "SYNCDOCTOR_STATE_DIR": str(home / "state"),
        "SYNCDOCTOR_CACHE_DIR": os.environ["SYNCDOCTOR_CACHE_DIR"],
        "SYNCDOCTOR_STORE": "file",
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-m", "syncdoctor.cli.main", *arguments],
        env=bare, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_an_encrypted_file_opened_by_a_passphrase_file(nightly: Path) -> None:
    done = run(nightly, "status", "--live", SYNCDOCTOR_PASSPHRASE_FILE=f"{nightly}/passphrase")
    assert done.returncode == 0, done.stderr


def test_an_encrypted_file_opened_by_a_command(nightly: Path) -> None:
    command = f"cat {shlex.quote(str(nightly / 'passphrase'))}"
    done = run(nightly, "status", "--live", SYNCDOCTOR_PASSPHRASE_COMMAND=command)
    assert done.returncode == 0, done.stderr


def test_a_systemd_credential_is_a_file_like_any_other(nightly: Path) -> None:
    """Where the unit says %d/syncdoctor, the service gets such a path."""
    credentials = nightly / "credentials"
    credentials.mkdir(mode=0o700)
    shutil.copy(nightly / "passphrase", credentials / CREDENTIAL)
    (credentials / CREDENTIAL).chmod(0o400)
    done = run(
        nightly, "status", "--live",
        CREDENTIALS_DIRECTORY=str(credentials),
        SYNCDOCTOR_PASSPHRASE_FILE=str(credentials / CREDENTIAL),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("systemd-creds") is None, reason="needs systemd-creds")
def test_a_systemd_credential_read_by_systemds_own_program(nightly: Path) -> None:
    credentials = nightly / "credentials"
    credentials.mkdir(mode=0o700)
    shutil.copy(nightly / "passphrase", credentials / CREDENTIAL)
    done = run(
        nightly, "status", "--live",
        CREDENTIALS_DIRECTORY=str(credentials),
        SYNCDOCTOR_PASSPHRASE_COMMAND=f"systemd-creds cat {CREDENTIAL}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_lines_of_the_page(cli: Cli, home: Path) -> None:
    drop_ins = [block for block in blocks("ini") if "LoadCredential" in block]
    assert drop_ins
    units = cli("schedule", "--systemd", "--json").json["files"]
    place = home / "units"
    place.mkdir()
    for name, text in units.items():
        (place / Path(name).name).write_text(text)
    service = next(place.glob("*-resync.service"))
    (place / f"{service.name}.d").mkdir()
    (place / f"{service.name}.d" / "override.conf").write_text(drop_ins[0])
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *map(str, place.glob("*.service"))],
        capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if str(place) in line], done.stderr


def test_a_token_command_needs_no_store_at_all(nightly: Path, sandbox: Running) -> None:
    token = sandbox.world.connect("xero")["access_token"]
    script = nightly / "give-token"
    script.write_text(f"#!/bin/sh\necho {token}\n")
    script.chmod(0o700)
    config = Config(nightly / "config")
    connection = config.connection("acme/xero")
    settings = {**connection.settings, "token_command": str(script)}
    config.save_connection(replace(connection, settings=settings, ownership=Ownership.BORROWED))
    done = run(nightly, "status", "--live", SYNCDOCTOR_STORE="keyring")
    assert done.returncode == 0, done.stdout + done.stderr
    assert token not in done.stdout + done.stderr
