"""Keeps under a provider's limits, over all processes of this machine.

One small file for each organisation holds the times of the last requests and, when the provider
asked for it, the time until which nothing is sent. A lock of the operating system guards it, so
that it is free again when its holder dies. A library's token bucket does not know the second part.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path

import orjson
from filelock import FileLock

from syncdoctor.engine.provider import Limits
from syncdoctor.errors import TemporaryFailure

# A minute or an hour, and a second more: a provider counts a request when it arrives, not when it
# is sent.
WINDOW_S, HOUR_S = 61.0, 3601.0
TOO_MANY = 429
DEFAULT_PAUSE_S = 5.0


class Limiter:
    """Waits before a request that would pass a limit.

    ``patience_s`` is how long a wait may last altogether; a longer one raises
    :class:`TemporaryFailure`, for example when the day's allowance is used up.
    """

    def __init__(
        self,
        limits: Limits,
        directory: Path,
        key: str,
        *,
        patience_s: float = 90.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``key`` names what the limits are counted for, e.g. ``xero:TENANT``."""
        self._limits = limits
        self._patience_s = patience_s
        self._clock = clock
        self._sleep = sleep
        name = hashlib.sha256(key.encode()).hexdigest()[:20]
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = directory / f"{name}.json"
        self._lock = FileLock(directory / f"{name}.lock", mode=0o600)

    @property
    def patient(self) -> bool:
        """Whether a refused request is worth waiting for."""
        return self._patience_s > 0

    def acquire(self) -> None:
        """Take one request's place, waiting for it if need be.

        Raises:
            TemporaryFailure: when the wait would be longer than ``patience_s``.
        """
        waited = 0.0
        while (wait := self._take()) > 0:
            waited += wait
            if waited > self._patience_s:
                raise TemporaryFailure(
                    f"The provider's limit is reached; the next request may go in {wait:.0f} s.",
                    "Run the same command again then.",
                )
            self._sleep(wait)

    def learn(self, status: int | None, headers: Mapping[str, str]) -> None:
        """Remember what an answer says of limits: Retry-After, and how much is left."""
        if status != TOO_MANY:
            return
        pause = retry_after_s(headers, self._clock())
        with self._lock:
            times, until = self._read()
            self._write(times, max(until, self._clock() + (pause or DEFAULT_PAUSE_S)))

    def _take(self) -> float:
        """Seconds to wait; 0 when the place was taken."""
        with self._lock:
            now = self._clock()
            times, until = self._read()
            if until > now:
                return until - now
            longest = WINDOW_S if self._limits.per_hour is None else HOUR_S
            times = [t for t in times if now - longest < t <= now]
            wait = max(self._waits(times, now), default=0.0)
            if wait <= 0:
                self._write([*times, now], 0.0)
            return wait

    def _waits(self, times: list[float], now: float) -> Iterator[float]:
        """For each limit that so many requests reach, the seconds until there is room again."""
        limits = self._limits
        for limit, window in ((limits.per_minute, WINDOW_S), (limits.per_hour, HOUR_S)):
            if limit is not None and len(times) >= limit:
                yield max(0.0, times[-limit] + window - now)

    def _read(self) -> tuple[list[float], float]:
        try:
            kept = orjson.loads(self._file.read_bytes())
            return [float(t) for t in kept["times"]], float(kept["until"])
        except (OSError, ValueError, KeyError, TypeError):
            return [], 0.0  # a lost count costs at most one refused request

    def _write(self, times: list[float], until: float) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._file.parent, prefix=".limits-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps({"times": times, "until": until}))
        Path(name).replace(self._file)


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a Retry-After header asks to wait: a number or a date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError):
        return None
