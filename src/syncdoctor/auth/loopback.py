"""The callback server on 127.0.0.1: it ends the flow once, for the right request alone.

The browser that brings the answer waits until the flow has ended and is then shown how
(RFC 8252 sections 7.3 and 8.3, https://www.rfc-editor.org/rfc/rfc8252, 2026-11-22).
"""

from __future__ import annotations

import socketserver
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from syncdoctor.auth.authorisation import first_values
from syncdoctor.auth.pages import Page, render
from syncdoctor.errors import UsageError

ADDRESS = "127.0.0.1"
REQUEST_LIMIT_S = 5.0  # a request line and its headers come within this, or not at all
PAGE_LIMIT_S = 660.0  # longer than any flow: the browser waits for its end
CONNECTIONS = 32

NOT_HERE = Page(
    title="Nothing is here",
    lines=("This address only takes the answer of a sign-in that is under way.",),
)
NOT_THIS = Page(
    title="This is not the answer that is awaited",
    lines=(
        "The sign-in that is under way was started elsewhere, or this page was loaded again.",
        "Nothing has changed.",
    ),
    steps=("Use the newest address that syncdoctor printed.",),
)
ALREADY = Page(
    title="This sign-in has been answered",
    lines=("The answer was taken already; what came of it is shown in the terminal.",),
)


class Loopback:
    """Waits for one redirect. Use it as a context; :meth:`show` answers the waiting browser."""

    def __init__(self, redirect_uri: str) -> None:
        """Listen where the redirect URI points; port 0 takes a free one.

        Raises:
            UsageError: the port is taken; by whom, where the system tells.
        """
        parts = urlsplit(redirect_uri)
        self._path = parts.path or "/"
        try:
            self._server = _Server((ADDRESS, parts.port or 0), self)
        except OSError as error:
            raise UsageError(
                f"Port {parts.port} of this machine, which the app has registered, is taken"
                f"{_holder(parts.port or 0)} ({error.strerror}).",
                "End that program, or use --no-browser and paste the address.",
            ) from None
        self.port = int(self._server.server_address[1])
        host = f"{parts.hostname}:{self.port}"
        self.redirect_uri = parts._replace(netloc=host).geturl()
        self._hosts = {host} | ({str(parts.hostname)} if self.port == 80 else set())  # noqa: PLR2004
        self._accepts: Callable[[Mapping[str, str]], bool] = lambda _: False
        self._answer: Callable[[Mapping[str, str]], None] = lambda _: None
        self._lock = threading.Lock()
        self._taken = False
        self._page: Page | None = None
        self._ended = threading.Event()
        self._shown = threading.Event()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="loopback", daemon=True
        )

    def listen(
        self,
        accepts: Callable[[Mapping[str, str]], bool],
        answer: Callable[[Mapping[str, str]], None],
    ) -> None:
        """Begin: the first parameters that ``accepts`` holds for go to ``answer``, once."""
        self._accepts, self._answer = accepts, answer
        self._thread.start()

    def show(self, page: Page) -> None:
        """Answer the browser that brought the redirect, if one did, and wait until it is sent."""
        self._page = page
        self._ended.set()
        if self._taken:
            self._shown.wait(REQUEST_LIMIT_S)

    def close(self) -> None:
        """Stop listening; a browser that still waits is let go."""
        self._ended.set()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def respond(self, method: str, target: str, host: str | None) -> tuple[int, Page]:
        """Status and page for a request; the right one waits here for the end of the flow."""
        try:
            parts = urlsplit(target)
            parameters = first_values(parts.query)
        except ValueError:
            return 400, NOT_HERE
        if status := self._refusal(method, parts.path, host):
            return status, NOT_HERE
        if not self._accepts(parameters):
            return 400, NOT_THIS
        with self._lock:
            first, self._taken = not self._taken, True
        if not first:
            return 409, ALREADY
        self._answer(parameters)
        self._ended.wait(PAGE_LIMIT_S)
        page = self._page or Page(title="The sign-in was interrupted", lines=("Nothing is lost.",))
        return (200 if page.good else 400), page

    def _refusal(self, method: str, path: str, host: str | None) -> int | None:
        if (host or "").lower() not in self._hosts:  # DNS rebinding brings another name
            return 421
        if path != self._path:
            return 404
        return None if method == "GET" else 405

    def sent(self) -> None:
        """The page of the flow's end has gone to the browser."""
        self._shown.set()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    # On Windows the option would let another program share the port.
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 16

    def __init__(self, address: tuple[str, int], loopback: Loopback) -> None:
        self.loopback = loopback
        self._room = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away or talks nonsense is no failure of ours."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = REQUEST_LIMIT_S
    protocol_version = "HTTP/1.0"  # one request for each connection
    server_version = "syncdoctor"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        # A caller that sends a byte now and then is cut off too.
        self._cut = threading.Timer(REQUEST_LIMIT_S, self._give_up)
        self._cut.daemon = True
        self._cut.start()

    def finish(self) -> None:
        self._cut.cancel()
        with suppress(OSError):
            super().finish()

    def parse_request(self) -> bool:
        whole = super().parse_request()
        self._cut.cancel()
        return whole

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        """Nothing is logged: a request line holds the code."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no request, without echoing it."""
        del message, explain
        self._send(code, NOT_HERE)

    def _any(self) -> None:
        loopback = self.server.loopback
        status, page = loopback.respond(self.command, self.path, self.headers.get("Host"))
        try:
            self._send(status, page)
        finally:
            if page not in (NOT_HERE, NOT_THIS, ALREADY):
                loopback.sent()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _any  # noqa: N815

    def _send(self, status: int, page: Page) -> None:
        body = render(page).encode()
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _give_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(2)


HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _holder(port: int) -> str:
    """`` by NAME (process N)``, where Linux shows it; else nothing."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError, ValueError, IndexError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:  # LISTEN
                    inodes.add(f"socket:[{fields[9]}]")
    for link in Path("/proc").glob("[0-9]*/fd/*") if inodes else ():
        with suppress(OSError):
            if str(link.readlink()) in inodes:
                process = link.parent.parent
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                return f" by {name} (process {process.name})"
    return ""
