"""One TOML table, read strictly: every failure names the file, the table and the key."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from syncdoctor.errors import ConfigError

W = TypeVar("W", bound=StrEnum)

HINT = "syncdoctor rules test FILE"


def parse_file(path: Path) -> dict[str, Any]:
    """The TOML document in a file; ConfigError with the place when it is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text, at byte {error.start}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}.") from None


class Table:
    """A table with a closed list of keys. ``where`` says which one it is, e.g. ``rule 3 "a.b"``."""

    __slots__ = ("data", "file", "hint", "where")

    def __init__(
        self, data: Any, file: str, where: str, keys: Iterable[str], hint: str = HINT
    ) -> None:
        self.file = file
        self.hint = hint
        self.where = where
        if not isinstance(data, dict):
            self.fail("", "must be a table")
        self.data: dict[str, Any] = data
        allowed = sorted(keys)
        for key in data:
            if key not in allowed:
                close = difflib.get_close_matches(key, allowed, 1)
                meant = f"; did you mean {close[0]}?" if close else f"; known: {', '.join(allowed)}"
                self.fail(key, f"unknown key{meant}")

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise what is wrong with a key."""
        place = ": ".join(part for part in (self.file, self.where, key) if part)
        raise ConfigError(f"{place}: {problem}.", self.hint)

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty text; required unless there is a default."""
        value = self.data.get(key, default)
        if value is None:
            self.fail(key, "is missing")
        if not isinstance(value, str) or (not value.strip() and default is None):
            self.fail(key, "must be a text that is not empty")
        return value

    def optional_text(self, key: str) -> str | None:
        """A text, or None."""
        return self.text(key) if key in self.data else None

    def texts(self, key: str, *, one: bool = False) -> tuple[str, ...]:
        """A list of texts; with ``one``, a single text stands for a list of one."""
        value = self.data.get(key, [])
        if one and isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self.fail(key, "must be a list of texts" + (", or a text" if one else ""))
        return tuple(value)

    def word(self, key: str, words: type[W], default: W | None = None) -> W:
        """One word of a closed list."""
        if key not in self.data and default is not None:
            return default
        return self._one_of(key, self.text(key), words)

    def words(self, key: str, words: type[W]) -> tuple[W, ...]:
        """A list of words of a closed list."""
        return tuple(self._one_of(key, value, words) for value in self.texts(key, one=True))

    def _one_of(self, key: str, value: str, words: type[W]) -> W:
        try:
            return words(value)
        except ValueError:
            self.fail(key, f'"{value}" is not one of {", ".join(words)}')

    def integer(self, key: str) -> int | None:
        """A whole number, or None."""
        value = self.data.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self.fail(key, "must be a whole number")
        return value

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(type(v) is int for v in value):
            self.fail(key, "must be a list of whole numbers")
        return tuple(value)

    def count(self, key: str, default: int) -> int:
        """A whole number of at least 0."""
        value = self.integer(key)
        if value is not None and value < 0:
            self.fail(key, "must not be negative")
        return default if value is None else value

    def flag(self, key: str) -> bool:
        """A boolean that must be given."""
        value = self.data.get(key)
        if not isinstance(value, bool):
            self.fail(key, "must be true or false")
        return value

    def text_map(self, key: str) -> Mapping[str, str]:
        """A table of texts."""
        value = self.data.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            self.fail(key, "must be a table of texts")
        return value

    def free(self, key: str) -> Mapping[str, Any]:
        """A table whose keys are not ours to judge."""
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, "must be a table")
        return value

    def table(self, key: str, keys: Iterable[str]) -> Table:
        """A table inside; empty when absent."""
        where = f"{self.where}.{key}" if self.where else key
        return Table(self.data.get(key, {}), self.file, where, keys, self.hint)

    def tables(self, key: str) -> list[Any]:
        """An array of tables, unread."""
        value = self.data.get(key, [])
        if not isinstance(value, list):
            self.fail(key, f"must be an array of tables, written [[{key}]]")
        return value
