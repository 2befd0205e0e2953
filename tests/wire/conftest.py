"""A provider made of whatever a test wants it to answer, on real loopback HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from syncdoctor.engine.provider import Limits, Provider
from syncdoctor.model import App


@dataclass
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Peer:
    """Gives ``replies`` in order, the last one for ever; ``seen`` are the requests."""

    url: str
    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def will(self, *answers: int | tuple[int, dict[str, str]]) -> None:
        """Answer with these statuses (and headers) in order, the last one for ever."""
        pairs = [(a, {}) if isinstance(a, int) else a for a in answers]
        self.replies[:] = [Reply(status, headers=headers) for status, headers in pairs]

    def app(self, **urls: str) -> App:
        return App("a", "probe", "id", urls={"api": f"{self.url}/api/", **urls})


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            headers = {k.lower(): v for k, v in self.headers.items()}
            made.seen.append((self.command, self.path, headers, self.rfile.read(size)))
            reply = made.replies.pop(0) if len(made.replies) > 1 else made.replies[0]
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body) + (9 if reply.cut else 0)))
            self.end_headers()
            self.wfile.write(reply.body)
            if reply.cut:
                self.close_connection = True

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def provider() -> Provider:
    return Provider(
        id="probe",
        name="Probe",
        organisation_word="organisation",
        actions=(),
        urls={"api": "https://api.probe.example/v1/", "token": "https://id.probe.example/token"},
        hosts=("api.probe.example", "id.probe.example"),
        organisation_header="x-tenant",
        idempotency_header="idempotency-key",
        limits=Limits(per_minute=3),
    )


Slept = list[float]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Slept:
    waits: Slept = []
    keep: Callable[[float], None] = waits.append
    monkeypatch.setattr("syncdoctor.wire.client.time.sleep", keep)
    return waits
