"""Finds the HTTP status, the method and the URL in what SDKs and HTTP clients print."""

from __future__ import annotations

import re
from http import HTTPStatus

# Those that the standard does not list: webhook receivers (498, 499) and Cloudflare's (520 to 530).
STATUSES = frozenset(int(s) for s in HTTPStatus) | {498, 499, *range(520, 531), 598, 599}
_REASONS = "|".join(
    sorted({re.escape(s.phrase) for s in HTTPStatus if s >= HTTPStatus.BAD_REQUEST}, key=len, reverse=True)
)

# A status that a proxy gave to CONNECT is not the provider's.
_PROXY = re.compile(r"tunnel connection failed|from proxy after CONNECT|CONNECT tunnel failed", re.I)

_NUMBER = re.compile(r"(?<!\d)[1-5]\d\d(?!\d)")  # a cheap test before the dear ones

# Ordered: the surest first. Each has one group, the three digits.
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"""\bHTTP/\d(?:\.\d)?["']?\s+["']?([1-5]\d\d)\b""",
        r"resulted in a `?([45]\d\d)\b",
        r"does not indicate success:\s*([45]\d\d)\b",
        r"""\b(?:http[ _-]?)?status[ _-]?(?:code)?["']*\s*(?:\(|\[|:|=>|=|->|of|is|was)?\s*["'(\[]*([1-5]\d\d)\b""",
        r"\bHttpError:? ([45]\d\d)\b",
        r"<Response \[([1-5]\d\d)[^\]]*\]>",
        r"\bHTTP(?:[ _-](?:error|status|response|request|code|returned|failed))*(?: code)?\s*[:#=-]?\s*[(\[]?([45]\d\d)\b",
        r"\b([45]\d\d) (?:client|server) error\b",
        r"\breturned (?:an? )?(?:error|status|code|http)?:?\s*[(\[]?([45]\d\d)\b",
        r"\b(?:responded|response|replied|answered|failed|rejected) (?:code )?(?:with |status |code )*(?:a |an )?:?\s*[(\[]?([45]\d\d)\b",
        rf"""[\[(`'"\s:]([45]\d\d)[\])]?[`'"]?[\s:-]+(?:{_REASONS})\b""",
        rf"^([45]\d\d)[\s:-]+(?:{_REASONS})\b",
        rf"\b(?:{_REASONS})\s*[\[(]([45]\d\d)[\])]",
        r"\[([45]\d\d)\]",
        r"\(([45]\d\d)\)",
        r"""\b(?:error|err|code|response_?code|error_?code)["']*\s*(?:code)?\s*(?:=>|[:=#])?\s*["']?([45]\d\d)\b(?![.\d])""",
        rf"\b([45]\d\d)\s+(?:{_REASONS})\b",
        r"^\s*([45]\d\d)\s*(?:[:-]|$)",
    )
)
_REQUEST = (
    re.compile(r"""\b(GET|POST|PUT|PATCH|DELETE|HEAD)\b[`'"\]:]?\s+(?:request )?(?:for |to |on )?[`'"\[<]*(https?:(?:\\?/){2}[^\s`'"<>\]]+)"""),
    re.compile(r"""\[(GET|POST|PUT|PATCH|DELETE)\] to \[(https?://[^\s\]]+)\]"""),
    re.compile(r"""HTTP Request: (GET|POST|PUT|PATCH|DELETE) (https?://\S+)"""),
)
_URL = (
    re.compile(r"""\b(?:when requesting|for url:?|requested url:?|request url:?|url["']?\s*[:=]>?|uri["']?\s*[:=]>?)\s*[`'"]?(https?:(?:\\?/){2}[^\s`'"<>,)\]]+)""", re.I),
    re.compile(r"""\b(?:fetching|calling|connect(?:ing|ion)? to|request to|open|Get|Post)\s+[`'"]?(https?:(?:\\?/){2}[^\s`'"<>,)\]]+)"""),
)
_POOL = re.compile(r"HTTPS?ConnectionPool\(host='([^']{1,253})'.{0,120}?with url: (\S+)")
_RESOLVE = re.compile(r"(?:Could not resolve host:?|getaddrinfo \w+|Failed to connect to|lookup) ([A-Za-z0-9.-]+\.[a-z]{2,})", re.I)


def status_in(text: str) -> int | None:
    """The status that the provider answered with, as far as the text tells."""
    if not _NUMBER.search(text) or _PROXY.search(text):
        return None
    for pattern in _PATTERNS:
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
    return url.replace("\\/", "/").rstrip(".,;:)`")
