"""The line on which a client calls: a transport that clients share, and how long all may take."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import httpx2

CALL_S = 30.0


class Lent(httpx2.BaseTransport):
    """Another's transport: whoever lends it closes it."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send by the transport that was lent."""
        return self._inner.handle_request(request)


@dataclass(frozen=True, slots=True)
class Line:
    """How a client reaches its provider.

    ``transport`` is lent to the client and keeps its connections open for the next one; None
    gives each client its own. ``call_s`` are the seconds for one step of a call (to connect, 10
    at most; to read on), ``total_s`` those for all calls together; None: no limit. ``turns`` is
    held while a call is under way, such as a semaphore that many clients share.
    """

    transport: httpx2.BaseTransport | None = None
    call_s: float = CALL_S
    total_s: float | None = None
    turns: AbstractContextManager[object] = field(default_factory=nullcontext)

    def lent(self) -> httpx2.BaseTransport | None:
        """The transport for a client, which must not close it."""
        return Lent(self.transport) if self.transport is not None else None
