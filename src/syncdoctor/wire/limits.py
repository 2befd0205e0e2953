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
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from filelock import FileLock

from syncdoctor.engine.provider import Limits
from syncdoctor.engine.retry import retry_after
from syncdoctor.errors import TemporaryFailure

if TYPE_CHECKING:
    from syncdoctor.engine.provider import Provider
    from syncdoctor.model import App, Connection, Exchange

# A second, a minute or an hour, and a little more for clocks of different grain. A provider counts
# a request at some moment between its sending and its answer: from the answer on, its place is held
# for a whole window, so that however late it was counted no window of theirs is overfull.
SECOND_S, WINDOW_S, HOUR_S = 1.05, 60.1, 3600.1
TOO_MANY = 429
DEFAULT_PAUSE_S = 5.0
GLANCE_S = 60.0  # how long a look waits for a limit that counts by the second


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
        self._taken: deque[float] = deque()  # places of requests without an answer yet
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

    def learn(
        self, status: int | None, headers: Mapping[str, str], *, refused: bool = False
    ) -> None:
        """Count the place of a request from now on, and remember what its answer says of limits.

        Args:
            status: None when no answer came; the request may have been counted all the same.
            refused: it means "too many", whatever its status is.
        """
        pause = 0.0
        if status == TOO_MANY or refused:
            usual = DEFAULT_PAUSE_S if self._limits.per_second is None else SECOND_S
            pause = retry_after_s(headers, self._clock()) or usual
        with self._lock:
            times, until = self._read()
            now = self._clock()
            if self._taken and (sent := self._taken.popleft()) in times:
                times.remove(sent)
                times.append(now)
            self._write(times, max(until, now + pause) if pause else until)

    def _take(self) -> float:
        """Seconds to wait; 0 when the place was taken."""
        with self._lock:
            now = self._clock()
            times, until = self._read()
            if until > now:
                return until - now
            longest = max((window for _, window in self._windows()), default=0.0)
            times = [t for t in times if now - longest < t <= now]
            wait = max(self._waits(times, now), default=0.0)
            if wait <= 0:
                self._write([*times, now], 0.0)
                self._taken.append(now)
            return wait

    def _waits(self, times: list[float], now: float) -> Iterator[float]:
        """For each limit that so many requests reach, the seconds until there is room again."""
        for limit, window in self._windows():
            if len(times) >= limit:
                yield max(0.0, times[-limit] + window - now)

    def _windows(self) -> Iterator[tuple[int, float]]:
        """How many requests may go in how many seconds."""
        limits = self._limits
        for limit, window in (
            # One by one over the second: eight at once, and a slow one among them, would be nine.
            (limits.per_second and 1, SECOND_S / (limits.per_second or 1)),
            (limits.per_minute, WINDOW_S),
            (limits.per_hour, HOUR_S),
        ):
            if limit is not None:
                yield limit, window

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


def limiter_for(
    connection: Connection, app: App, provider: Provider, state_dir: Path, patience_s: float
) -> Limiter | None:
    """What keeps calls under a provider's limits; None for who has no patience.

    A limit for each second is kept to in any case: what is looked at together shares the seconds.
    """
    if provider.limits.per_second is not None:
        patience_s = max(patience_s, GLANCE_S)
    if patience_s <= 0:
        return None
    whose = connection.organisation.id if connection.organisation else connection.uid
    if provider.limits.counted_for == "app":
        whose = app.client_id
    return Limiter(
        provider.limits, state_dir / "limits", f"{provider.id}:{whose}", patience_s=patience_s
    )


def too_many(provider: Provider, exchange: Exchange) -> bool:
    """Whether an answer refuses a call because there were too many."""
    refused = provider.limits.refused
    if exchange.status == TOO_MANY or refused is None or exchange.status != refused.status:
        return exchange.status == TOO_MANY
    from syncdoctor.engine.read import read

    return not {refused.code, *refused.also}.isdisjoint(read(exchange, provider).codes)


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a refusal asks to wait: by Retry-After (RFC 9110, 10.2.3) or RateLimit-Reset."""
    return retry_after(headers, datetime.fromtimestamp(now, UTC), TOO_MANY)
