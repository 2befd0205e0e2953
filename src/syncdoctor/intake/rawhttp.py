"""Raw HTTP text → exchanges: ``curl -i``, ``curl -v``, ``http -v`` and what editors' clients save.

Answers of a proxy to CONNECT and interim answers (100 to 199) are passed over. Where curl got no
answer, what it said of it becomes the exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from syncdoctor import redact
from syncdoctor.intake import jsonform, redirect
from syncdoctor.intake.times import moment_in
from syncdoctor.model import Exchange

_METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT"
_STATUS = re.compile(r"(?:< )?HTTP/\d(?:\.\d)? (\d{3})(?: (.*))?$")
_REQUEST = re.compile(rf"(?:> )?({_METHODS}) (\S+)(?: HTTP/\d(?:\.\d)?)?$")
_REQUEST_SURE = re.compile(rf"(?:> )?(?:{_METHODS}) (?:\S+ HTTP/\d|https?://\S+$)")
_HEADER = re.compile(r"(?:[<>] )?([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*(.*)$")
_CURL_ERROR = re.compile(
    r"curl: \(\d+\)|\* (?:Could not resolve|connect to .{1,300} failed|SSL certificate problem|"
    r".{0,300}(?:refused|timed out|reset by peer))",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"[$#>%\s]{0,4}curl\s.{0,2000}?(https?://[^\s'\"]+)")
_COMMAND_METHOD = re.compile(r"(?:-X|--request)[ =]?['\"]?([A-Z]{1,10})")
_NOISE = re.compile(
    r"[{}] \[\d+ bytes data\]|\s{0,4}% Total|\s{0,9}Dload|\s{0,3}\d+ +\S+ +\d+ +\S+ .*:--|\* "
)
_LEFT = re.compile(r"\* (?:Connection #\d+ to host|Closing connection|Curl_|TLSv|Connection ).*$")
_HOST = re.compile(
    r"\* (?:Connected to|Host|Trying|Could not resolve host:) "
    r"([A-Za-z0-9.-]{1,250}\.[A-Za-z]{2,24})",
    re.IGNORECASE,
)
_CHUNK = re.compile(r"[0-9a-fA-F]{1,8}\r?$")
SIGNS = re.compile(
    rf"^(?:< |> )?(?:HTTP/\d(?:\.\d)? \d{{3}}(?: .*)?|(?:{_METHODS}) \S+ HTTP/\d(?:\.\d)?"
    rf"|(?:{_METHODS}) https?://\S+)\r?$|^curl: \(\d+\)",
    re.MULTILINE,
)


@dataclass(slots=True)
class _Message:
    """What was read so far of one request and its answer."""

    method: str | None = None
    target: str = ""
    host: str = ""
    status: int | None = None
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)
    failure: list[str] = field(default_factory=list)


def exchanges(text: str) -> Iterator[Exchange]:
    """The exchanges of a text that holds raw HTTP, in its order."""
    reader = _Reader()
    for line in text.split("\n"):
        yield from reader.feed(line.rstrip("\r"))
    yield from reader.finish()


class _Reader:
    """A line at a time: in a request's head, in an answer's head, or in its body."""

    __slots__ = ("_now", "_place", "_verbose")

    def __init__(self) -> None:
        self._now = _Message()
        self._place = "between"
        self._verbose = False

    def feed(self, line: str) -> Iterator[Exchange]:
        """Take one line; give the exchange that it ends, if any."""
        self._verbose = self._verbose or line.startswith(("< HTTP/", "> ", "* "))
        if found := _STATUS.match(line):
            yield from self._answer(int(found[1]), found[2] or "")
        elif _REQUEST_SURE.match(line) and (found := _REQUEST.match(line)):
            yield from self._finished()
            self._now = _Message(method=found[1], target=found[2], host=self._now.host)
            self._place = "request"
        elif found := _COMMAND.match(line):
            yield from self._finished()
            method = _COMMAND_METHOD.search(line)
            self._now = _Message(method=method[1] if method else "GET", target=found[1])
            self._place = "between"
        else:
            self._inside(line)

    def finish(self) -> Iterator[Exchange]:
        """The last exchange."""
        yield from self._finished()

    def _answer(self, status: int, reason: str) -> Iterator[Exchange]:
        now = self._now
        interim = now.status is not None and (
            now.status < 200 or "connection established" in now.reason.lower()  # noqa: PLR2004
        )
        if now.status is not None and not interim:
            yield from self._finished()
            self._now = now = _Message(method=now.method, target=now.target, host=now.host)
        now.status, now.reason, now.headers, now.body = status, reason.strip(), {}, []
        self._place = "head"

    def _inside(self, line: str) -> None:
        now = self._now
        if self._verbose and (found := _HOST.match(line)) and not now.host:
            now.host = found[1]
        if _CURL_ERROR.match(line):
            now.failure.append(line.removeprefix("* "))
        elif self._place == "body":
            self._body(line)
        elif self._verbose and _NOISE.match(line):
            return
        elif line.strip() in ("", "<", ">"):
            self._place = "body" if self._place == "head" else self._place
        elif found := _HEADER.match(line):
            if self._place == "head":
                now.headers[found[1].lower()] = found[2].strip()
            elif found[1].lower() in ("host", "authority"):
                now.host = found[2].strip()

    def _body(self, line: str) -> None:
        if self._verbose:
            if _NOISE.match(line):
                return
            line = _LEFT.sub("", line)
        self._now.body.append(line)

    def _finished(self) -> Iterator[Exchange]:
        now = self._now
        if now.status is not None or now.failure:
            yield redact.exchange(**_parts(now))
            now.failure = []
            now.status = None
        elif now.method and (parts := redirect.parts(now.target)):
            yield redact.exchange(**parts)
            now.method = None


def _parts(message: _Message) -> jsonform.Parts:
    url = message.target
    if url and "://" not in url and message.host:
        url = f"https://{message.host}{url if url.startswith('/') else '/'}"
    if not url and message.host:
        url = f"https://{message.host}/"
    parts: jsonform.Parts = {
        "method": message.method if message.method not in (None, "CONNECT") else "GET",
        "url": url,
        "headers": message.headers,
    }
    if message.status is None:
        parts["exception"] = "\n".join(message.failure)
        return parts
    parts["status"] = message.status
    parts["body"] = _body_of(message)
    parts["at"] = moment_in(message.headers.get("date", ""))
    return parts


def _body_of(message: _Message) -> Any:
    lines = message.body
    if (
        "chunked" in message.headers.get("transfer-encoding", "")
        and lines
        and _CHUNK.match(lines[0])
    ):
        lines = [line for line in lines if not _CHUNK.match(line)]
    text = "\n".join(lines).strip()
    parsed = jsonform.body(text)
    if isinstance(parsed, str) and parsed[:1] in ("{", "["):
        try:
            # Something was pasted after the JSON.
            return json.JSONDecoder().raw_decode(parsed)[0]
        except (ValueError, RecursionError):
            return parsed
    return parsed
