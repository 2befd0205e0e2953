"""How often a grant was renewed of late, counted over all processes: some providers allow few.

Whoever counts holds the token's lock, so that no two processes count at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from syncdoctor.auth.errors import TokenDelayed
from syncdoctor.engine.provider import RenewalLimit

MARGIN = timedelta(seconds=1)  # the provider counts a request somewhat after it was sent


class Renewals:
    """The times of one connection's last renewals, in a file beside its lock."""

    def __init__(
        self, path: Path, limit: RenewalLimit | None, clock: Callable[[], datetime]
    ) -> None:
        """Without a ``limit`` nothing is counted."""
        self._path, self._limit, self._clock = path, limit, clock

    def take(self, target: str) -> None:
        """Count a renewal that is about to be asked for.

        Raises:
            TokenDelayed: the provider would refuse it; nothing was asked.
        """
        if self._limit is None:
            return
        now = self._clock()
        window = timedelta(seconds=self._limit.seconds) + MARGIN
        recent = [at for at in self._read() if now - window < at <= now]
        if len(recent) >= self._limit.count:
            free = recent[-self._limit.count] + window
            raise TokenDelayed(
                f"The token of {target} was renewed {len(recent)} times within "
                f"{_length(self._limit.seconds)}, which is all that the provider allows; it may be "
                f"renewed again at {free:%H:%M:%S} UTC.",
                f"Run again then. To see why it is renewed so often: syncdoctor diagnose {target}",
                retry_after_s=(free - now).total_seconds(),
            )
        self._write([*recent, now])

    def _read(self) -> list[datetime]:
        try:
            return [datetime.fromisoformat(at) for at in json.loads(self._path.read_bytes())]
        except (OSError, ValueError, TypeError):
            return []  # a lost count costs at most one refused request

    def _write(self, times: list[datetime]) -> None:
        """A count that cannot be noted is no reason to fail."""
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump([at.isoformat() for at in times], file)


def _length(seconds: int) -> str:
    minutes = seconds // 60
    return "a minute" if minutes == 1 else f"{minutes} minutes"
