"""Connections whose settings name the address: nothing is sent anywhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

import syncdoctor.providers
from syncdoctor.engine.facts_file import provider_of
from syncdoctor.engine.provider import Provider
from syncdoctor.engine.table import parse_file
from syncdoctor.errors import ConfigError, Guarded, UsageError
from syncdoctor.model import App, Connection, CredentialKind
from syncdoctor.wire.address import addressed, check_address, nowhere
from syncdoctor.wire.client import Client
from syncdoctor.wire.line import Line

MADE = datetime(2026, 1, 1, tzinfo=UTC)
BARE = App("", "custom", "")


def facts(name: str) -> Provider:
    path = Path(syncdoctor.providers.__path__[0]) / name / "facts.toml"
    return provider_of(parse_file(path), path)


@pytest.fixture(scope="module")
def custom() -> Provider:
    return facts("custom")


def connection(**settings: str) -> Connection:
    return Connection(
        *("acme", "custom", "c-1", "custom", None, MADE),
        settings=settings,
        credential=CredentialKind.KEY,
    )


def test_the_settings_say_where_and_how(custom: Provider) -> None:
    told = connection(
        base_url="https://api.example.com/v1", key_header="X-API-Key", identity_path="whoami"
    )
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json={})

    placed = addressed(custom, told)
    transport = httpx2.MockTransport(answer)
    with Client(placed, BARE, token=lambda _: "planted-key", line=Line(transport)) as client:
        client.send("GET", placed.probes[0].path)
        with pytest.raises(Guarded):
            client.send("GET", "https://evil.example/")
    (request,) = sent
    assert str(request.url) == "https://api.example.com/v1/whoami"
    assert request.headers["x-api-key"] == "planted-key"
    assert "authorization" not in request.headers


def test_a_bearer_is_the_default(custom: Provider) -> None:
    placed = addressed(custom, connection(base_url="https://api.example.com"))
    assert (placed.token_header, placed.token_scheme) == ("authorization", "Bearer")
    assert placed.idempotency_header is None
    assert placed.hosts == ("api.example.com",)


@pytest.mark.parametrize("url", ["http://api.example.com", "ftp://x", "https://u:p@x.example", ""])
def test_an_address_is_https_or_on_loopback(custom: Provider, url: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        addressed(custom, connection(base_url=url))
    with pytest.raises(UsageError):
        check_address(custom, "base_url", url, "acme/custom")
    addressed(custom, connection(base_url="http://127.0.0.1:9/"))


def test_without_an_address_nobody_is_asked(custom: Provider) -> None:
    assert nowhere(custom, connection())
    with pytest.raises(ConfigError) as caught:
        addressed(custom, connection())
    assert caught.value.hint == (
        "syncdoctor connection pick acme/custom --setting base_url=https://…"
    )
    xero = facts("xero")
    assert addressed(xero, replace(connection(), provider="xero")) is xero
