"""The door of intake: whatever somebody has at hand → exchanges, redacted when they are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from syncdoctor import redact
from syncdoctor.errors import UsageError
from syncdoctor.intake import jsonform
from syncdoctor.intake.embedded import enrich
from syncdoctor.intake.source import Source, open_source
from syncdoctor.model import Exchange

DEEPEST = 100  # levels of nesting of one JSON value
_CASSETTE = re.compile(r"^(?:interactions|http_interactions):", re.MULTILINE)
_MARKUP = re.compile(r"<(?:\?xml|!doctype|!--|[A-Za-z][\w:.-]*[\s/>])", re.IGNORECASE)
_NO_MARKUP = re.compile(r"<(?:HttpError|Response) ")
_LINES = (".jsonl", ".ndjson")
_RECORDINGS = frozenset(("log", "interactions", "http_interactions"))
LONGEST_KEY = 4096  # bytes of an answer that is worth remembering
_EXTRA = frozenset(("config", "message", "stack"))  # what clients' error objects have besides
_TIMED = ("retry", "ratelimit", "rate-limit")  # headers whose meaning hangs on the time


class Told(NamedTuple):
    """What is known of an exchange before it is made.

    ``key`` is equal for two exchanges that say the same, whenever they were; None when the
    exchange is not worth remembering. ``make`` makes it, redacted.
    """

    key: bytes | None
    at: datetime | None
    make: Callable[[], Exchange]


class Pending(NamedTuple):
    """An exchange that was not even looked at: ``line`` is the line of JSON that it stands in.

    ``line`` is None in an input of any other form. ``told`` raises UsageError when it is no JSON.
    """

    line: bytes | None
    told: Callable[[], Told]


def exchanges(
    data: bytes | Path | BinaryIO, *, provider: str | None = None, name: str = "<stdin>"
) -> Iterator[Exchange]:
    """The exchanges of an input in any known form, in its order.

    JSON lines and log text are read in constant memory.

    Args:
        data: bytes, a binary stream, or the path of a file.
        provider: overrules what the input says and what would be detected.
        name: what messages call the input; a path is called by itself.

    Raises:
        UsageError: the input cannot be used; the message names it and the line.
    """
    return Intake(data, name=name).exchanges(provider)


class Intake:
    """One input whose form has been told: ``is_lines`` for JSON lines."""

    def __init__(self, data: bytes | Path | BinaryIO, *, name: str = "<stdin>") -> None:
        """Read the head and tell the form.

        Raises:
            UsageError: the input is empty, packed or no text.
        """
        self.source: Source = open_source(data, name)
        try:
            self._head = self.source.head.lstrip()
            self.is_lines = self._head[:1] in ("{", "[", '"') and self._looks_like_lines()
        except BaseException:
            self.source.close()
            raise

    def exchanges(self, provider: str | None = None) -> Iterator[Exchange]:
        """The exchanges, with what their texts tell filled in.

        Raises:
            UsageError: while they are read, when the input cannot be used.
        """
        return (pending.told().make() for pending in self.pending(provider))

    def pending(
        self, provider: str | None = None, passing: AbstractSet[str] = frozenset()
    ) -> Iterator[Pending]:
        """The exchanges before they are made, so that what was seen before need not be.

        Args:
            provider: overrules what the input says.
            passing: lower-case names of headers that change with every answer and mean nothing.
        """
        try:
            if self.is_lines:
                for number, line in self.source.lines():
                    if line.strip():
                        yield Pending(line, partial(self._told, line, number, provider, passing))
            else:
                for raw in self._raw():
                    exchange = raw if provider is None else replace(raw, provider=provider)
                    told = Told(None, raw.at, partial(enrich, exchange))
                    yield Pending(None, partial(_itself, told))
        finally:
            self.source.close()

    def _told(
        self, line: bytes, number: int, provider: str | None, passing: AbstractSet[str]
    ) -> Told:
        value = self._json(line, number)
        make = partial(_made, value, provider, line)
        return Told(_key(value, provider, passing), jsonform.at(value), make)

    def _raw(self) -> Iterator[Exchange]:
        if self._head[:1] in ("{", "[", '"'):
            return self._document()
        if _CASSETTE.search(self._head):
            from syncdoctor.intake import cassette

            text = self.source.text_of(self.source.whole(), 1)
            return self._value(cassette.load(text, self.source.name))
        if _MARKUP.match(self._head) and not _NO_MARKUP.match(self._head):
            text = self.source.text_of(self.source.whole(), 1)
            return iter((redact.exchange(body=text.strip()),))
        return self._text()

    def _looks_like_lines(self) -> bool:
        first = self.source.first_line()
        if first is None:
            return self.source.name.lower().endswith(_LINES)
        try:
            orjson.loads(first)
        except ValueError:
            return self.source.name.lower().endswith(_LINES)
        following = self.source.next_after_first()
        return following in (b"{", b"[", b'"') or self.source.name.lower().endswith(_LINES)

    def _document(self) -> Iterator[Exchange]:
        data = self.source.whole()
        try:
            orjson.loads(data)
        except ValueError:
            if self._deep(data) or self.source.name.lower().endswith((".har", ".json")):
                self._json(data, None)
            return self._text_of(self.source.text_of(data, 1))
        return self._value(self._json(data, None))

    def _value(self, value: Any) -> Iterator[Exchange]:
        if isinstance(value, str):
            return self._text_of(value)
        if isinstance(value, dict) and not _RECORDINGS.isdisjoint(value):
            from syncdoctor.intake import cassette, har

            if har.is_har(value):
                return har.exchanges(value, self.source.name)
            if cassette.is_cassette(value):
                return cassette.exchanges(value, self.source.name)
        return jsonform.exchanges(value)

    def _text(self) -> Iterator[Exchange]:
        from syncdoctor.intake import logtext, rawhttp

        if rawhttp.SIGNS.search(self._head):
            return rawhttp.exchanges(self.source.text_of(self.source.whole(), 1))
        lines = (self.source.text_of(line, number) for number, line in self.source.lines())
        return logtext.exchanges(lines)

    def _text_of(self, text: str) -> Iterator[Exchange]:
        from syncdoctor.intake import logtext, rawhttp

        if rawhttp.SIGNS.search(text):
            return rawhttp.exchanges(text)
        return logtext.exchanges(text.split("\n"))

    def _json(self, data: bytes, line: int | None) -> Any:
        """A JSON value that is not nested too deep."""
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            if self._deep(data):
                raise self._too_deep(line) from None
            raise UsageError(
                f"{self.source.name}, line {line or error.lineno}, column {error.colno}: "
                f"this is not JSON: {error.msg}.",
                "Lines of JSON must each be whole; other text may be given as a file of its own.",
            ) from None
        if self._deep(data) and _depth(value) > DEEPEST:
            raise self._too_deep(line)
        return value

    def _too_deep(self, line: int | None) -> UsageError:
        where = f"{self.source.name}, line {line}" if line else self.source.name
        return UsageError(f"{where}: JSON nested more than {DEEPEST} levels deep.")

    @staticmethod
    def _deep(data: bytes) -> bool:
        """Whether the value could be nested too deep: a cheap test before the dear one."""
        return data.count(b"{") + data.count(b"[") > DEEPEST


def _itself(told: Told) -> Told:
    return told


def _made(value: Any, provider: str | None, line: bytes) -> Exchange:
    exchange = enrich(jsonform.exchange(value, line))
    return exchange if provider is None else replace(exchange, provider=provider)


def _key(value: Any, provider: str | None, passing: AbstractSet[str]) -> bytes | None:
    """What two values have in common that say the same; None when they are too long."""
    told = value
    if type(value) is dict and "response" in value and _EXTRA.isdisjoint(value):
        response, at = value["response"], None
        headers = response.get("headers") if type(response) is dict else None
        if type(headers) is dict and headers:
            names = {name: name.lower() for name in headers}
            if any(_hangs_on_time(name, headers[given]) for given, name in names.items()):
                at = jsonform.at(value)
            elif not passing.isdisjoint(names.values()):
                kept = {name: held for name, held in headers.items() if names[name] not in passing}
                response = {**response, "headers": kept}
        told = (
            provider or value.get("provider"),
            value.get("phase"),
            value.get("request"),
            response,
            value.get("exception"),
            at,
        )
    key = orjson.dumps(told)
    return key if len(key) <= LONGEST_KEY else None


def _hangs_on_time(name: str, held: Any) -> bool:
    """Whether a header tells a moment: a number of seconds means the same at any time."""
    return any(sign in name for sign in _TIMED) and not str(held).isdecimal()


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level and deepest <= DEEPEST:
        deepest += 1
        level = [
            inner
            for held in level
            if isinstance(held, (dict, list))
            for inner in (held.values() if isinstance(held, dict) else held)
        ]
    return deepest
