"""When to come back, as an answer says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

# A longer wait than a month is a mistake or an instant since 1970, not a length of time.
LONGEST_S = 31 * 86_400.0


def retry_after(
    headers: Mapping[str, str], at: datetime | None, status: int | None
) -> float | None:
    """Seconds to wait by ``Retry-After``, or by ``ratelimit-reset`` of a 429; None when not said.

    A date is taken relative to the answer's own ``Date``, else to ``at``, because the clock of
    this machine may differ (RFC 9110, section 10.2.3).
    """
    value = headers.get("retry-after")
    if value is None and status == HTTPStatus.TOO_MANY_REQUESTS:
        value = headers.get("ratelimit-reset") or headers.get("x-ratelimit-reset")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        moment, now = _date(value), _date(headers.get("date", "")) or at
        if moment is None or now is None:
            return None
        seconds = max(0.0, (moment - _aware(now)).total_seconds())
    return seconds if 0 <= seconds <= LONGEST_S else None


def _date(text: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError):
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
