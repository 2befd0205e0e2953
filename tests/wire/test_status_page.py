"""The provider's public status page: what it says, and that it never stops a diagnosis."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from syncdoctor.wire import status_page

Serve = Callable[[int, str], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A status page on loopback that gives one answer."""
    servers: list[HTTPServer] = []

    def start(status: int, body: str) -> str:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = self.path == "/page/api/v2/status.json"
                self.send_response(status if found else 404)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/page"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def page(indicator: object, description: object) -> str:
    return json.dumps({"status": {"indicator": indicator, "description": description}})


def test_all_is_well(serve: Serve) -> None:
    check = status_page.read(serve(200, page("none", "All Systems Operational")))
    assert check.outcome == "ok"
    assert check.summary.endswith("says All Systems Operational")
    assert check.facts == {"incident_published": False}


@pytest.mark.parametrize("indicator", ["minor", "major", "critical", "maintenance"])
def test_an_incident(serve: Serve, indicator: str) -> None:
    check = status_page.read(serve(200, page(indicator, "Partial\x1b[31m Outage")))
    assert check.outcome == "problem"
    assert check.facts == {"incident_published": True}
    assert f"says {indicator}: Partial" in check.summary
    assert "\x1b" not in check.summary


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html>All fine</html>"),
        (200, "{}"),
        (200, page(3, "x")),
        (200, '{"status": "up"}'),
        (404, page("none", "x")),
        (302, ""),
    ],
)
def test_another_kind_of_page_is_skipped(serve: Serve, status: int, body: str) -> None:
    check = status_page.read(serve(status, body))
    assert check.outcome == "skipped"
    assert not check.facts


def test_a_page_that_does_not_answer_is_skipped() -> None:
    check = status_page.read("http://127.0.0.1:9/", limit_s=0.5)
    assert check.outcome == "skipped"
    assert "refused" in check.summary
