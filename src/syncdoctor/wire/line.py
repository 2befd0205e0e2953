"""The line on which a session calls: a transport that sessions share, and how long all may take."""

from __future__ import annotations

from dataclasses import dataclass

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
    """How a session reaches its provider.

    ``transport`` is lent to the session and keeps its connections open for the next one; None
    gives each session its own. ``call_s`` are the seconds for one step of a call (to connect, to
    read on), ``total_s`` those for all that the session asks; None: no limit.
    """

    transport: httpx2.BaseTransport | None = None
    call_s: float = CALL_S
    total_s: float | None = None

    def lent(self) -> httpx2.BaseTransport | None:
        """The transport for a session, which must not close it."""
        return Lent(self.transport) if self.transport is not None else None
