"""Rate limits: so many calls a second, minute, hour and day for each key; a minute for an app."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from datetime import datetime, timedelta
from math import ceil

from syncdoctor.engine.provider import Limits
from syncdoctor.providers.common.embedded import Allowance

HOUR_S, DAY_S = 3_600, 86_400
APP_PER_MINUTE = 10_000


class Limiter:
    """Counts calls in sliding windows.

    ``limits`` may be replaced while it runs. ``minute_s`` is the length of the minute in
    seconds: a benchmark shortens it rather than wait.
    """

    def __init__(self, limits: Limits, *, minute_s: float = 60.0) -> None:
        self.limits = limits
        self.minute_s = minute_s
        self._seconds: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self._minutes: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self._hours: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self._days: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self._in_flight: Counter[str] = Counter()

    def enter(self, key: str) -> bool:
        """Begin a call; False when too many are under way. End it with :meth:`leave`."""
        self._in_flight[key] += 1
        return self.limits.concurrent is None or self._in_flight[key] <= self.limits.concurrent

    def leave(self, key: str) -> None:
        """End a call."""
        self._in_flight[key] -= 1
        if not self._in_flight[key]:
            del self._in_flight[key]

    def admit(self, key: str, app: str, now: datetime) -> Allowance:
        """Count a call, unless a window is full; a refused call is not counted."""
        second = _window(self._seconds[key], now, 1.0)
        minute = _window(self._minutes[key], now, self.minute_s)
        app_minute = _window(self._minutes["app " + app], now, self.minute_s)
        hour = _window(self._hours[key], now, HOUR_S)
        day = _window(self._days[key], now, DAY_S)
        per_minute = self.limits.per_minute or APP_PER_MINUTE
        per_hour = self.limits.per_hour or APP_PER_MINUTE * 60
        per_day = self.limits.per_day or APP_PER_MINUTE * 1440
        for name, window, limit, length in (
            ("day", day, per_day, DAY_S),
            ("hour", hour, per_hour, HOUR_S),
            ("minute", minute, per_minute, self.minute_s),
            ("appminute", app_minute, APP_PER_MINUTE, self.minute_s),
            ("second", second, self.limits.per_second or APP_PER_MINUTE, 1.0),
        ):
            if len(window) >= limit:
                wait = (window[0] + timedelta(seconds=length) - now).total_seconds()
                left = (per_minute - len(minute), per_day - len(day))
                return Allowance(*left, APP_PER_MINUTE - len(app_minute), name, max(1, ceil(wait)))
        for window in (second, minute, app_minute, hour, day):
            window.append(now)
        return Allowance(
            per_minute - len(minute), per_day - len(day), APP_PER_MINUTE - len(app_minute)
        )


def _window(calls: deque[datetime], now: datetime, length_s: float) -> deque[datetime]:
    oldest = now - timedelta(seconds=length_s)
    while calls and calls[0] <= oldest:
        calls.popleft()
    return calls
