"""``--since``: a length of time, or a day."""

from __future__ import annotations

import datetime as dt
import re

from syncdoctor.errors import UsageError

_LENGTH = re.compile(r"(\d{1,5})\s*([hdw])", re.IGNORECASE)
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def parse_since(text: str, now: dt.datetime) -> dt.datetime:
    """The moment that ``7d``, ``24h``, ``2w`` or ``2026-11-20`` means; days begin at 0:00 UTC.

    Raises:
        UsageError: it is none of these.
    """
    if found := _LENGTH.fullmatch(text.strip()):
        return now - dt.timedelta(**{_UNITS[found[2].lower()]: int(found[1])})
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"--since {text}: expected 7d, 24h, 2w or a day such as 2026-11-20.",
            "Take --since 7d",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
