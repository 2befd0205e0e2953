from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdoctor.engine.provider import Limits
from syncdoctor.errors import TemporaryFailure
from syncdoctor.wire.limits import Limiter, retry_after_s


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def limiter(path: Path, clock: Clock, *, per_minute: int = 3, patience_s: float = 90.0) -> Limiter:
    limits = Limits(per_minute=per_minute)
    return Limiter(limits, path, "k", patience_s=patience_s, clock=clock, sleep=clock.sleep)


def test_requests_under_the_limit_do_not_wait(tmp_path: Path) -> None:
    clock = Clock()
    one = limiter(tmp_path, clock)
    for _ in range(3):
        one.acquire()
    assert clock.slept == []


def test_no_minute_ever_holds_more_than_the_limit(tmp_path: Path) -> None:
    clock = Clock()
    one, other = limiter(tmp_path, clock), limiter(tmp_path, clock)
    taken = []
    for number in range(20):
        (one if number % 2 else other).acquire()
        taken.append(clock.now)
        clock.now += 3.0
    for start in taken:
        assert sum(start <= t < start + 60 for t in taken) <= 3


@pytest.mark.parametrize("counted_after", [0.0, 0.5, 1.0])
def test_however_late_a_request_is_counted_no_minute_is_overfull(
    tmp_path: Path, counted_after: float
) -> None:
    """The provider counts somewhere between sending (0) and answer (1), early ones the latest."""
    clock = Clock()
    one = limiter(tmp_path, clock)
    counted = []
    for number in range(20):
        one.acquire()
        took = 2.5 if number < 4 else 0.01  # a provider that wakes up
        counted.append(clock.now + took * (counted_after if number < 4 else 0.0))
        clock.now += took
        one.learn(200 if number % 3 else None, {})
    for start in counted:
        assert sum(start <= t < start + 60 for t in counted) <= 3


def test_a_pause_that_a_provider_asks_for_holds_for_all(tmp_path: Path) -> None:
    clock = Clock()
    limiter(tmp_path, clock).learn(429, {"retry-after": "7"})
    limiter(tmp_path, clock).acquire()
    assert clock.slept == [7.0]


def test_a_pause_beyond_patience_is_a_temporary_failure(tmp_path: Path) -> None:
    clock = Clock()
    one = limiter(tmp_path, clock, patience_s=60)
    one.learn(429, {"retry-after": "3600"})
    with pytest.raises(TemporaryFailure, match="3600 s"):
        one.acquire()
    assert clock.slept == []


def test_a_damaged_count_is_begun_anew(tmp_path: Path) -> None:
    clock = Clock()
    one = limiter(tmp_path, clock)
    one.acquire()
    for file in tmp_path.glob("*.json"):
        file.write_bytes(b"\x00 rubbish")
    one.acquire()
    assert clock.slept == []


def take(path: Path, number: int) -> None:
    one = Limiter(Limits(per_minute=1000), path, "k")
    for _ in range(number):
        one.acquire()


def test_processes_share_one_count(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=take, args=(tmp_path, 25)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    clock = Clock()
    counted = Limiter(Limits(per_minute=100), tmp_path, "k", patience_s=0)
    with pytest.raises(TemporaryFailure):
        counted.acquire()
    assert clock.slept == []


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 22, 10, 0, tzinfo=UTC).timestamp()
    assert retry_after_s({"retry-after": value}, now) == seconds


def test_an_hour_is_counted_too_where_a_provider_limits_it(tmp_path: Path) -> None:
    clock = Clock()
    limits = Limits(per_minute=3, per_hour=5)
    one = Limiter(limits, tmp_path, "k", patience_s=4000, clock=clock, sleep=clock.sleep)
    taken = []
    for _ in range(7):
        one.acquire()
        taken.append(clock.now)
    for start in taken:
        assert sum(start <= t < start + 60 for t in taken) <= 3
        assert sum(start <= t < start + 3600 for t in taken) <= 5


def test_a_wait_for_the_next_hour_is_beyond_patience(tmp_path: Path) -> None:
    clock = Clock()
    one = Limiter(Limits(per_hour=1), tmp_path, "k", clock=clock, sleep=clock.sleep)
    one.acquire()
    clock.now += 600
    with pytest.raises(TemporaryFailure, match="in 3000 s"):
        one.acquire()


def test_calls_of_a_second_go_one_by_one(tmp_path: Path) -> None:
    clock = Clock()
    limits = Limits(per_second=8)
    one = Limiter(limits, tmp_path, "k", clock=clock, sleep=clock.sleep)
    taken = []
    for _ in range(20):
        one.acquire()
        taken.append(clock.now)
    for start in taken:
        assert sum(start <= t < start + 1 for t in taken) <= 8
    assert taken[-1] - taken[0] < 19 / 8 * 1.06


def test_a_refusal_may_have_another_status_than_429(tmp_path: Path) -> None:
    clock = Clock()
    one = Limiter(Limits(per_second=8), tmp_path, "k", clock=clock, sleep=clock.sleep)
    one.learn(403, {})
    one.acquire()
    assert clock.slept == []
    one.learn(403, {}, refused=True)
    one.acquire()
    assert clock.slept == [pytest.approx(1.05)]
