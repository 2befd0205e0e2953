"""The five commands replayed from cassettes: no provider, no sandbox, no socket.

SYNCDOCTOR_RECORD=1 records them anew from the sandbox. Nothing was recorded from the live Xero.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import vcr
import yaml

from syncdoctor import redact
from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.scenarios import SCENARIOS
from syncdoctor.sandbox.server import Running

if TYPE_CHECKING:
    from tests.conftest import Cli, Ran

CASSETTES = Path(__file__).parents[2] / "cassettes" / "xero"
RECORD = bool(os.environ.get("SYNCDOCTOR_RECORD"))
PORT = 8790
ORIGIN = "from the sandbox, by tests/cli/test_cassettes.py; nothing was recorded from the live Xero"
COMMANDS = ("status", "diagnose", "reconnect", "resync", "history")
SOURCE = (
    "kind,number,contact_name,date,due_date,line_description,quantity,unit_amount,account\n"
    "invoice,V-1,Ada Ltd,2026-11-20,2026-12-20,Work,1,100.00,\n"
    "invoice,V-2,Bob Ltd,2026-11-20,2026-12-20,Parts,2,12.50,999\n"
)


class WithOrigin:
    """vcrpy's YAML, with where it came from at the top."""

    @staticmethod
    def serialize(cassette: dict[str, Any]) -> str:
        text: str = yaml.safe_dump({"origin": ORIGIN, **cassette}, sort_keys=False)
        return text

    @staticmethod
    def deserialize(text: str) -> Any:
        return yaml.safe_load(text)


def clean_request(request: Any) -> Any:
    if urlsplit(request.uri).path.endswith("/authorize"):
        return None  # the person's browser, not the program
    if request.body:
        request.body = redact.text(request.body.decode()).encode()
    request.headers = redact.Redactor().headers(dict(request.headers))
    return request


def clean_response(response: dict[str, Any]) -> dict[str, Any]:
    body = response.get("content") or response["body"]["string"]
    text = redact.text(body if isinstance(body, str) else body.decode())
    if "content" in response:
        response["content"] = text
    else:
        response["body"]["string"] = text.encode()
    return response


@contextmanager
def played(name: str) -> Iterator[None]:
    tape = vcr.VCR(
        record_mode="all" if RECORD else "none",
        match_on=["method", "scheme", "host", "port", "path", "query"],
        before_record_request=clean_request,
        before_record_response=clean_response,
    )
    tape.register_serializer("with-origin", WithOrigin)
    with tape.use_cassette(str(CASSETTES / f"{name}.yaml"), serializer="with-origin"):
        yield


class Story:
    """A connection at a fixed address; behind it the sandbox when recording, else nothing."""

    def __init__(self, cli: Cli, home: Path, sandbox: Running | None) -> None:
        self.cli = cli
        self.sandbox = sandbox
        source = home / "invoices.csv"
        source.write_text(SOURCE)
        base = f"http://127.0.0.1:{PORT}/xero"
        paths = {
            "authorize": "/identity/connect/authorize",
            "token": "/connect/token",
            "revoke": "/connect/revocation",
            "api": "/api.xro/2.0/",
            "connections": "/connections",
        }
        urls = [f"--url={key}={base}{path}" for key, path in paths.items()]
        settings = ("--setting=sales_account=200", "--setting=tax_type=OUTPUT2")
        for arguments in (
            ("app", "add", "xero", "--client-id=SANDBOX0CLIENT0ID", "--no-secret", *urls),
            ("connection", "add", "acme/xero", f"--source={source}", *settings),
        ):
            assert cli(*arguments).code == 0

    def sign_in(self) -> Ran:
        begun = self.cli("reconnect", "acme/xero", "--non-interactive", "--json").json
        url = begun["next_step"]["url"]
        state = parse_qs(urlsplit(url).query)["state"][0]
        back = f"http://localhost:8765/callback?code=played-back&state={state}"
        if self.sandbox is not None:
            back = approve(url)
        complete = ("--complete", begun["id"], "--redirect-url", back, "--no-sync")
        return self.cli("reconnect", "acme/xero", *complete)

    def happens(self, scenario: str) -> None:
        if self.sandbox is not None:
            for fault, params in SCENARIOS[scenario].faults.items():
                self.sandbox.world.switch_on(fault, **params)


@pytest.fixture
def story(cli: Cli, home: Path) -> Iterator[Story]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(Running(port=PORT)) if RECORD else None
        yield Story(cli, home, sandbox)


def test_status(story: Story, cli: Cli) -> None:
    with played("status"):
        assert story.sign_in().code == 0
        (row,) = cli("status", "--live", "--json").json["connections"]
    assert row["state"] == "healthy"


def test_diagnose(story: Story, cli: Cli) -> None:
    with played("diagnose"):
        assert story.sign_in().code == 0
        story.happens("permission-removed")
        ran = cli("diagnose", "acme/xero", "--json")
    (found,) = ran.json["connections"]
    assert ran.code == 1
    assert found["cause"] == "permission-denied"


def test_reconnect(story: Story, cli: Cli) -> None:
    with played("reconnect"):
        ran = story.sign_in()
    assert ran.code == 0
    assert "Demo Company (UK)" in ran.err


def test_resync(story: Story, cli: Cli) -> None:
    with played("resync"):
        assert story.sign_in().code == 0
        ran = cli("resync", "acme/xero", "--since", "2026-11-01", "--record", "V-1")
    assert ran.code == 0, ran.err


def test_history(story: Story, cli: Cli) -> None:
    with played("history"):
        assert story.sign_in().code == 0
        assert cli("resync", "acme/xero", "--since", "2026-11-01").code == 3
    (sync,) = cli("history", "acme/xero", "--json").json["syncs"]
    assert sync["status"] == "partial"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_cassette_says_where_it_came_from_and_holds_no_secret(name: str) -> None:
    text = (CASSETTES / f"{name}.yaml").read_text(encoding="utf-8")
    cassette = yaml.safe_load(text)
    assert cassette["origin"] == ORIGIN
    assert cassette["interactions"]
    assert redact.text(text) == text
    assert "Bearer ey" not in text
