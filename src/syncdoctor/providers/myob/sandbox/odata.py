"""The part of OData's ``$filter`` that is used: ``eq``, ``ne``, ``and``, ``or`` and parentheses.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html (2026-11-22)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<mark>[()])|guid'(?P<guid>[^']*)'|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<number>-?\d+(?:\.\d+)?)(?![\w/])|(?P<word>[A-Za-z_][\w/]*))"
)
Test = Callable[[Mapping[str, Any]], bool]


class NotUnderstood(ValueError):
    """The filter is not of the part that is used."""


class Filter:
    """A parsed filter; an empty one admits everything."""

    def __init__(self, text: str) -> None:
        """Parse; :class:`NotUnderstood` says where it cannot be."""
        self._tokens = list(_tokens(text))
        self._test: Test | None = self._any() if self._tokens else None
        if self._tokens:
            raise NotUnderstood(f"unexpected {self._tokens[0][1]!r}")

    def admits(self, item: Mapping[str, Any]) -> bool:
        """Whether the filter lets an element through."""
        return self._test is None or self._test(item)

    def _any(self) -> Test:
        tests = [self._all()]
        while self._takes("word", "or"):
            tests.append(self._all())
        return lambda item: any(test(item) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._takes("word", "and"):
            tests.append(self._one())
        return lambda item: all(test(item) for test in tests)

    def _one(self) -> Test:
        if self._takes("mark", "("):
            test = self._any()
            if not self._takes("mark", ")"):
                raise NotUnderstood("a parenthesis is not closed")
            return test
        path = self._next("word").split("/")
        same = not self._takes("word", "ne")
        if same and not self._takes("word", "eq"):
            raise NotUnderstood("expected eq or ne")
        value = self._literal()
        return lambda item: (_at(item, path) == value) is same

    def _literal(self) -> str:
        if not self._tokens or self._tokens[0][0] == "mark":
            raise NotUnderstood("a value is missing")
        return _folded(self._tokens.pop(0)[1])

    def _next(self, kind: str) -> str:
        if not self._tokens or self._tokens[0][0] != kind:
            raise NotUnderstood(f"expected a {kind}")
        return self._tokens.pop(0)[1]

    def _takes(self, kind: str, text: str) -> bool:
        if not self._tokens or self._tokens[0] != (kind, text):
            return False
        del self._tokens[0]
        return True


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotUnderstood(f"at position {at}")
        kind = str(match.lastgroup)
        found.append((kind, match[kind].replace("''", "'") if kind == "text" else match[kind]))
        at = match.end()
    return found


def _at(item: Any, path: list[str]) -> str | None:
    for name in path:
        item = item.get(name) if isinstance(item, Mapping) else None
    return None if item is None else _folded(str(item))


def _folded(text: str) -> str:
    return text.casefold()
