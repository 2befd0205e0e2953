"""Lines of JSON that say the same but for numbers, dates and ids: learned, then known.

A log of a failing integration says the same thing with other ids, line after line, and rules do
not see which id it is (engine/ids.py). What is told of such a line is therefore what was told of
the one before it, with its own ids in their places. This is believed of a place only after three
other values of it changed nothing else in what was told; all other lines are judged in full.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from syncdoctor.engine.ids import MARK

PROVEN = 3  # values of a mark that changed nothing, before any other value of it is believed
REMEMBERED = 1024  # kinds of lines
LONGEST = 4096  # bytes of a line that is worth remembering
_MARK = re.compile(MARK.encode())
# A wait until a date hangs on when the answer came, and one that is too long is none (retry.py):
# months are how headers tell dates, and a month has seconds of seven digits.
_WAITS = re.compile(
    rb"(?:retry|rate-?limit).{0,60}?"
    rb"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|(?<![0-9])[0-9]{7}(?![0-9]))",
    re.IGNORECASE,
)
_ONES = bytes.maketrans(b"0123456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZ", b"1" * 42)
# Winsock's error numbers stand in exceptions, where no rule spells them.
# https://learn.microsoft.com/en-us/windows/win32/winsock/windows-sockets-error-codes-2 (2026-11-22)
_WINSOCK = frozenset(b"%d" % number for number in range(10_004, 11_032))

Marks = list[bytes]
Key = tuple[bytes, bytes, tuple[object, ...]]


class Answer(NamedTuple):
    """What was told of a line, and how grave it is."""

    told: bytes
    gravity: int


class _Kind:
    """Lines that differ in their marks alone."""

    __slots__ = ("answer", "marks", "pieces", "places", "sound", "values")

    def __init__(self, marks: Marks, answer: Answer) -> None:
        self.marks = marks
        self.answer = answer
        self.sound = True
        self.values: list[set[bytes]] = [set() for _ in marks]
        self.pieces: list[bytes] = []
        self.places: list[int] = []

    def cut(self) -> None:
        """Find the marks in what was told."""
        longest_first = sorted(set(self.marks), key=len, reverse=True)
        parts = re.split(b"(%s)" % b"|".join(map(re.escape, longest_first)), self.answer.told)
        self.pieces = parts[::2]
        self.places = [self.marks.index(mark) for mark in parts[1::2]]

    def filled(self, marks: Marks) -> bytes:
        """What was told, with other marks."""
        if not self.places:
            return self.answer.told
        out = [self.pieces[0]]
        for place, piece in zip(self.places, self.pieces[1:], strict=True):
            out += (marks[place], piece)
        return b"".join(out)

    def believes(self, marks: Marks) -> bool:
        """Whether each mark that is another one is known to make no difference."""
        for mark, own, values in zip(marks, self.marks, self.values, strict=True):
            if mark != own and len(values) < PROVEN:
                return False
        return True

    def compare(self, marks: Marks, answer: Answer) -> None:
        """Take an answer that was judged in full for one more proof, or for the disproof."""
        if not self.pieces:
            self.cut()
        if answer != (self.filled(marks), self.answer.gravity):
            self.sound = False
        for mark, own, values in zip(marks, self.marks, self.values, strict=True):
            if mark != own and len(values) < PROVEN:
                values.add(mark)


class Alike:
    """Knows lines again: the very same, and those that differ from earlier ones in marks alone."""

    def __init__(self, spelled: frozenset[str]) -> None:
        """``spelled`` are the marks that rules spell out: each makes a kind of its own."""
        self._spelled = _WINSOCK | {mark.encode() for mark in spelled}
        self._kinds: dict[Key, _Kind] = {}
        self._same: dict[bytes, Answer] = {}
        self._line: bytes | None = None
        self._asked: tuple[Key, Marks] | None = None

    def answer(self, line: bytes | None) -> Answer | None:
        """What is told of a line; None when it has to be judged, and then be learned.

        Of what stands in no line (None) nothing is known, and nothing is learned.
        """
        self._line = self._asked = None
        if line is None or len(line) > LONGEST:
            return None
        same = self._same.get(line)
        if same is not None:
            return same
        self._line = line
        parts = _MARK.split(line)
        marks = parts[1::2]
        key = b"\0".join(parts[::2]), b"\0".join(marks).translate(_ONES), self._asked_of(marks)
        kind = self._kinds.get(key)
        if kind is not None:
            if not kind.sound:
                return None
            if kind.believes(marks):
                return Answer(kind.filled(marks), kind.answer.gravity)
        self._asked = key, marks
        return None

    def learn(self, answer: Answer) -> None:
        """Keep what was told of the line that was asked for last, after judging it."""
        line = self._line
        if line is None:
            return
        if len(self._same) >= REMEMBERED:
            self._same.clear()
        self._same[line] = answer
        if self._asked is None or _WAITS.search(line):
            return
        key, marks = self._asked
        if kind := self._kinds.get(key):
            kind.compare(marks, answer)
            return
        if len(self._kinds) >= REMEMBERED:
            self._kinds.clear()
        self._kinds[key] = _Kind(marks, answer)

    def _asked_of(self, marks: Marks) -> tuple[object, ...]:
        """Which marks are equal, and which of them rules spell out."""
        asked: list[object] = []
        if len(set(marks)) < len(marks):
            asked += map(marks.index, marks)
        if not self._spelled.isdisjoint(marks):
            asked += [mark if mark in self._spelled else None for mark in marks]
        return tuple(asked)
