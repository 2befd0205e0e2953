"""Runs the sandbox on loopback: in a thread for tests and the demo, or until it is told to end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from syncdoctor.errors import UsageError
from syncdoctor.sandbox.app import build
from syncdoctor.sandbox.world import World

HOST = "127.0.0.1"
STOP_S = 10.0


class _Protocol(H11Protocol):
    """uvicorn's HTTP protocol, whose applications may close the connection under the client."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "hang_up": transport.abort}


def _server(world: World) -> uvicorn.Server:
    config = uvicorn.Config(
        build(world),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _listen(port: int) -> socket.socket:
    # Named as TCP: asyncio sets TCP_NODELAY on such sockets alone, and without it an answer whose
    # head and body are written apart waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"Port {port} of {HOST} cannot be used: {error.strerror}.",
            "syncdoctor sandbox --port 0",
        ) from None
    listener.listen(512)
    return listener


class Running:
    """A sandbox in a thread of this process.

    Use it as a context manager. ``url`` is its origin, ``world`` what it serves; port 0 takes a
    free one.

    Raises:
        UsageError: the port is taken.
    """

    def __init__(self, world: World | None = None, port: int = 0) -> None:
        self.world = world or World()
        self._listener = _listen(port)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self._server = _server(self.world)
        self._ended = Event()
        self._thread = Thread(target=self._run, name="syncdoctor-sandbox", daemon=True)

    def app_urls(self, provider: str) -> dict[str, str]:
        """The overrides for ``App.urls``: authorize, token, revoke, api, connections, status."""
        return self.world.room(provider).urls(self.url)

    def wait(self) -> None:
        """Wait until the server ends; a signal interrupts it."""
        # An event, because a join that a signal interrupts takes the thread for ended.
        while not self._ended.wait(0.5):
            pass

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._ended.set()

    def __enter__(self) -> Self:
        self._thread.start()
        # The socket listens already: whoever connects before the loop runs waits in its queue.
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._ended.wait(STOP_S)
        self._thread.join(STOP_S)
        self._listener.close()


def serve(
    world: World, port: int = 0, *, started: Callable[[str, dict[str, Any]], None] | None = None
) -> None:
    """Serve until Ctrl-C or SIGTERM, which come out as KeyboardInterrupt and SystemExit.

    ``started`` is called with the origin and each provider's URLs once the port is open.
    """
    with Running(world, port) as running:
        if started:
            started(running.url, {name: running.app_urls(name) for name in world.rooms})
        running.wait()
