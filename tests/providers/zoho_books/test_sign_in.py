"""Signing in to Zoho: its data centre, the header and the parameter of the organisation."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.conftest import Cli, sign_in

import syncdoctor.providers.zoho_books as folder
from syncdoctor.auth.authorisation import authorise
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.token import judge_token_answer
from syncdoctor.engine.data_centre import placed
from syncdoctor.engine.facts_file import provider_of
from syncdoctor.engine.table import parse_file
from syncdoctor.model import App, Organisation
from syncdoctor.providers.zoho_books.organisations import from_answer
from syncdoctor.sandbox.server import Running
from syncdoctor.wire.client import Client
from syncdoctor.wire.line import Line

FACTS = Path(str(folder.__file__)).with_name("facts.toml")
PROVIDER = provider_of(parse_file(FACTS), FACTS)
APP = App("zoho-books", "zoho-books", "1000.APP")


def answers(body: Any, seen: list[httpx2.Request]) -> httpx2.MockTransport:
    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=body)

    return httpx2.MockTransport(answer)


def test_consent_is_asked_for_lastingly_with_scopes_between_commas() -> None:
    url = authorise(APP, PROVIDER, "http://localhost:8765/callback").url
    assert url.startswith("https://accounts.zoho.com/oauth/v2/auth?")
    query = parse_qs(urlsplit(url).query)
    assert query["access_type"] == ["offline"]
    assert query["prompt"] == ["consent"]
    assert query["scope"][0].split(",")[0] == "ZohoBooks.settings.READ"
    assert " " not in query["scope"][0]


def test_calls_go_to_the_data_centre_with_zohos_scheme_and_the_organisation() -> None:
    seen: list[httpx2.Request] = []
    with Client(
        placed(PROVIDER, "eu"),
        APP,
        token=lambda _: "tok-0123456789",
        organisation=Organisation("60", "Org"),
        line=Line(answers({"code": 0}, seen)),
    ) as client:
        client.send("GET", "invoices", params={"page": "2"})
        client.send("GET", base="connections")
    assert str(seen[0].url) == "https://www.zohoapis.eu/books/v3/invoices?page=2&organization_id=60"
    assert seen[0].headers["authorization"] == "Zoho-oauthtoken tok-0123456789"
    assert str(seen[1].url) == "https://www.zohoapis.eu/books/v3/organizations"


def test_every_data_centre_is_among_the_hosts_that_a_token_may_go_to() -> None:
    for name in PROVIDER.data_centres:
        urls = placed(PROVIDER, name).urls
        hosts = {urlsplit(urls[key]).netloc for key in ("authorize", "token", "api", "connections")}
        assert hosts <= set(PROVIDER.hosts)
        assert len(hosts) == 2


def test_the_data_centre_of_a_sign_in_is_kept_and_an_override_wins(
    cli: Cli, sandbox: Running, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settings() -> Any:
        return cli("connection", "show", target, "--json").json["connection"]["settings"]

    assert settings()["data_centre"] == "us"
    room = sandbox.world.room("zoho-books")
    before = room.provider.token_answer

    def from_europe(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, told = before(status, body)
        return status, {**told, "api_domain": "https://www.zohoapis.eu"}

    monkeypatch.setattr(room.provider, "token_answer", from_europe)
    sign_in(cli, target)
    assert settings()["data_centre"] == "eu"
    assert cli("diagnose", target).code == 0  # the app's own URLs are asked, not zohoapis.eu


def test_an_error_with_a_good_status_is_no_token() -> None:
    def judged(body: Any) -> None:
        seen: list[httpx2.Request] = []
        with Client(PROVIDER, APP, line=Line(answers(body, seen))) as client:
            judge_token_answer(client.send("GET", base="connections"), target="acme/zoho-books")

    with pytest.raises(TokenRefused):
        judged({"error": "invalid_code"})
    with pytest.raises(TokenDelayed):  # ten tokens in ten minutes: no reason to sign in again
        judged({"error": "Access Denied"})


def test_organisations_are_read_from_a_whole_answer_alone() -> None:
    one = {"organization_id": 60, "name": "Org"}
    assert from_answer({"code": 0, "organizations": [one, {}, None]}) == (
        Organisation("60", "Org"),
    )
    assert from_answer({"code": 57, "message": "no"}) == ()
    assert from_answer("<html>") == ()
