"""One TOML file: read strictly, with faults named by line and key; edited with comments kept."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from syncdoctor.errors import ConfigError

_WORDS = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    dict: "a table",
    list: "a list",
    datetime: "a date",
}


def read(path: Path) -> dict[str, Any]:
    """The file's tables; empty when there is no file.

    Raises:
        ConfigError: when it cannot be read, is not UTF-8 or no TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}.", f"Edit {path}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}", f"Edit {path}") from None


def fault(path: Path, key: str, problem: str) -> ConfigError:
    """What is wrong with a key, naming file, line and key."""
    line = _line_of(path, key)
    place = f"{path}:{line}" if line else str(path)
    return ConfigError(f"{place}: {key}: {problem}", f"Edit {path}")


def _line_of(path: Path, key: str) -> int | None:
    """The line where a dotted key is set: as a table of its own, or below its table's header."""
    parts = key.split(".")
    setting = re.compile(rf"\s*{_quoted(parts[-1])}\s*[=.]")
    inside, fallback = len(parts) == 1, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if _header(parts).match(line) or (inside and setting.match(line)):
            return number
        if line.lstrip().startswith("["):
            inside = bool(parts[:-1] and _header(parts[:-1]).match(line))
            fallback = number if inside else fallback
    return fallback


def _header(parts: list[str]) -> re.Pattern[str]:
    return re.compile(r"\s*\[\s*" + r"\s*\.\s*".join(map(_quoted, parts)) + r"\s*\]")


def _quoted(part: str) -> str:
    return rf"[\"']?{re.escape(part)}[\"']?"


def check_keys(path: Path, prefix: str, table: Any, known: Mapping[str, type]) -> None:
    """Every key is known and of its type.

    Raises:
        ConfigError: when one is not.
    """
    if not isinstance(table, dict):
        raise fault(path, prefix.rstrip("."), "must be a table.")
    for key, value in table.items():
        kind = known.get(key)
        if kind is None:
            close = get_close_matches(key, known, 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise fault(path, prefix + key, f"is not known.{hint}")
        if not isinstance(value, kind):
            raise fault(path, prefix + key, f"must be {_WORDS[kind]}.")


def check_present(path: Path, prefix: str, table: Mapping[str, Any], *keys: str) -> None:
    """Every one of the keys is there.

    Raises:
        ConfigError: when one is missing.
    """
    for key in keys:
        if not table.get(key):
            raise fault(path, prefix.rstrip("."), f"{key!r} is missing.")


def merge(tables: Any, name: str, table: Mapping[str, Any]) -> None:
    """Set a table's keys one by one, so that comments beside those that stay are kept."""
    if name not in tables:
        tables[name] = table
        return
    old = tables[name]
    for key in [k for k in old if k not in table]:
        del old[key]
    for key, value in table.items():
        if isinstance(value, dict) and key in old:
            merge(old, key, value)
        elif key not in old or old[key] != value:
            old[key] = value


def edit(path: Path, change: Callable[[Any], Any]) -> Path:
    """Change a file in place: a new one is written whole, one that is there keeps its comments."""
    if path.exists():
        import tomlkit

        read(path)
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
        change(document)
        text = tomlkit.dumps(document)
    else:
        import tomli_w

        fresh: dict[str, Any] = {}
        change(fresh)
        text = tomli_w.dumps(fresh)
    tomllib.loads(text)
    write_private(path, text)
    return path


def write_private(path: Path, content: str | bytes) -> None:
    """Replace a file atomically; only its owner may read it (0600 in 0700). Text is UTF-8.

    Raises:
        ConfigError: it cannot be written there.
    """
    try:
        _replace(path, content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}.",
            f"Look at the free space and the permissions of {path.parent}",
        ) from None


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
