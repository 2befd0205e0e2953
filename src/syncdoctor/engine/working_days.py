"""Working days: neither weekends nor the bank holidays of England and Wales. Pure.

The dates of the holidays, with those that were moved or given once, are those of the library
``holidays``, which follows https://www.gov.uk/bank-holidays (2026-11-22).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

SATURDAY = 5


def working_days(since: date, until: date) -> int:
    """How many whole working days lie between two days.

    What begins on a day off counts from the next working day, as at a bank: from a Friday one
    working day has gone by on Monday, from the Saturday after it on Tuesday.
    """
    off = _days_off(since.year, until.year)

    def works(day: date) -> bool:
        return day.weekday() < SATURDAY and day not in off

    while not works(since) and since < until:
        since += timedelta(days=1)
    span = (until - since).days
    return sum(works(since + timedelta(days=number)) for number in range(1, span + 1))


def back(until: date, days: int) -> date:
    """The latest day from which it is that many working days."""
    day = until
    while working_days(day, until) < days:
        day -= timedelta(days=1)
    return day


@cache
def _days_off(first_year: int, last_year: int) -> frozenset[date]:
    from holidays import country_holidays  # slow to import, and only for who waits

    years = range(first_year, last_year + 1)
    return frozenset(country_holidays("GB", subdiv="ENG", years=years))
