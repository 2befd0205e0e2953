"""What a calendar event is besides a record: its title, its time and its place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

When = dt.date | dt.datetime  # a day, or a moment: one with an offset, or one of a time zone


@dataclass(frozen=True, slots=True)
class Event:
    """An event as the product has it.

    ``end`` is exclusive, as in iCalendar: of an event of whole days, the day after its last one.
    A moment without an offset is of ``time_zone``, the IANA name of a zone. What is None or empty
    is left open: it is neither sent nor compared.
    """

    title: str
    start: When
    end: When
    time_zone: str | None = None
    location: str | None = None
    description: str | None = None
    attendees: tuple[str, ...] = ()  # e-mail addresses

    @property
    def all_day(self) -> bool:
        """Whether it takes whole days."""
        return not isinstance(self.start, dt.datetime)

    @property
    def last_day(self) -> dt.date:
        """The day on which it ends; what decides whether it is recent."""
        if isinstance(self.end, dt.datetime):
            return self.end.date()
        return self.end - dt.timedelta(days=1)

    def content(self) -> list[Any]:
        """All that is sent, for a hash."""
        return [
            self.title,
            self.start.isoformat(),
            self.end.isoformat(),
            self.time_zone,
            self.location,
            self.description,
            list(self.attendees),
        ]
