"""An iCal feed: a secret address that may be read by whoever knows it.

Nothing but a GET is sent, to the feed's own host alone and without any credential. How much is
read, and for how long, is bounded: what stands at the address is not ours.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from syncdoctor import __version__, redact
from syncdoctor.config_tables import check_url
from syncdoctor.errors import UsageError
from syncdoctor.model import Check, Exchange, Phase
from syncdoctor.wire.ical import Feed, NotICal, parse

LARGEST_BYTES = 5_000_000
LONGEST_S = 20.0
MOST_REDIRECTS = 3
WEEK = timedelta(days=7)
OK, PROBLEM, SKIPPED = "ok", "problem", "skipped"
MOVED = frozenset({301, 302, 303, 307, 308})
GONE, REFUSED = frozenset({404, 410}), frozenset({401, 403})
CHUNK = 65_536
SHORTEST_SECRET = 12
# Words of addresses that are no secret and tell which kind of feed it is.
_PLAIN = frozenset(
    {"calendar", "calendars", "ical", "feeds", "feed", "google-calendar", "basic.ics"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What stood at the address; ``found`` is the word of the fact ``feed`` where it is wrong."""

    exchange: Exchange
    content: bytes = b""
    found: str | None = None
    words: str = ""


class _Stop(Exception):
    """The feed is read no further."""

    def __init__(self, found: str, words: str) -> None:
        super().__init__(words)
        self.found = found
        self.words = words


def address_of(given: str) -> str:
    """The address that is asked; ``webcal`` is how links to feeds are written.

    Raises:
        UsageError: it is no https address; it is not repeated, since it is secret.
    """
    url = given.strip()
    if url.lower().startswith("webcal://"):
        url = "https" + url[len("webcal") :]

    def refuse(problem: str) -> UsageError:
        return UsageError(
            f"The feed's address {problem}", "Copy it as it is into a file of its own."
        )

    check_url(url, refuse)
    return url


def shown(url: str) -> str:
    """The address without what makes it secret: its host, and which kind of feed it is."""
    parts = urlsplit(url)
    path = "/".join(
        one if not one or one.lower() in _PLAIN else redact.MASK for one in parts.path.split("/")
    )
    return urlunsplit((parts.scheme, parts.netloc, path, redact.MASK if parts.query else "", ""))


def remember(url: str) -> None:
    """Have the address, and each part of it that may be the secret, kept out of all output."""
    parts = urlsplit(url)
    pieces = (*parts.path.split("/"), *parts.query.replace("=", "&").split("&"))
    long = (one for one in pieces if len(one) >= SHORTEST_SECRET and one.lower() not in _PLAIN)
    redact.remember(url, *long)


def read(url: str) -> Answer:
    """Ask for a feed; what goes wrong is part of the answer.

    Raises:
        UsageError: the address cannot be one of a feed.
    """
    import httpx2

    from syncdoctor.wire.failures import classify, describe
    from syncdoctor.wire.proxies import EnvironmentTransport

    url = address_of(url)
    remember(url)
    ends = time.monotonic() + LONGEST_S
    known: dict[str, Any] = {"provider": "google-calendar", "phase": Phase.API, "method": "GET"}
    with httpx2.Client(
        transport=EnvironmentTransport(),
        timeout=httpx2.Timeout(LONGEST_S / 2, connect=LONGEST_S / 2),
        headers={"user-agent": f"syncdoctor/{__version__}", "accept": "text/calendar"},
        follow_redirects=False,
    ) as client:
        try:
            response, content, stop = _follow(client, url, ends)
        except httpx2.RequestError as error:
            words, how = redact.text(describe(error)), classify(error)
            return Answer(redact.exchange(url=shown(url), exception=words, transport=how, **known))
    exchange = redact.exchange(
        url=shown(url),
        status=response.status_code,
        headers={"content-type": response.headers.get("content-type", "")},
        **known,
    )
    return Answer(exchange, content, *((stop.found, stop.words) if stop else (None, "")))


