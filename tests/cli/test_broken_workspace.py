"""One workspace that cannot be read is said, and stops nothing of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import Cli

ENTRY = 'uid = "c-1"\napp = "xero-sandbox"\ncreated = 2026-11-01T00:00:00Z\n'
BROKEN = {
    "syntax": 'plan = "pro\n[connections.xero]\n',
    "provider": f'[connections.sage]\nprovider = "sage"\n{ENTRY}',
    "guide": f'guide = "nosuch"\n[connections.xero]\nprovider = "xero"\n{ENTRY}',
}


@pytest.fixture(params=BROKEN)
def broken(request: pytest.FixtureRequest, home: Path, acme: str) -> str:
    """A workspace beside that of ``acme``; its name."""
    del acme
    (home / "config" / "workspaces" / "zeta.toml").write_text(BROKEN[request.param])
    return str(request.param)


@pytest.mark.parametrize("command", [("status", "--live"), ("diagnose", "--all")])
def test_the_others_are_looked_at_and_the_broken_one_is_told(
    cli: Cli, broken: str, command: tuple[str, ...]
) -> None:
    ran = cli(*command, "--json")
    assert ran.code == (10 if broken == "guide" else 2)
    document = ran.json
    assert document["exit_code"] == ran.code
    (found,) = document["connections"]
    assert (found["target"], found["state"]) == ("acme/xero", "healthy")
    assert "It is left out." in ran.err
    assert "zeta" in ran.err or "nosuch" in ran.err


def test_a_target_that_is_broken_is_the_error_itself(cli: Cli, broken: str) -> None:
    ran = cli("status", "zeta")
    assert ran.code == (10 if broken == "guide" else 2)
    assert "left out" not in ran.err


def test_a_nightly_renewal_goes_on(cli: Cli, acme: str, home: Path) -> None:
    (home / "config" / "workspaces" / "zeta.toml").write_text(BROKEN["syntax"])
    ran = cli("reconnect", "--all", "--keep-alive", "--json")
    assert [one["target"] for one in ran.json["connections"]] == [acme]
    assert ran.code == ran.json["exit_code"] == 2
