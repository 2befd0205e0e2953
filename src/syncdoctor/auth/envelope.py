"""How a value lies in a store that limits the size of an entry: versioned, split, checked.

A value that fits is one slot, ``{"v": 1, "value": …}``. A longer one is written as pieces into
one of two sets, ``KEY#a0`` … or ``KEY#b0`` …, and then a head that names the set, the number of
pieces and their SHA-256. The head is written last, so that whoever reads finds the whole old
value or the whole new one, wherever the writer was stopped.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from syncdoctor.errors import StoreError

VERSION = 1
READS = 3  # a reader looks again when a writer moved the value while it was being read


class Slots(Protocol):
    """Named strings, as a keyring keeps them."""

    def read(self, name: str) -> str | None:
        """The string, or None when there is none of that name."""

    def write(self, name: str, text: str) -> None:
        """Write the string, replacing what was there."""

    def erase(self, name: str) -> None:
        """Erase the string if it is there."""


@dataclass(frozen=True, slots=True)
class _Head:
    value: str | None
    parts: int = 0
    set: str = ""
    sha256: str = ""


class DamagedEntry(StoreError):
    """An entry cannot be read back; it is kept as it is until something replaces it."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The entry {key} in the token store is damaged.",
            "Reconnect the connection (syncdoctor reconnect TARGET); "
            "the damaged entry is kept aside.",
        )


class Entries:
    """Values of any size over slots of a limited size."""

    def __init__(self, slots: Slots, limit: int | None) -> None:
        """``limit`` is the most characters that a slot takes; None: any number."""
        self._slots = slots
        self._limit = limit

    def get(self, key: str) -> str | None:
        """The value, or None when there is none; raises :class:`DamagedEntry`."""
        for _ in range(READS):
            raw = self._slots.read(key)
            if raw is None:
                return None
            value = self._assemble(key, raw)
            if value is not None:
                return value
            if self._slots.read(key) == raw:
                break
        raise DamagedEntry(key)

    def put(self, key: str, value: str) -> None:
        """Store the value; a damaged one that it replaces is kept as ``KEY.damaged-DATE``."""
        old = self._slots.read(key)
        if old is not None and self._assemble(key, old) is None:
            aside = f"{key}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
            self._write(aside, self._remains(key, old), None)
        self._write(key, value, old)

    def delete(self, key: str) -> None:
        """Delete the value; its head goes first, so that no half of it is ever read."""
        self._slots.erase(key)
        for name in "ab":
            self._erase_from(key, name, 0)

    def _write(self, key: str, value: str, old: str | None) -> None:
        whole = json.dumps({"v": VERSION, "value": value})
        if self._limit is None or len(whole) <= self._limit:
            self._slots.write(key, whole)
            if old is not None:
                for name in "ab":
                    self._erase_from(key, name, 0)
            return
        before = _parse(old) if old else None
        name = "b" if before is not None and before.set == "a" else "a"
        text = json.dumps(value)  # ASCII, so that a character is a character on every platform
        pieces = [text[i : i + self._limit] for i in range(0, len(text), self._limit)]
        for number, piece in enumerate(pieces):
            self._slots.write(f"{key}#{name}{number}", piece)
        head = {"v": VERSION, "parts": len(pieces), "set": name, "sha256": _digest(text)}
        self._slots.write(key, json.dumps(head))
        self._erase_from(key, name, len(pieces))
        self._erase_from(key, "a" if name == "b" else "b", 0)

    def _assemble(self, key: str, raw: str) -> str | None:
        """The value that a head stands for; None when it is damaged."""
        head = _parse(raw)
        if head is None or not head.parts:
            return head.value if head else None
        text = "".join(self._pieces(key, head))
        if _digest(text) != head.sha256:
            return None
        value = json.loads(text)
        return value if isinstance(value, str) else None

    def _pieces(self, key: str, head: _Head) -> list[str]:
        names = [f"{key}#{head.set}{number}" for number in range(head.parts)]
        return [self._slots.read(name) or "" for name in names]

    def _remains(self, key: str, raw: str) -> str:
        head = _parse(raw)
        return raw if head is None else raw + "".join(self._pieces(key, head))

    def _erase_from(self, key: str, name: str, number: int) -> None:
        """Erase pieces from the last one down, so that what a kill leaves is found again."""
        last = number
        while self._slots.read(f"{key}#{name}{last}") is not None:
            last += 1
        for one in reversed(range(number, last)):
            self._slots.erase(f"{key}#{name}{one}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _parse(raw: str) -> _Head | None:
    """A head, or None when it cannot be one; a newer version is refused, not called damaged."""
    try:
        document = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("v"), int):
        return None
    if document["v"] > VERSION:
        raise StoreError(
            "The token store was written by a newer syncdoctor.", "Upgrade syncdoctor."
        )
    value, parts = document.get("value"), document.get("parts")
    if isinstance(value, str):
        return _Head(value)
    name, digest = document.get("set"), document.get("sha256")
    if isinstance(parts, int) and parts > 0 and name in ("a", "b") and isinstance(digest, str):
        return _Head(None, parts, str(name), digest)
    return None
