"""The secret address of a feed: what is read of it, and what is never shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import Cli

from syncdoctor.errors import UsageError
from syncdoctor.providers.google_calendar.sandbox import feed as served
from syncdoctor.providers.google_calendar.sandbox import seed
from syncdoctor.sandbox.server import Running
from syncdoctor.wire import feed, proxies

SECRET = "private-a0e74b9ef125c6e6555c390ebd61b32a"
URL = f"https://calendar.google.com/calendar/ical/me%40example.com/{SECRET}/basic.ics"


class Host(httpx2.BaseTransport):
    """Answers as it is told."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Any:
    def serve(*answers: httpx2.Response | Exception) -> Host:
        made = Host(*answers)
        monkeypatch.setattr(proxies, "EnvironmentTransport", lambda: made)
        return made

    return serve


class Endless(httpx2.SyncByteStream):
    """Sends on and on."""

    def __init__(self) -> None:
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.sent += feed.CHUNK
            yield b"x" * feed.CHUNK


def test_only_the_host_and_the_kind_of_feed_are_shown(host: Any) -> None:
    made = host(httpx2.Response(200, content=b"BEGIN:VCALENDAR"))
    answer = feed.read(URL)
    assert str(made.asked[0].url) == URL
    assert "authorization" not in made.asked[0].headers
    assert (
        answer.exchange.url
        == "https://calendar.google.com/calendar/ical/[redacted]/[redacted]/basic.ics"
    )
    other = "https://app.example.com/f/0123456789abcdef.ics?key=0123456789abcdef"
    assert feed.shown(other) == "https://app.example.com/[redacted]/[redacted]?[redacted]"


@pytest.mark.parametrize("wrong", ["http://example.com/a.ics", "nothing", "ftp://x/y", ""])
def test_an_address_must_be_https_and_is_not_repeated(wrong: str) -> None:
    with pytest.raises(UsageError) as error:
        feed.address_of(wrong)
    assert "example.com/a" not in error.value.message
    assert feed.address_of("webcal://example.com/a.ics") == "https://example.com/a.ics"


def test_a_redirect_is_followed_on_the_same_host_alone(host: Any) -> None:
    here = httpx2.Response(302, headers={"location": "/b.ics"})
    made = host(here, httpx2.Response(200, content=b"BEGIN:VCALENDAR"))
    assert feed.read(URL).found is None
    assert str(made.asked[1].url) == "https://calendar.google.com/b.ics"
    for away in ("https://evil.example.com/b.ics", "http://calendar.google.com/b.ics"):
        made = host(httpx2.Response(302, headers={"location": away}))
        assert feed.read(URL).found == "elsewhere"
        assert len(made.asked) == 1
    round_ = [httpx2.Response(302, headers={"location": URL}) for _ in range(9)]
    made = host(*round_)
    assert feed.read(URL).found == "elsewhere"
    assert len(made.asked) == feed.MOST_REDIRECTS


def test_no_more_is_read_than_a_feed_can_be(host: Any) -> None:
    stream = Endless()
    host(httpx2.Response(200, stream=stream))
    assert feed.read(URL).found == "too-large"
    assert stream.sent < feed.LARGEST_BYTES * 2


def test_it_is_not_waited_for_without_end(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LONGEST_S", 0.0)
    host(httpx2.Response(200, stream=Endless()))
    assert feed.read(URL).found == "too-slow"


@pytest.mark.parametrize(
    ("status", "found"), [(404, "gone"), (410, "gone"), (403, "refused"), (503, None)]
)
def test_a_status_tells(host: Any, status: int, found: str | None) -> None:
    host(httpx2.Response(status, content=b"x"))
    assert feed.read(URL).found == found


def test_no_answer_is_told_without_the_secret(host: Any) -> None:
    host(httpx2.ConnectError(f"refused: {URL}"))
    exchange = feed.read(URL).exchange
    assert exchange.transport is not None
    assert SECRET not in str(exchange)


FAULTS = [
    (None, {}, 0, "healthy", None),
    ("feed-stale", {}, 0, "healthy", "record-not-found"),
    ("feed-broken", {"how": "html"}, 4, "reconnect-needed", "tenant-not-connected"),
    ("feed-broken", {"how": "cut"}, 4, "reconnect-needed", "tenant-not-connected"),
    ("feed-broken", {"how": "folding"}, 0, "healthy", "record-invalid"),
    ("feed-broken", {"how": "redirect"}, 4, "reconnect-needed", "tenant-not-connected"),
    ("provider-down", {}, 5, "unknown", "provider-outage"),
]


def test_a_feed_on_solo_is_checked_shown_and_never_pushed_to(
    cli: Cli, sandbox: Running, home: Path
) -> None:
    url = f"{sandbox.url}/google-calendar{served.address(seed.BOOKINGS)}"
    provider: Any = sandbox.world.room("google-calendar").provider
    day = {"start": {"date": "2099-11-25"}, "end": {"date": "2099-11-26"}}
    provider.calendar(seed.BOOKINGS).insert({"summary": "Lunch", **day}, sandbox.world.clock.now())
    (home / "feed").write_text(f"{url}\n")
    add = ("connection", "add", "solo/calendar", "--provider=google-calendar", "--credential=feed")
    guide = ("--guide=tradebooked", "--plan=Solo")
    assert cli(*add, f"--token-file={home / 'feed'}", *guide).code == 0
    for fault, params, code, state, cause in FAULTS:
        if fault:
            sandbox.world.switch_on(fault, **params)
        ran = cli("diagnose", "solo/calendar", "--json")
        (found,) = ran.json["connections"]
        assert (ran.code, found["state"], found["cause"]) == (code, state, cause), params
        assert served.address(seed.BOOKINGS).split("/")[-2] not in ran.out + ran.err
        sandbox.world.switchboard.clear()
    shown = cli("diagnose", "solo/calendar").out
    assert "1 event in Bookings; next 2099-11-25 00:00 UTC Lunch" in shown
    assert "read only" in shown
    assert "google-calendar (feed)" in cli("status").out
    assert (
        cli("connection", "show", "solo/calendar", "--json").json["connection"]["access"]
        == "read only"
    )
    refused = cli("resync", "solo/calendar")
    assert refused.code == 2
    assert "a feed is read only, not a push target" in refused.err
    assert "Pro or Autopilot" in refused.err
    kept = b"".join(p.read_bytes() for p in home.rglob("*") if p.is_file() and p.name != "feed")
    assert served.address(seed.BOOKINGS).split("/")[-2].encode() not in kept
