"""The real program against the sandbox, as scripts and people run it."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import httpx2
import pytest

from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.config import Config
from syncdoctor.model import App, Connection
from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.server import Running
from syncdoctor.store.statedb import StateDB

if TYPE_CHECKING:
    from tests.conftest import Cli

SECRET = "planted-client-secret-0a1b2c"
PASSPHRASE = "planted passphrase of the store"


@dataclass
class Machine:
    """A home of its own, with an app and a connection whose provider is the sandbox."""

    sandbox: Running
    cli: Cli
    home: Path
    redirect: str
    environment: dict[str, str] = field(default_factory=dict)

    def store(self) -> SealedFile:
        passphrase = PassphraseSource(str(self.home / "passphrase"))
        return SealedFile(self.home / "state" / "tokens.sealed", passphrase)

    def add_connection(self, workspace: str, uid: str) -> Connection:
        added = Connection(
            workspace, "xero", uid, "xero", "xero", datetime(2026, 11, 1, tzinfo=UTC)
        )
        Config(self.home / "config").save_connection(added)
        return added

    def start(self, *arguments: str, **changes: object) -> subprocess.Popen[str]:
        values: dict[str, object] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "env": self.environment,
            **changes,
        }
        command = [sys.executable, "-m", "syncdoctor.cli.main", *arguments]
        return subprocess.Popen(command, **values)  # type: ignore[call-overload,no-any-return]

    def run(self, *arguments: str, **changes: object) -> tuple[int, str, str]:
        """Run in a process of its own."""
        process = self.start(*arguments, **changes)
        out, err = process.communicate(timeout=60)
        return self._clean(process.returncode, out, err)

    def here(self, *arguments: str) -> tuple[int, str, str]:
        """Run in this process, where nothing of the machine's matters."""
        ran = self.cli(*arguments)
        return self._clean(ran.code, ran.out, ran.err)

    def run_with_browser(self, *arguments: str) -> tuple[int, str, str]:
        """Run where the browser is a script, behind which somebody allows the access."""
        script, asked = self.home / "browser", self.home / "asked"
        script.write_text(f'#!/bin/sh\nprintf %s "$1" > {asked}\n')
        script.chmod(0o700)
        asked.unlink(missing_ok=True)
        os.mkfifo(asked, 0o600)

        def allow() -> None:
            if url := asked.read_text():  # waits until the browser is opened
                httpx2.get(approve(url), timeout=30)

        person = Thread(target=allow, daemon=True)
        person.start()
        try:
            return self.run(*arguments, env={**self.environment, "BROWSER": f"{script} %s"})
        finally:
            # One who was never asked waits no longer.
            os.close(os.open(asked, os.O_RDWR | os.O_NONBLOCK))
            person.join(10)
            asked.unlink()

    @staticmethod
    def _clean(code: int, out: str, err: str) -> tuple[int, str, str]:
        assert "Traceback" not in err
        for secret in (SECRET, PASSPHRASE, "eyJ"):
            assert secret not in out + err
        return code, out, err


