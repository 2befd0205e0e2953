from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from syncdoctor.auth.loopback import Loopback
from syncdoctor.auth.pages import Page

GOOD = Page(title="All is well", good=True)


@pytest.fixture
def loopback() -> Any:
    with Loopback("http://localhost:0/callback") as server:
        yield server


@pytest.fixture
def answers(loopback: Loopback) -> Any:
    """What was taken; the browser that brought it is answered at once."""
    taken: list[dict[str, str]] = []

    def answer(parameters: Any) -> None:
        taken.append(dict(parameters))
        threading.Thread(target=loopback.show, args=(GOOD,)).start()

    loopback.listen(lambda given: given.get("state") == "right", answer)
    return taken


def raw(loopback: Loopback, data: bytes, *, wait: float = 8) -> bytes:
    with socket.create_connection(("127.0.0.1", loopback.port), timeout=wait) as plug:
        plug.sendall(data)
        got = b""
        try:
            while chunk := plug.recv(65536):
                got += chunk
        except ConnectionError:
            pass
        return got


def test_the_right_request_ends_the_flow_once(
    loopback: Loopback, answers: list[dict[str, str]]
) -> None:
    url = f"{loopback.redirect_uri}?state=right&code=c"
    assert loopback.redirect_uri == f"http://localhost:{loopback.port}/callback"
    first, second = httpx2.get(url), httpx2.get(url)
    assert (first.status_code, second.status_code) == (200, 409)
    assert "All is well" in first.text
    assert answers == [{"state": "right", "code": "c"}]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/favicon.ico", {}, 404),
        ("GET", "/", {}, 404),
        ("GET", "/callback/?state=right&code=c", {}, 404),
        ("GET", "/callback?state=wrong&code=c", {}, 400),
        ("GET", "/callback?state=wrong&state=right&code=c", {}, 400),
        ("GET", "/callback?state=wrong&error=access_denied", {}, 400),
        ("GET", "/callback", {}, 400),
        ("HEAD", "/callback?state=right&code=c", {}, 405),
        ("POST", "/callback?state=right&code=c", {}, 405),
        ("PUT", "/callback?state=right&code=c", {}, 405),
        ("BREW", "/callback?state=right&code=c", {}, 501),
        ("GET", "/callback?state=right&code=c", {"host": "evil.example"}, 421),
        ("GET", "/callback?state=right&code=c", {"host": "localhost"}, 421),
        ("GET", "/callback?state=right&code=c", {"host": "127.0.0.1:1"}, 421),
    ],
)
def test_no_other_request_ends_it(
    loopback: Loopback,
    answers: list[dict[str, str]],
    method: str,
    path: Path,
    headers: dict[str, str],
    status: int,
) -> None:
    url = f"http://localhost:{loopback.port}{path}"
    answer = httpx2.request(method, url, headers=headers)
    assert answer.status_code == status
    assert answers == []
    assert httpx2.get(f"{loopback.redirect_uri}?state=right&code=c").status_code == 200


def test_garbage_huge_and_slow_requests_do_not_keep_it_from_answering(
    loopback: Loopback, answers: list[dict[str, str]]
) -> None:
    silent = [socket.create_connection(("127.0.0.1", loopback.port)) for _ in range(8)]
    drip = socket.create_connection(("127.0.0.1", loopback.port))
    drip.sendall(b"GET /callback?state=right&code=stolen HTTP/1.1\r\nHost: loc")
    assert b"stolen" not in raw(loopback, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    assert b"414" in raw(loopback, b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n")[:60]
    many = b"".join(b"X-%d: y\r\n" % n for n in range(200))
    assert b"431" in raw(loopback, b"GET /callback HTTP/1.1\r\n" + many + b"\r\n")[:60]
    started = time.monotonic()
    assert httpx2.get(f"{loopback.redirect_uri}?state=right&code=c").status_code == 200
    assert time.monotonic() - started < 2
    for plug in (*silent, drip):
        plug.close()
    assert [a["code"] for a in answers] == ["c"]


def test_a_caller_that_drips_is_cut_off(
    loopback: Loopback, answers: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncdoctor.auth.loopback.REQUEST_LIMIT_S", 0.3)
    with socket.create_connection(("127.0.0.1", loopback.port), timeout=5) as plug:
        plug.sendall(b"GET /callback HTTP/1.1\r\n")
        for _ in range(4):
            time.sleep(0.1)
            try:
                plug.sendall(b"A: b\r\n")
            except ConnectionError:
                break
        with pytest.raises((ConnectionError, IndexError)):
            assert plug.recv(10)[0]


def test_it_listens_on_loopback_ipv4_alone(loopback: Loopback) -> None:
    assert loopback._server.server_address[0] == "127.0.0.1"
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("::1", loopback.port), timeout=1),
    ):
        pass


def test_the_browser_waits_for_the_end_and_is_told_of_it(loopback: Loopback) -> None:
    taken = threading.Event()
    loopback.listen(lambda _: True, lambda _: taken.set())
    got: list[httpx2.Response] = []
    browser = threading.Thread(
        target=lambda: got.append(httpx2.get(f"{loopback.redirect_uri}?code=c", timeout=10))
    )
    browser.start()
    assert taken.wait(5)
    browser.join(0.2)
    assert got == []
    loopback.show(Page(title="It went wrong", lines=("<script>alert(1)</script>",)))
    browser.join(5)
    assert got[0].status_code == 400
    assert "<script>" not in got[0].text
    assert "&lt;script&gt;" in got[0].text


def test_answers_may_not_be_kept_framed_or_scripted(
    loopback: Loopback, answers: list[dict[str, str]]
) -> None:
    headers = httpx2.get(f"{loopback.redirect_uri}?state=right&code=c").headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_a_closed_flow_lets_the_browser_go() -> None:
    got: list[httpx2.Response] = []
    taken = threading.Event()
    with Loopback("http://127.0.0.1:0/cb") as server:
        server.listen(lambda _: True, lambda _: taken.set())
        url = f"{server.redirect_uri}?code=c"
        browser = threading.Thread(target=lambda: got.append(httpx2.get(url, timeout=10)))
        browser.start()
        assert taken.wait(5)
    browser.join(5)
    assert "interrupted" in got[0].text
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)
