"""Reads structures out of running text: JSON, Python's repr, JavaScript's inspect, Ruby's hashes.

Logs and exceptions hold a provider's body in the way in which a language prints it, often cut off
("(truncated...)"). One tolerant reader takes them all: what is cut off is closed, what cannot be
read ends the reading, and what was read up to there is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DEPTH = 40
FRAGMENTS = 24  # how many structures of one text are read
SURROGATES = range(0xD800, 0xE000)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
NUMBER = 18  # digits of a number that is still read as one
_ARRAY = re.compile(r"(?:[Aa]rray|stdClass Object|[A-Z]\w{0,40} Object)\s{0,99}\(")  # PHP's
_START = re.compile(
    r"""\{\s*(?:\}|["':]|[A-Za-z_$][\w$.-]*["']?\s*(?::|=))|\[\s*[\[{]|"""
    rf"""\b{_ARRAY.pattern}\s*(?:'|\[\w|\d)"""
)
_SPACE = re.compile(r"\s*")
_SEPARATOR = re.compile(r"\s*(?:=>|:|=)\s*")
_PREFIX = re.compile(r"[bur:](?=['\"])")  # of a string: Python's kinds, Ruby's quoted symbols
_BARE_KEY = re.compile(r":?[A-Za-z_$][\w$.-]*|\[[^\]\n]{1,60}\]|-?\d+")
_BARE_VALUE = re.compile(r"[^,}\]\n]*")
_BARE_IN_ARRAY = re.compile(r"(?:(?!\s{1,99}(?:\)|\[\w{1,60}\] =>))[^\n])*")
_PLAIN = {
    q: re.compile(rf"[^{q}\\]*") for q in ('"', "'", "`")
}  # what a string holds up to its next quote or escape
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*(?:[,}\])\n]|$))")
_CUT = re.compile(r"\s*(?:\.\.\.|…)")
_CUT_MARK = "(truncated"  # Guzzle's; what follows it is no part of the body
_WORDS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "none": None,
    "nil": None,
    "undefined": None,
}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "/": "/", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Fragment:
    """A structure found in a text: its value, where it stands, and whether it was whole."""

    value: Any
    start: int
    end: int
    whole: bool


def fragments(text: str) -> Iterator[Fragment]:
    """The structures of a text in their order; those inside another are not told apart."""
    position = 0
    for _ in range(FRAGMENTS):
        found = _START.search(text, position)
        if found is None:
            return
        fragment = read(text, found.start())
        if fragment is None:
            position = found.start() + 1
        else:
            yield fragment
            position = max(fragment.end, found.start() + 1)


def read(text: str, start: int = 0) -> Fragment | None:
    """The structure that begins at ``start``, None when there is none."""
    cut = text.find(_CUT_MARK, start)
    if cut < 0:
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            pass
        else:
            return Fragment(value, start, end, whole=True)
    reader = _Reader(text if cut < 0 else text[:cut].rstrip(), start)
    value = reader.value(0)
    return Fragment(value, start, reader.position, reader.whole) if value else None


class _Reader:
    """A recursive-descent reader that never fails: ``whole`` says whether it had to give up."""

    __slots__ = ("position", "text", "whole")

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position
        self.whole = True

    def value(self, depth: int, inside: str = "") -> Any:
        """The value at the position; ``inside`` is the bracket that closes what it is in."""
        self._skip(_SPACE)
        if self.position >= len(self.text) or depth > DEPTH or _CUT.match(self.text, self.position):
            self.whole = False
            return None
        char = self.text[self.position]
        if char == "{":
            return self._object(depth, "}")
        if found := _ARRAY.match(self.text, self.position):
            self.position = found.end() - 1
            return _listed(self._object(depth, ")"))
        if char == "[":
            return self._list(depth)
        if _PREFIX.match(self.text, self.position):
            self.position += 1
            char = self.text[self.position]
        if char in _PLAIN:
            return self._string(char)
        return self._bare(_BARE_IN_ARRAY if inside == ")" else _BARE_VALUE)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self.text, self.position)
        if found is None:
            return False
        self.position = found.end()
        return True

    def _closes(self, bracket: str) -> bool:
        """Whether the bracket stands here; commas before it are stepped over."""
        while self.position < len(self.text):
            self._skip(_SPACE)
            char = self.text[self.position : self.position + 1]
            if char == ",":
                self.position += 1
                continue
            if char == bracket:
                self.position += 1
                return True
            return False
        self.whole = False
        return True

    def _object(self, depth: int, bracket: str) -> dict[str, Any]:
        self.position += 1
        result: dict[str, Any] = {}
        while self.whole and not self._closes(bracket):
            key = self._key()
            if key is None or not self._skip(_SEPARATOR):
                self.whole = False
                break
            result[key] = self.value(depth + 1, bracket)
        return result

    def _list(self, depth: int) -> list[Any]:
        self.position += 1
        result: list[Any] = []
        while self.whole and not self._closes("]"):
            before = self.position
            result.append(self.value(depth + 1))
            if self.position == before:
                self.whole = False
        return result

    def _key(self) -> str | None:
        char = self.text[self.position : self.position + 1]
        if (
            char
            and char in "bur:"
            and self.text[self.position + 1 : self.position + 2] in ("'", '"')
        ):
            self.position += 1
            char = self.text[self.position]
        if char in _PLAIN:
            return self._string(char)
        found = _BARE_KEY.match(self.text, self.position)
        if found is None:
            return None
        self.position = found.end()
        return found[0].strip(":[]")

    def _string(self, quote: str) -> str:
        self.position += 1
        parts: list[str] = []
        while True:
            found = _PLAIN[quote].match(self.text, self.position)
            parts.append(found[0] if found else "")
            self.position = found.end() if found else self.position
            if self.position >= len(self.text):
                self.whole = False
                return "".join(parts)
            if self.text[self.position] == quote:
                self.position += 1
                return "".join(parts)
            parts.append(self._escape(quote))

    def _escape(self, quote: str) -> str:
        char = self.text[self.position + 1 : self.position + 2]
        width = {"u": 4, "x": 2}.get(char, 0)
        digits = self.text[self.position + 2 : self.position + 2 + width]
        if width and len(digits) == width and all(d in "0123456789abcdefABCDEF" for d in digits):
            self.position += 2 + width
            number = int(digits, 16)
            return REPLACEMENT if number in SURROGATES else chr(number)
        self.position += 2
        if char == quote:
            return quote
        return _ESCAPES.get(char, "\\" + char)

    def _bare(self, pattern: re.Pattern[str]) -> Any:
        found = _NUMBER.match(self.text, self.position)
        if found is not None:
            self.position = found.end()
            return _number(found[0])
        found = pattern.match(self.text, self.position)
        word = found[0] if found else ""
        self.position += len(word)
        word = word.strip()
        return _WORDS.get(word.lower(), word)


def _listed(array: dict[str, Any]) -> dict[str, Any] | list[Any]:
    """An array of PHP whose keys are numbers is a list."""
    return list(array.values()) if array and all(key.isdigit() for key in array) else array


def _number(digits: str) -> int | float | str:
    if len(digits) > NUMBER:
        return digits
    return int(digits) if digits.lstrip("-").isdigit() else float(digits)


# Numbers that JSON allows and others do not take are kept as text.
_DECODER = json.JSONDecoder(parse_int=_number, parse_constant=lambda _: None)