def first_url(process: subprocess.Popen[str]) -> str:
    """The address that the program prints."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("http"):
            return line.strip()
    raise AssertionError("no address was printed")


def rest_of(process: subprocess.Popen[str]) -> str:
    """What the program says after its address, until it ends."""
    assert process.stderr is not None
    assert process.stdout is not None
    said = process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    process.wait(20)
    return said


@pytest.fixture
def machine(sandbox: Running, cli: Cli, tmp_path: Path, shared_cache: Path) -> Machine:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        redirect = f"http://localhost:{probe.getsockname()[1]}/callback"
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    sandbox.world.register_client("xero", "CLIENT", secret=SECRET, redirect_uris=(redirect,))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SYNCDOCTOR_CONFIG_DIR": str(tmp_path / "config"),
        "SYNCDOCTOR_STATE_DIR": str(tmp_path / "state"),
        "SYNCDOCTOR_CACHE_DIR": str(shared_cache),
        "SYNCDOCTOR_STORE": "file",
        "SYNCDOCTOR_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
    }
    made = Machine(sandbox, cli, tmp_path, redirect, environment)
    config = Config(tmp_path / "config")
    config.save_app(App("xero", "xero", "CLIENT", redirect, urls=sandbox.app_urls("xero")))
    made.add_connection("acme", "c-00000001")
    made.store().put("app/xero", SECRET)
    return made


def test_a_browser_is_opened_and_the_organisation_is_named(machine: Machine) -> None:
    code, out, err = machine.run_with_browser("reconnect", "acme/xero", "--no-sync")
    assert code == 0, err
    assert "Reconnected acme/xero to Demo Company (UK)" in err
    assert "stands in for Xero" in err
    assert out == ""
    kept = Config(machine.home / "config").connection("acme/xero")
    assert kept.organisation is not None
    assert kept.organisation.name == "Demo Company (UK)"
    assert machine.store().get("connection/c-00000001")
    with StateDB(machine.home / "state" / "state.sqlite3") as state:
        assert [change.what for change in state.changes(kept.uid)] == ["reconnected"]


def test_json_is_one_line_on_stdout(machine: Machine) -> None:
    code, out, err = machine.run_with_browser("reconnect", "acme/xero", "--no-sync", "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["schema"] == "syncdoctor.reconnect/1"
    assert document["reconnected"] is True
    assert document["organisation"]["name"] == "Demo Company (UK)"
    assert document["exit_code"] == 0


def test_without_a_browser_the_address_and_the_tunnel_are_printed(machine: Machine) -> None:
    ssh = {"SSH_CONNECTION": "192.0.2.9 51000 198.51.100.7 2222", "USER": "ana"}
    process = machine.start(
        "reconnect", "acme/xero", "--no-sync", env={**machine.environment, **ssh}
    )
    url = first_url(process)
    page = httpx2.get(approve(url), timeout=30)
    rest = rest_of(process)
    assert process.returncode == 0
    port = machine.redirect.split(":")[2].split("/")[0]
    assert f"ssh -p 2222 -L {port}:127.0.0.1:{port} ana@198.51.100.7\n" in rest
    assert "Xero is connected" in page.text


def test_a_redirect_is_pasted_at_a_terminal(machine: Machine) -> None:
    ours, theirs = pty.openpty()
    process = machine.start("reconnect", "acme/xero", "--no-browser", "--no-sync", stdin=theirs)
    os.close(theirs)
    url = first_url(process)
    os.write(ours, f"{approve(url)}\n".encode())
    rest = rest_of(process)
    os.close(ours)
    assert process.returncode == 0, rest
    assert "Or paste here" in rest
    assert "Reconnected" in rest


def test_nobody_is_there_and_somebody_completes_it(machine: Machine) -> None:
    chosen = ["--organisation", "Demo Company (UK)", "--allow-other-organisation", "--no-sync"]
    code, out, err = machine.here("reconnect", "acme/xero", "--non-interactive", *chosen)
    assert code == 4, err
    document = json.loads(out)
    assert document["exit_code"] == 4
    step = document["next_step"]
    command = step["command"]
    assert command[:3] == ["syncdoctor", "reconnect", "acme/xero"]
    assert command[5:-2] == chosen
    location = approve(step["url"])
    command[-1] = location
    code, _, err = machine.here(*command[1:])
    assert code == 0, err
    assert "Reconnected acme/xero" in err
    code, _, err = machine.here(*command[1:])
    assert code == 10


def test_a_pasted_address_finds_its_sign_in_by_itself(machine: Machine) -> None:
    machine.here("reconnect", "acme/xero", "--non-interactive")
    _, out, _ = machine.here("reconnect", "acme/xero", "--non-interactive")
    location = approve(json.loads(out)["next_step"]["url"])
    process = machine.start(
        "reconnect", "acme/xero", "--paste", "-", "--no-sync", stdin=subprocess.PIPE
    )
    _, err = process.communicate(location + "\n", timeout=30)
    assert process.returncode == 0, err


def test_a_wrong_address_completes_nothing(machine: Machine) -> None:
    _, out, _ = machine.here("reconnect", "acme/xero", "--non-interactive")
    identity = json.loads(out)["id"]
    complete = ["reconnect", "acme/xero", "--complete", identity, "--redirect-url"]
    code, _, err = machine.here(*complete, "https://evil.example/?code=1&state=2")
    assert code == 2
    assert "does not begin with" in err
    assert machine.here("reconnect", "acme/xero", "--paste", "nonsense")[0] == 2
    code, _, _ = machine.here("reconnect", "acme/xero", "--complete", "none", "--redirect-url", "x")
    assert code == 10


@pytest.mark.parametrize("arguments", [[], ["--no-input"], ["--json"]])
def test_cron_gets_the_next_step_at_once(machine: Machine, arguments: list[str]) -> None:
    started = time.monotonic()
    code, out, _ = machine.run("reconnect", "acme/xero", *arguments)
    assert code == 4
    assert json.loads(out)["next_step"]["url"].startswith("http")
    assert time.monotonic() - started < 10


def test_a_closed_stdin_is_no_trouble(machine: Machine) -> None:
    command = f"exec {sys.executable} -m syncdoctor.cli.main reconnect acme/xero <&-"
    done = subprocess.run(
        ["sh", "-c", command],
        env=machine.environment, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr


def test_nothing_but_path_and_home_says_which_store_is_missing(machine: Machine) -> None:
    bare = {name: machine.environment[name] for name in ("PATH", "HOME")}
    config = ["--config-dir", str(machine.home / "config")]
    code, out, err = machine.run("reconnect", "acme/xero", *config, env=bare)
    assert code == 7
    assert out == ""
    assert "There is no OS keyring" in err
    assert "SYNCDOCTOR_STORE=file" in err


def test_time_runs_out(machine: Machine) -> None:
    code, _, err = machine.run("reconnect", "acme/xero", "--no-browser", "--timeout", "1")
    assert code == 8
    assert "Nobody signed in within 1 second." in err
    assert "→ syncdoctor reconnect acme/xero" in err


def test_ctrl_c_cancels(machine: Machine) -> None:
    process = machine.start("reconnect", "acme/xero", "--no-browser")
    first_url(process)
    assert process.stderr is not None
    while "Ctrl-C cancels" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    rest_of(process)
    assert process.returncode == 130


def test_declining_is_cancelled(machine: Machine) -> None:
    process = machine.start("reconnect", "acme/xero", "--no-browser")
    url = first_url(process)
    page = httpx2.get(approve(url, allow=False), timeout=30)
    rest_of(process)
    assert process.returncode == 8
    assert "declined" in page.text


def test_another_organisation_is_refused_with_nine(machine: Machine) -> None:
    assert machine.run_with_browser("reconnect", "acme/xero", "--no-sync")[0] == 0
    machine.sandbox.world.switch_on("demo-company-reset")
    code, _, err = machine.run_with_browser("reconnect", "acme/xero")
    assert code == 9
    assert "--allow-other-organisation" in err
    allowed = ["--allow-other-organisation", "--no-sync"]
    assert machine.run_with_browser("reconnect", "acme/xero", *allowed)[0] == 0


def test_what_cannot_be_meant_is_wrong_usage(machine: Machine) -> None:
    for arguments in (
        [],
        ["acme/xero", "--all"],
        ["acme/xero", "--complete", "x"],
        ["acme/xero", "--device", "--non-interactive"],
        ["acme/xero", "--device"],
        ["acme/xero", "--timeout", "0"],
    ):
        code, _, err = machine.here("reconnect", *arguments)
        assert code == 2, (arguments, err)
    assert machine.here("reconnect", "acme/nothing")[0] == 10
    assert machine.here("reconnect", "nobody/xero")[0] == 10


def test_all_problems_walks_through_those_that_need_it(machine: Machine) -> None:
    machine.add_connection("bolt", "c-00000002")
    assert machine.run_with_browser("reconnect", "acme/xero", "--no-sync")[0] == 0
    machine.here("status", "--live")
    arguments = ["reconnect", "--all", "--problems", "--no-sync"]
    code, _, err = machine.run_with_browser(*arguments)
    assert code == 0, err
    assert "Reconnected bolt/xero" in err
    assert "Reconnected acme/xero" not in err
    code, _, err = machine.run_with_browser(*arguments)
    assert (code, err) == (0, "No connection needs anybody to sign in.\n")


def test_the_stale_link_is_dropped_first(machine: Machine) -> None:
    assert machine.run_with_browser("reconnect", "acme/xero", "--no-sync")[0] == 0
    arguments = ["reconnect", "acme/xero", "--no-sync", "--remove-existing"]
    code, _, err = machine.run_with_browser(*arguments)
    assert code == 0
    assert "The existing link to Demo Company (UK) was dropped." in err


def test_no_secret_lies_in_any_file(machine: Machine) -> None:
    assert machine.run_with_browser("reconnect", "acme/xero", "--no-sync")[0] == 0
    machine.here("reconnect", "acme/xero", "--non-interactive")
    for path in machine.home.rglob("*"):
        if path.is_file() and path.name != "passphrase":
            content = path.read_bytes()
            for secret in (SECRET, PASSPHRASE, "eyJhbGciOi", "eyJ0eXAiOi", "refresh_token"):
                assert secret.encode() not in content, path
            assert path.name == "browser" or path.stat().st_mode & 0o077 == 0, path