def _follow(client: Any, url: str, ends: float) -> tuple[Any, bytes, _Stop | None]:
    """The last answer, what was read of it, and why no more."""
    host, asked = urlsplit(url).netloc, url
    for _ in range(MOST_REDIRECTS):
        with client.stream("GET", asked) as response:
            target = response.headers.get("location")
            if response.status_code not in MOVED or not target:
                try:
                    return response, _content(response, ends), _status(response.status_code)
                except _Stop as stop:
                    return response, b"", stop
        asked = urljoin(asked, target)
        if urlsplit(asked).netloc != host or urlsplit(asked).scheme != urlsplit(url).scheme:
            words = f"it leads to another host, {urlsplit(asked).hostname}, which is not asked"
            return response, b"", _Stop("elsewhere", words)
    return response, b"", _Stop("elsewhere", "it leads on and on, and never to a feed")


def _status(status: int) -> _Stop | None:
    if status in GONE:
        return _Stop("gone", f"the feed is not there any more: HTTP {status}")
    return (
        _Stop("refused", f"the feed may not be read: HTTP {status}") if status in REFUSED else None
    )


def _content(response: Any, ends: float) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes(CHUNK):
        content += chunk
        if len(content) > LARGEST_BYTES:
            words = f"it is larger than {LARGEST_BYTES // 1_000_000} MB; no more was read"
            raise _Stop("too-large", words)
        if time.monotonic() > ends:
            raise _Stop("too-slow", f"it was not read within {LONGEST_S:.0f} seconds")
    return bytes(content)


def checks(url: str, now: datetime, rhythm: timedelta | None = None) -> tuple[Check, ...]:
    """Whether a feed answers, is iCal and is fresh, and what comes next in it.

    Fresh is a feed in which something was made or changed within ``rhythm``, a week where the
    tier has none.

    Raises:
        UsageError: the address cannot be one of a feed.
    """
    answer = read(url)
    exchange = answer.exchange
    reached = "feed"
    if answer.found or exchange.status is None or not 200 <= exchange.status < 300:  # noqa: PLR2004
        facts = {"feed": answer.found} if answer.found else {}
        words = (
            answer.words or exchange.exception or f"the feed answers with HTTP {exchange.status}"
        )
        return (Check(reached, PROBLEM, words, exchange, facts), *_left(reached))
    host = urlsplit(address_of(url)).netloc
    there = Check(reached, OK, f"the feed at {host} answers; it is read only", exchange)
    try:
        feed = parse(answer.content, now)
    except NotICal as why:
        words = f"what stands at the feed's address is no iCal: {why}"
        told = Check("feed-format", PROBLEM, words, exchange, {"feed": "unreadable"})
        return (there, told, *_left("feed-format"))
    return (there, _format(feed, exchange), _fresh(feed, now, rhythm or WEEK, exchange))


def _left(failed: str) -> tuple[Check, ...]:
    names = ("feed", "feed-format", "feed-fresh")
    later = names[names.index(failed) + 1 :]
    return tuple(Check(name, SKIPPED, f"not asked: {failed} failed") for name in later)


def _format(feed: Feed, exchange: Exchange) -> Check:
    words = f"{feed.events} event{'' if feed.events == 1 else 's'}"
    if feed.name:
        words += f" in {feed.name}"
    if feed.following:
        words += f"; next {feed.following[0]:%Y-%m-%d %H:%M} UTC {feed.following[1]}".rstrip()
    elif feed.events:
        words += "; none is to come"
    if not feed.unreadable:
        return Check("feed-format", OK, words, exchange)
    words = f"{feed.unreadable} of {feed.events} events cannot be read in full"
    return Check("feed-format", PROBLEM, words, exchange, {"feed": "partly-broken"})


def _fresh(feed: Feed, now: datetime, rhythm: timedelta, exchange: Exchange) -> Check:
    if feed.made is None:
        return Check("feed-fresh", OK, "the feed says nowhere when it was made", exchange)
    age = now - feed.made
    words = f"last made {_span(max(age, timedelta()))} ago; fresh is within {_span(rhythm)}"
    if age <= rhythm:
        return Check("feed-fresh", OK, words, exchange)
    return Check("feed-fresh", PROBLEM, f"the feed is stale: {words}", exchange, {"feed": "stale"})


def _span(length: timedelta) -> str:
    hours = length.total_seconds() / 3600
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{round(hours)} h" if hours < 48 else f"{round(hours / 24)} days"  # noqa: PLR2004
