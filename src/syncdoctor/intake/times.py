"""Reads the times that logs, HAR files and exchanges carry. Without a zone a time is UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?")
_CLF = re.compile(r"\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}")
_MILLISECONDS = 100_000_000_000  # a number above this counts milliseconds since 1970
_LAST = 253_402_300_799  # the last second of the year 9999


def moment(value: Any) -> datetime | None:
    """A time given as text or as seconds (or milliseconds) since 1970; None when it is neither."""
    if isinstance(value, str):
        try:
            exact = datetime.fromisoformat(value)
        except ValueError:
            return moment_in(value)
        return exact if exact.tzinfo else exact.replace(tzinfo=UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value / 1000 if value > _MILLISECONDS else value
        return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _LAST else None
    return None


def moment_in(text: str) -> datetime | None:
    """The first time in a text."""
    if found := _ISO.search(text):
        day, clock, fraction, zone = found.groups()
        fraction = (fraction or "0")[:6].ljust(6, "0")
        return _read(f"{day}T{clock}.{fraction}{(zone or 'Z').replace('Z', '+00:00')}")
    if found := _CLF.search(text):
        try:
            return datetime.strptime(found[0], "%d/%b/%Y:%H:%M:%S %z")
        except ValueError:
            return None
    return None


def _read(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
