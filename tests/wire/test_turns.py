"""Clients that share turns never have more calls under way than there are turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2

from syncdoctor.engine import catalogue
from syncdoctor.model import App
from syncdoctor.wire.client import Client
from syncdoctor.wire.line import Line

TURNS, CLIENTS = 2, 6


class Counted(httpx2.BaseTransport):
    """Answers slowly, body included, and keeps how many calls were under way at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = 0
        self.most = 0
        self.answered = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        with self._lock:
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        return httpx2.Response(200, stream=Body(self), request=request)

    def ended(self) -> None:
        with self._lock:
            self._under_way -= 1
            self.answered += 1


class Body(httpx2.SyncByteStream):
    """Ends its call when it has been read."""

    def __init__(self, owner: Counted) -> None:
        self._owner = owner

    def __iter__(self) -> Iterator[bytes]:
        time.sleep(0.02)
        yield b"{}"
        self._owner.ended()


def test_no_more_calls_are_under_way_than_there_are_turns() -> None:
    transport, xero = Counted(), catalogue.load().providers["xero"]
    line = Line(transport, turns=threading.Semaphore(TURNS))

    def ask(_number: int) -> None:
        with Client(xero, App("xero", "xero", "id"), line=line) as client:
            client.send("GET", "Organisation")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask, range(CLIENTS)))
    assert (transport.most, transport.answered) == (TURNS, CLIENTS)
