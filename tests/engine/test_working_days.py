"""Working days of England and Wales: across weekends, Easter, Christmas and a single holiday."""

from __future__ import annotations

from datetime import date

import pytest

from syncdoctor.engine.working_days import back, working_days


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (date(2026, 11, 16), date(2026, 11, 16), 0),
        (date(2026, 11, 16), date(2026, 11, 20), 4),  # Monday to Friday
        (date(2026, 11, 16), date(2026, 11, 22), 4),  # and the Sunday after it
        (date(2026, 11, 16), date(2026, 11, 23), 5),
        (date(2026, 11, 20), date(2026, 11, 23), 1),  # Friday to Monday
        (date(2026, 11, 21), date(2026, 11, 23), 0),  # what begins on a Saturday begins on Monday
        (date(2026, 11, 21), date(2026, 11, 24), 1),
        (date(2026, 4, 2), date(2026, 4, 6), 0),  # Good Friday to Easter Monday
        (date(2026, 4, 2), date(2026, 4, 7), 1),
        (date(2026, 4, 3), date(2026, 4, 8), 1),
        (date(2026, 12, 24), date(2026, 12, 28), 0),  # Boxing Day is a Saturday: Monday instead
        (date(2026, 12, 24), date(2026, 12, 31), 3),
        (date(2026, 12, 24), date(2027, 1, 4), 4),  # New Year's Day is a Friday
        (date(2027, 12, 24), date(2027, 12, 30), 2),  # both holidays of a weekend are moved
        (date(2022, 9, 16), date(2022, 9, 20), 1),  # the funeral of Queen Elizabeth II
        (date(2026, 11, 23), date(2026, 11, 16), 0),
    ],
)
def test_weekends_and_bank_holidays_do_not_count(since: date, until: date, days: int) -> None:
    assert working_days(since, until) == days


@pytest.mark.parametrize("days", [0, 1, 5, 9])
@pytest.mark.parametrize("until", [date(2026, 4, 7), date(2026, 11, 22), date(2027, 1, 4)])
def test_the_way_back_is_as_long(until: date, days: int) -> None:
    assert working_days(back(until, days), until) == days
