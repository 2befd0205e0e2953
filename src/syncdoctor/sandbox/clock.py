"""The sandbox's clock: the real time, which tests can move or stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time in UTC. Moving it ages tokens, limits and idempotency keys at once."""

    def __init__(self, start: datetime | None = None) -> None:
        self._stopped = start
        self._offset = timedelta()

    def now(self) -> datetime:
        """The time that the sandbox believes in."""
        return (self._stopped or datetime.now(UTC)) + self._offset

    def advance(self, seconds: float) -> datetime:
        """Move by seconds, forward or back."""
        self._offset += timedelta(seconds=seconds)
        return self.now()

    def stop(self, at: datetime | None = None) -> datetime:
        """Stand still, now or at a moment with a time zone."""
        moment = at or self.now()
        self._stopped, self._offset = moment, timedelta()
        return moment
