"""Where this process keeps its state; the program says so before anything else."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

FILE_NAME = "state.sqlite3"


class _Chosen:
    url: ClassVar[str | None] = None


def choose(url: str | None) -> None:
    """Keep the state in this PostgreSQL database; None or empty: in the state directory's file."""
    _Chosen.url = url or None


def of(state_dir: Path) -> Path | str:
    """The URL that was chosen, or else the file in the state directory."""
    return _Chosen.url or state_dir / FILE_NAME


def passwords_in(url: str) -> tuple[str, ...]:
    """The passwords that a URL holds, before its host or among its parameters, as they are sent.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING (2026-11-22)

    Raises:
        ValueError: it is no URL.
    """
    parts = urlsplit(url)
    asked = (value for name, value in parse_qsl(parts.query) if name.endswith("password"))
    return tuple(filter(None, (unquote(parts.password or ""), *asked)))
