"""Sends requests from a few threads, each with a client of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Protocol, Self

from syncdoctor.engine.adapter import Request
from syncdoctor.wire.client import Answer


class Sender(Protocol):
    """The part of a client that is needed here."""

    def send(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Send one request."""

    def close(self) -> None:
        """Close the connections."""


class Dispatcher:
    """At most ``concurrent`` requests at a time; ``open_client`` makes a client for a thread."""

    def __init__(self, open_client: Callable[[], Sender], concurrent: int) -> None:
        self.concurrent = max(1, concurrent)
        self._open_client = open_client
        self._local = threading.local()
        self._clients: list[Sender] = []
        self._pool = ThreadPoolExecutor(self.concurrent, thread_name_prefix="resync")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        for client in self._clients:
            client.close()

    def submit(self, request: Request, idempotency_key: str | None = None) -> Future[Answer]:
        """Send in another thread."""
        return self._pool.submit(self._send, request, idempotency_key)

    def _send(self, request: Request, idempotency_key: str | None) -> Answer:
        client: Sender | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = self._open_client()
            self._clients.append(client)
        return client.send(
            request.method,
            request.path,
            params=dict(request.params),
            json=request.json,
            headers=dict(request.headers),
            idempotency_key=idempotency_key,
        )
