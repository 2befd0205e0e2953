"""Where there is next to nothing: no environment, no D-Bus, no terminal, a closed stdin."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdoctor.config import Config
from syncdoctor.model import App, Connection

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="elsewhere a keyring needs no D-Bus"
)
RECORDS = (
    "kind,number,contact_name,date,due_date,status,line_description,quantity,unit_amount\n"
    "invoice,INV-1,Juniper & Co,{date},{date},authorised,Advice,1,120\n"
)
NOWHERE = dict.fromkeys(("authorize", "token", "api", "connections"), "http://127.0.0.1:9/")


@dataclass
class Bare:
    """A home with a connection in the place where the platform has it, and nothing else."""

    home: Path

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Run as ``env -i PATH=… HOME=… syncdoctor … <&-``."""
        command = 'exec "$0" -m syncdoctor.cli.main "$@" <&-'
        bare = {"PATH": os.environ["PATH"], "HOME": str(self.home), **environment}
        done = subprocess.run(
            ["/bin/sh", "-c", command, sys.executable, *arguments],
            env=bare, cwd=self.home, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    config = Config(tmp_path / ".config" / "syncdoctor")
    config.save_app(App("xero", "xero", "CLIENT", "http://localhost:8765/callback", urls=NOWHERE))
    created = datetime(2026, 11, 1, tzinfo=UTC)
    config.save_connection(
        Connection("acme", "xero", "c-00000001", "xero", "xero", created, settings={"x": "y"})
    )
    return Bare(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["status"], 1),  # a required setting was never chosen: known without asking
        (["status", "--live"], 7),
        (["diagnose", "acme/xero"], 7),
        (["reconnect", "acme/xero"], 7),
        (["reconnect", "--all", "--keep-alive"], 7),
        (["resync", "acme/xero", "--source", "records.csv"], 1),  # refused before any token
        (["history"], 0),
        (["store", "status"], 7),
        (["store", "check"], 7),
        (["connection", "remove", "acme/xero"], 2),
        (["app", "add", "spare", "--provider", "xero", "--client-id", "X"], 2),
        (["app", "add", "xero", "--client-id", "X", "--secret-file", "-"], 2),
        (["explain", "-"], 2),
        (["explain"], 2),
        (["schedule", "--cron"], 0),
    ],
)
def test_an_exit_code_and_a_next_step(
    bare: Bare, shared_cache: Path, arguments: list[str], code: int
) -> None:
    (bare.home / ".cache").mkdir()
    (bare.home / ".cache" / "syncdoctor").symlink_to(shared_cache)  # it was run before
    (bare.home / "records.csv").write_text(RECORDS.format(date=datetime.now(UTC).date()))
    got, out, err = bare.run(*arguments)
    assert got == code, (out, err)
    if code == 7:
        assert "There is no OS keyring" in out + err
    if code in (2, 7) and "--live" not in arguments:
        assert "→" in out + err or "file" in err


def test_with_an_encrypted_file_everything_is_there_and_a_person_is_asked_for(
    bare: Bare,
) -> None:
    (bare.home / "passphrase").write_text("a passphrase that is long\n")
    store = {
        "SYNCDOCTOR_STORE": "file",
        "SYNCDOCTOR_PASSPHRASE_FILE": str(bare.home / "passphrase"),
    }
    assert bare.run("store", "check", **store)[0] == 0
    code, out, err = bare.run("reconnect", "acme/xero", **store)
    assert code == 4, err
    assert '"next_step"' in out
    code, _, err = bare.run("diagnose", "acme/xero", **store)
    assert code == 4, err
