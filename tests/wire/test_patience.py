"""All that is asked of one connection has an end, also where a provider never answers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from syncdoctor.engine.provider import Probe, Provider
from syncdoctor.model import App, Connection, Transport
from syncdoctor.wire import probes
from syncdoctor.wire.client import Client
from syncdoctor.wire.line import Line
from syncdoctor.wire.proxies import EnvironmentTransport

if TYPE_CHECKING:
    from tests.wire.conftest import Peer

CONNECTION = Connection("acme", "probe", "c-1", "probe", "a", datetime(2026, 11, 22, tzinfo=UTC))


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that begins an answer and then sends a byte now and then, for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    ended = threading.Event()

    def drip() -> None:
        caller, _ = listener.accept()
        with caller:
            caller.recv(4096)
            caller.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")
            while not ended.wait(0.02):
                try:
                    caller.sendall(b" ")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    ended.set()
    thread.join()
    listener.close()


def test_an_answer_that_never_ends_is_cut_when_the_time_is_up(
    dripping: str, provider: Provider
) -> None:
    asking = tuple(Probe(name, "", "x") for name in ("one", "two", "three"))
    slow = replace(provider, probes=asking)
    began = time.monotonic()
    with Client(
        slow, App("a", "probe", "id", urls={"api": dripping}), line=Line(total_s=0.15)
    ) as client:
        checks = probes.run(client, CONNECTION)
    assert time.monotonic() - began < 3
    assert [check.outcome for check in checks] == ["problem", "timed-out", "timed-out"]
    assert checks[0].exchange is not None
    assert checks[0].exchange.transport is Transport.READ_TIMEOUT


def test_a_lent_transport_outlives_the_client(peer: Peer, provider: Provider) -> None:
    with EnvironmentTransport() as transport:
        for _ in range(2):
            with Client(provider, peer.app(), line=Line(transport)) as client:
                assert client.send("GET", "x").ok
