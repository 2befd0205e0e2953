"""Finds the HTTP status, the method and the URL in what SDKs and HTTP clients print.

Every repetition in these expressions is bounded: texts come from anybody, and none may take long.
"""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus

# Those that the standard does not list: webhook receivers (498, 499) and Cloudflare's (520 to 530).
STATUSES = frozenset(int(s) for s in HTTPStatus) | {498, 499, *range(520, 531), 598, 599}
_PHRASES = {re.escape(s.phrase) for s in HTTPStatus if s >= HTTPStatus.BAD_REQUEST}
_REASONS = "|".join(sorted(_PHRASES, key=len, reverse=True))

# A status that a proxy gave to CONNECT is not the provider's.
_PROXY = re.compile(
    r"tunnel connection failed|from proxy after CONNECT|CONNECT tunnel failed", re.IGNORECASE
)
_NUMBER = re.compile(r"(?<!\d)[1-5]\d\d(?!\d)")  # a cheap test before the dear ones

_ADDRESS = r"https?:(?:\\?/){2}"
_METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD"
# Before a number that is no status though it stands alone behind a name: "page size: 500".
_COUNTED = "count|total|size|limit|pages?|rows|records|items|invoices|sent|port|line|offset|ms"

# Ordered: the surest first. Each has one group, the three digits.
_PATTERNS = (
    r"""\bHTTP/\d(?:\.\d)?["']?\s{1,3}["']?([1-5]\d\d)\b""",
    r"resulted in a `?([45]\d\d)\b",
    r"does not indicate success:\s{0,3}([45]\d\d)\b",
    r"""\bstatus[ _-]?(?:code)?["']{0,2}\s{0,3}(?:\(|\[|:|=>|=|->|of|is|was)?\s{0,3}"""
    r"""["'(\[]{0,2}([1-5]\d\d)\b""",
    r"\bHttpError:? ([45]\d\d)\b",
    r"<Response \[([1-5]\d\d)[^\]\n]{0,40}\]>",
    r"\bHTTP(?:[ _-](?:error|status|response|request|code|returned|failed)){0,3}"
    r"\s{0,2}[:#=-]?\s{0,2}[(\[]?([45]\d\d)\b",
    r"\b([45]\d\d) (?:client|server) error\b",
    r"\bAPI ([45]\d\d) error\b",
    r"""\b([45]\d\d), message=['"]""",  # aiohttp's ClientResponseError
    r"\breturned (?:an? )?(?:error|status|code|http)?:?\s{0,2}[(\[]?([45]\d\d)\b",
    r"\b(?:responded|response|replied|answered|failed|rejected)"
    r"(?: (?:code|with|status|a|an)){0,4}:?\s{0,2}[(\[]?([45]\d\d)\b",
    rf"""[\[(`'"\s:]([45]\d\d)[\])]?[`'"]?[\s:-]{{1,4}}(?:{_REASONS})\b""",
    rf"\A([45]\d\d)[\s:-]{{1,4}}(?:{_REASONS})\b",
    rf"\b(?:{_REASONS})\s{{0,2}}[\[(]([45]\d\d)[\])]",
    r"\[([45]\d\d)\]",
    r"\(([45]\d\d)\)",
    r"""\b(?:error|err|code|response_?code|error_?code)["']{0,2}\s{0,2}(?:code)?\s{0,2}"""
    r"""(?:=>|[:=#])?\s{0,2}["']?([45]\d\d)\b(?![.\d])""",
    rf"\b([45]\d\d)\s{{1,2}}(?:{_REASONS})\b",
    r"\b(?:token|tokens|resource|request|credentials): ([45]\d\d)\b(?![.\d])",
    r"\A\s{0,9}([45]\d\d)\s{0,2}(?:[:-]|$)",
    # an address, perhaps how long it took, and the status: GET https://… -> 503
    rf"""(?:\b(?:{_METHODS})\b[`'"\]:]?\s{{1,3}}[`'"\[<]{{0,2}}/|{_ADDRESS})\S{{1,1000}}\s{{1,3}}"""
    r"""(?:(?:->|=>|\u2192|[-:|]|HTTP/[\d.]{1,3}["']?|[\d.]{1,9} ?m?s)\s{1,3}){0,2}"""
    r"""[(\[]?([45]\d\d)\b(?![.\d]| ?m?s\b| ?(?:bytes|[km]b)\b)""",
    rf"""(?:\A|\s)([45]\d\d)\s{{1,3}}(?:{_METHODS})\s{{1,3}}[`'"]?(?:{_ADDRESS}|/)""",
    # a name and the status, and nothing besides: xero: 500
    r"(?:\A\s{0,9}|\d\d:\d\d(?:[.,]\d{1,9})?Z?\s{1,3}|"
    r"\b(?:ERROR|WARN|WARNING|FATAL|CRITICAL|SEVERE)\b[\]:\s-]{1,4})"
    rf"(?!\w{{0,40}}(?:{_COUNTED})\b)[a-z][\w.-]{{1,40}}:\s{{1,3}}([45]\d\d)\s{{0,9}}\Z",
)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS)


_REQUEST = (
    re.compile(
        rf"""\b({_METHODS})\b[`'"\]:]?\s{{1,3}}(?:request )?(?:for |to |on )?"""
        rf"""[`'"\[<]{{0,2}}({_ADDRESS}[^\s`'"<>\]]+)"""
    ),
    re.compile(r"\[(GET|POST|PUT|PATCH|DELETE)\] to \[(https?://[^\s\]]+)\]"),
)
_URL = (
    re.compile(
        r"\b(?:when requesting|for url:?|requested url:?|request url:?|"
        r"""ur[li]["']?\s{0,2}[:=]>?)"""
        rf"""\s{{0,2}}[`'"]?({_ADDRESS}[^\s`'"<>,)\]]+)""",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:fetching|calling|connect(?:ing|ion)? to|request to|open|Get|Post)\s{1,2}"
        rf"""[`'"]?({_ADDRESS}[^\s`'"<>,)\]]+)"""
    ),
)
_POOL = re.compile(r"HTTPS?ConnectionPool\(host='([^']{1,253})'.{0,120}?with url: (\S{1,4000})")
_RESOLVE = re.compile(
    r"(?:Could not resolve host:?|getaddrinfo \w{1,20}|Failed to connect to|lookup) "
    r"([A-Za-z0-9.-]{1,250}\.[a-z]{2,24})\b",
    re.IGNORECASE,
)


def status_in(text: str) -> int | None:
    """The status that the provider answered with, as far as the text tells."""
    if STATUSES.isdisjoint(map(int, _NUMBER.findall(text))) or _PROXY.search(text):
        return None
    for pattern in _patterns():
        found = [int(number) for number in pattern.findall(text)]
        known = [number for number in found if number in STATUSES]
        if known:
            # Of several lines ``HTTP/1.1 …`` the last failure counts: proxies and 100 come first.
            failed = [number for number in known if number >= HTTPStatus.BAD_REQUEST]
            return failed[-1] if failed else known[-1]
    return None


def request_in(text: str) -> tuple[str | None, str | None]:
    """The method and the URL of the request that failed; each None when the text is silent."""
    for pattern in _REQUEST:
        if found := pattern.search(text):
            return found[1], _tidy(found[2])
    if found := _POOL.search(text):
        return None, f"https://{found[1]}{found[2]}"
    for pattern in _URL:
        if found := pattern.search(text):
            return None, _tidy(found[1])
    if found := _RESOLVE.search(text):
        return None, f"https://{found[1]}/"
    return None, None


def _tidy(url: str) -> str:
    return url.replace("\\/", "/").rstrip(".,;:)}`")
