from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syncdoctor.engine.retry import retry_after

AT = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "status", "seconds"),
    [
        ({}, 429, None),
        ({"retry-after": "30"}, 429, 30.0),
        ({"retry-after": "1.5"}, 503, 1.5),
        ({"retry-after": "Sun, 22 Nov 2026 10:01:00 GMT"}, 429, 60.0),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:00 GMT"}, 429, 0.0),
        (
            {
                "retry-after": "Sun, 22 Nov 2026 12:01:00 GMT",
                "date": "Sun, 22 Nov 2026 12:00:00 GMT",
            },
            429,
            60.0,
        ),
        ({"ratelimit-reset": "Sun, 22 Nov 2026 10:00:20 GMT"}, 429, 20.0),
        ({"ratelimit-reset": "Sun, 22 Nov 2026 10:00:20 GMT"}, 200, None),
        ({"x-ratelimit-reset": "1795341600"}, 429, None),
        ({"retry-after": "soon"}, 429, None),
        ({"retry-after": "-5"}, 429, None),
        ({"retry-after": "nan"}, 429, None),
        ({"retry-after": "inf"}, 429, None),
    ],
)
def test_when_to_come_back(headers: dict[str, str], status: int, seconds: float | None) -> None:
    assert retry_after(headers, AT, status) == seconds


def test_a_date_without_any_clock_tells_nothing() -> None:
    assert retry_after({"retry-after": "Sun, 22 Nov 2026 10:01:00 GMT"}, None, 429) is None
