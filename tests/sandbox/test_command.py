"""``syncdoctor sandbox`` as a person and a script use it."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from syncdoctor.sandbox.scenarios import SCENARIOS
from syncdoctor.sandbox.server import Running

Cli = Callable[..., Any]


def test_lists_are_shown_for_people_and_scripts(cli: Cli) -> None:
    shown = cli("sandbox", "--list-faults")
    assert shown.code == 0
    assert "organisation-disconnected" in shown.out
    faults = cli("sandbox", "--list-faults", "--json").json["faults"]
    assert {"name", "summary", "params"} == set(faults[0])
    assert "reconnect-needed" in cli("sandbox", "--list-scenarios").out
    stories = cli("sandbox", "--list-scenarios", "--json").json["scenarios"]
    assert [story["name"] for story in stories] == list(SCENARIOS)


def test_faults_are_switched_in_a_running_sandbox(cli: Cli, sandbox: Running) -> None:
    ran = cli("sandbox", "--running", sandbox.url, "--scenario", "setup-needed")
    assert (ran.code, ran.out) == (0, "")
    assert set(sandbox.world.switchboard.active()) == set(SCENARIOS["setup-needed"].faults)
    setting = "account-archived:code=090,times=2,always=true"
    assert cli("sandbox", "--running", sandbox.url, "--fault", setting, "--json").json[
        "switched_on"
    ] == ["account-archived"]
    active = sandbox.world.switchboard.active()["account-archived"]
    assert active == {"code": "090", "times": 2, "always": True}
    cli("sandbox", "--running", sandbox.url)
    assert sandbox.world.switchboard.active() == {}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--fault", "nothing"), 2, "no fault called 'nothing'"),
        (("--fault", "slow:seconds"), 2, "is not KEY=VALUE"),
        (("--scenario", "nothing"), 2, "no scenario called 'nothing'"),
        (("--running", "http://127.0.0.1:9", "--fault", "slow"), 6, "No sandbox answers"),
    ],
)
def test_wrong_usage_has_a_sentence_and_a_hint(
    cli: Cli, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ran = cli("sandbox", *arguments)
    assert ran.code == code
    assert words in ran.err
    assert "→ syncdoctor sandbox" in ran.err


def test_a_fault_that_a_running_sandbox_does_not_know(cli: Cli, sandbox: Running) -> None:
    ran = cli("sandbox", "--running", sandbox.url, "--fault", "nothing")
    assert (ran.code, "no fault called 'nothing'" in ran.err) == (2, True)


def test_a_port_that_is_taken_is_named(cli: Cli, sandbox: Running) -> None:
    ran = cli("sandbox", "--port", str(sandbox.port))
    assert ran.code == 2
    assert f"Port {sandbox.port} of 127.0.0.1 cannot be used" in ran.err
    assert "syncdoctor sandbox --port 0" in ran.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_serves_until_it_is_told_to_end(number: signal.Signals, code: int) -> None:
    program = [sys.executable, "-m", "syncdoctor.cli.main", "sandbox", "--port", "0", "--json"]
    with subprocess.Popen(
        [*program, "--fault", "provider-down"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job would ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    ) as process:
        assert process.stdout
        assert process.stderr
        text = ""
        while not text.endswith("\n}\n"):
            text += process.stdout.readline()
        document = json.loads(text)
        assert document["faults"] == {"provider-down": {}}
        added = [command[:4] for command in document["commands"]]
        assert ["syncdoctor", "app", "add", "xero-sandbox"] in added
        urls = document["providers"]["xero"]
        assert httpx2.get(urls["connections"], trust_env=False).status_code == 503
        process.send_signal(number)
        assert process.wait(10) == code
        assert "Traceback" not in process.stderr.read()
        assert process.stdout.read() == ""


def test_the_printed_command_registers_the_app(cli: Cli, sandbox: Running) -> None:
    from syncdoctor.cli.sandbox import _set_up

    command = _set_up(sandbox.world, "xero", sandbox.app_urls("xero"))
    ran = cli(*shlex.split(command)[1:])
    assert ran.code == 0, ran.err
    shown = cli("app", "list", "--json").json["apps"][0]
    assert shown["urls"] == sandbox.app_urls("xero")
