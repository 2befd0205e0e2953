from __future__ import annotations

import dataclasses
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor.engine.provider import Limits, Provider
from syncdoctor.errors import Guarded
from syncdoctor.model import App, Organisation, Phase, Transport
from syncdoctor.wire.client import Client
from syncdoctor.wire.limits import Limiter

if TYPE_CHECKING:
    from tests.wire.conftest import Peer, Slept

TOKEN = "tok-0123456789-secret"


def test_a_request_carries_token_and_organisation_and_is_recorded_redacted(
    peer: Peer, provider: Provider
) -> None:
    peer.replies[0].body = b'{"ok": true, "access_token": "other-secret"}'
    with Client(
        provider, peer.app(), token=lambda refused: TOKEN, organisation=Organisation("o-1", "Org")
    ) as client:
        answer = client.send("GET", "things", params={"page": "1"})
    method, path, headers, _ = peer.seen[0]
    assert (method, path) == ("GET", "/api/things?page=1")
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["x-tenant"] == "o-1"
    assert headers["user-agent"].startswith("syncdoctor/")
    assert answer.ok
    assert answer.body["access_token"] == "other-secret"
    assert answer.exchange.body == {"ok": True, "access_token": "[redacted]"}
    assert TOKEN not in repr(client.exchanges)
    assert answer.exchange.status == 200
    assert answer.exchange.elapsed_s is not None
    assert answer.exchange.phase is Phase.API


def test_a_refused_token_is_renewed_once(peer: Peer, provider: Provider) -> None:
    peer.will(401, 200)
    asked: list[bool] = []

    def token(refused: bool) -> str:
        asked.append(refused)
        return TOKEN + str(len(asked))

    with Client(provider, peer.app(), token=token) as client:
        assert client.send("GET", "x").ok
    assert asked == [False, True]
    assert [e.status for e in client.exchanges] == [401, 200]
    assert [e.attempt for e in client.exchanges] == [1, 2]


def test_a_token_refused_twice_is_the_answer(peer: Peer, provider: Provider) -> None:
    peer.replies[0].status = 401
    with Client(provider, peer.app(), token=lambda refused: TOKEN, tries=4) as client:
        assert client.send("GET", "x").status == 401
    assert len(peer.seen) == 2


def test_a_client_that_cannot_write_sends_nothing(peer: Peer, provider: Provider) -> None:
    with Client(provider, peer.app()) as client, pytest.raises(Guarded, match="must not write"):
        client.send("POST", "x", json={})
    assert peer.seen == []


@pytest.mark.parametrize("path", ["https://evil.example/x", "//evil.example/x"])
def test_a_token_goes_to_the_providers_hosts_only(
    peer: Peer, provider: Provider, path: str
) -> None:
    asked: list[bool] = []

    def token(refused: bool) -> str:
        asked.append(refused)
        return TOKEN

    with Client(provider, peer.app(), token=token) as client, pytest.raises(Guarded) as caught:
        client.send("GET", path)
    assert "evil.example is no host of Probe" in caught.value.message
    assert asked == []


def test_an_override_of_one_url_opens_no_other(provider: Provider) -> None:
    app = App("a", "probe", "id", urls={"token": "http://127.0.0.1:1/token"})
    with Client(provider, app) as client:
        assert client.url("x") == "https://api.probe.example/v1/x"
        assert client.url("", "token") == "http://127.0.0.1:1/token"
        with pytest.raises(Guarded):
            client.send("GET", "http://127.0.0.1:1/token")


def test_a_redirect_to_another_host_is_not_followed(peer: Peer, provider: Provider) -> None:
    peer.replies[0].status = 302
    peer.replies[0].headers = {"location": "https://evil.example/"}
    with Client(provider, peer.app(), token=lambda refused: TOKEN) as client:
        answer = client.send("GET", "x")
    assert answer.status == 302
    assert not answer.ok
    assert len(peer.seen) == 1


def test_passing_failures_are_tried_again_when_nothing_is_written(
    peer: Peer, provider: Provider, slept: Slept
) -> None:
    peer.will(503, 502, 200)
    with Client(provider, peer.app(), tries=4) as client:
        assert client.send("GET", "x").ok
    assert len(slept) == 2
    assert 0 < slept[0] < slept[1] + 1


def test_a_write_without_a_key_is_sent_once(peer: Peer, provider: Provider) -> None:
    peer.replies[0].status = 503
    with Client(provider, peer.app(), tries=4, writable=True) as client:
        assert client.send("POST", "x", json={"a": 1}).status == 503
    assert len(peer.seen) == 1
    assert peer.seen[0][3] == b'{"a":1}'


def test_a_write_with_a_key_repeats_it(peer: Peer, provider: Provider, slept: Slept) -> None:
    peer.will(503, 200)
    with Client(provider, peer.app(), tries=3, writable=True) as client:
        assert client.send("POST", "x", json={}, idempotency_key="k-1").ok
    assert [seen[2]["idempotency-key"] for seen in peer.seen] == ["k-1", "k-1"]


def test_a_key_that_the_provider_does_not_know_makes_nothing_repeatable(
    peer: Peer, provider: Provider
) -> None:
    peer.replies[0].status = 503
    provider = dataclasses.replace(provider, idempotency_header=None)
    with Client(provider, peer.app(), tries=4, writable=True) as client:
        assert client.send("POST", "x", json={}, idempotency_key="k-1").status == 503
    assert len(peer.seen) == 1
    assert "idempotency-key" not in peer.seen[0][2]


def test_a_rate_limit_is_waited_for(peer: Peer, provider: Provider, tmp_path: Path) -> None:
    peer.will((429, {"retry-after": "2"}), 200)
    now = [1000.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    limiter = Limiter(Limits(per_minute=60), tmp_path, "k", clock=lambda: now[0], sleep=sleep)
    with Client(provider, peer.app(), tries=3, limiter=limiter) as client:
        assert client.send("GET", "x").ok
    assert slept == [pytest.approx(2.0)]


def test_no_answer_is_an_answer(provider: Provider) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    app = App("a", "probe", "id", urls={"api": f"http://127.0.0.1:{port}/"})
    with Client(provider, app) as client:
        answer = client.send("GET", "x")
    assert answer.status is None
    assert not answer.ok
    assert answer.exchange.transport is Transport.REFUSED
    assert "ConnectError" in (answer.exchange.exception or "")


def test_half_an_answer_is_incomplete(peer: Peer, provider: Provider) -> None:
    peer.replies[0].cut = True
    with Client(provider, peer.app()) as client:
        answer = client.send("GET", "x")
    assert answer.exchange.transport is Transport.INCOMPLETE


def test_a_body_that_only_looks_like_json_is_text(peer: Peer, provider: Provider) -> None:
    peer.replies[0].body = b'{"half": '
    with Client(provider, peer.app()) as client:
        assert client.send("GET", "x").body == '{"half": '


def test_token_requests_need_no_token_and_no_leave_to_write(peer: Peer, provider: Provider) -> None:
    app = peer.app(token=f"{peer.url}/token")
    with Client(provider, app) as client:
        answer = client.send(
            "POST", base="token", phase=Phase.TOKEN, data={"refresh_token": TOKEN, "x": "1"}
        )
    assert answer.ok
    assert peer.seen[0][1] == "/token"
    assert b"refresh_token=" in peer.seen[0][3]
    assert answer.exchange.phase is Phase.TOKEN
