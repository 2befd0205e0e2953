from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor.sandbox.person import approve

if TYPE_CHECKING:
    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running


def words(file: Path) -> str:
    """The text of a picture or page as it is read."""
    source = re.sub(r"(?s)<style.*?</style>|<title>.*?</title>", "", file.read_text())
    text = html.unescape(re.sub(r"<[^>]*>", " ", source))
    return " ".join(text.replace("\u00a0", " ").split())


@pytest.mark.parametrize("name", ["session.svg", "session.html"])
def test_the_session_is_kept_without_its_secrets(
    cli: Cli, acme: str, home: Path, name: str
) -> None:
    file = home / name
    begun = cli("reconnect", acme, "--non-interactive", "--json").json
    url = approve(begun["next_step"]["url"])
    given = ["--complete", begun["id"], "--redirect-url", url]
    ran = cli("reconnect", acme, *given, "--no-sync", "--record", str(file))
    assert ran.code == 0, ran.err
    assert f"The session is in {file}" in ran.err
    shown = words(file)
    assert "$ syncdoctor reconnect acme/xero" in shown
    assert "Reconnected acme/xero to Demo Company (UK)" in shown
    assert file.stat().st_mode & 0o077 == 0
    source = file.read_text()
    assert "cdnjs" not in source
    for secret in re.findall(r"(?:code|state)=([^&]+)", url):
        assert secret not in source


def test_the_address_is_kept_without_its_state(cli: Cli, acme: str, home: Path) -> None:
    file = home / "session.html"
    ran = cli("reconnect", acme, "--non-interactive", "--record", str(file))
    assert ran.code == 4
    state = re.search(r"state=([\w-]+)", ran.out)
    assert state is not None
    assert state[1] not in file.read_text()
    assert "state=[redacted]" in words(file)
    assert "client_id=" in words(file)


def test_a_failure_is_in_it_with_its_hint(
    cli: Cli, acme: str, home: Path, sandbox: Running
) -> None:
    file = home / "session.svg"
    ran = cli("reconnect", acme, "--no-browser", "--timeout", "1", "--record", str(file))
    assert ran.code == 8
    shown = words(file)
    assert "Nobody signed in within 1 second. Nothing has changed." in shown
    assert "→ syncdoctor reconnect acme/xero" in shown


@pytest.mark.parametrize("name", ["session.txt", "session", "no/such/directory/session.svg"])
def test_a_file_that_cannot_be_is_refused_before_anybody_signs_in(
    cli: Cli, acme: str, home: Path, name: str
) -> None:
    ran = cli("reconnect", acme, "--non-interactive", "--record", str(home / name))
    assert ran.code == 2
    assert ran.out == ""
