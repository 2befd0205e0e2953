"""``status --live`` over several connections: states as ``diagnose`` has them, and no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from syncdoctor import rounds

if TYPE_CHECKING:
    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running

FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("organisation-disconnected", {}),
    ("rate-limit-minute", {}),
    ("drop-connection", {}),
    ("malformed-json", {"path": "Accounts"}),
    ("scope-removed", {}),
)


def test_states_are_those_of_a_diagnosis(cli: Cli, acme: str, sandbox: Running) -> None:
    for fault, params in FAULTS:
        sandbox.world.switch_on(fault, **params)
        (row,) = cli("status", "--live", "--json").json["connections"]
        (found,) = cli("diagnose", acme, "--json").json["connections"]
        assert (fault, row["state"], row["cause"]) == (fault, found["state"], found["cause"])
        sandbox.world.switch_off(fault)


def test_what_was_found_before_an_interruption_is_kept(
    cli: Cli, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rounds.diagnose_all

    def interrupted(*arguments: Any, **options: Any) -> Iterator[Any]:
        yield from whole(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(rounds, "diagnose_all", interrupted)
    assert cli("status", "--live").code == 130
    (row,) = cli("status", "--json").json["connections"]
    assert row["state"] == "healthy"


def test_a_bar_counts_many_connections_on_a_terminal_alone(
    cli: Cli, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncdoctor.cli.progress.FEWEST", 1)
    assert cli("status", "--live").err == ""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "1/1" in cli("status", "--live").err
    assert cli("status", "--live", "--json").err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--jobs", "4"), "goes with --live"), (("--live", "--jobs", "0"), "--jobs")],
)
def test_wrong_usage_of_jobs(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    ran = cli("status", *arguments)
    assert ran.code == 2
    assert said in ran.err
