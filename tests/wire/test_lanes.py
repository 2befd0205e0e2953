from __future__ import annotations

import threading

import pytest

from syncdoctor.wire.lanes import in_lanes
from syncdoctor.wire.proxies import EnvironmentTransport

WAIT_S = 5.0  # only a failure waits as long


def lane_of(item: str) -> str:
    return item[0]


def test_a_lane_that_hangs_holds_up_no_other() -> None:
    freed = threading.Event()

    def work(item: str, _transport: object) -> str:
        if item.startswith("dead"):
            assert freed.wait(WAIT_S)
        return item.upper()

    items = [f"dead-{n}" for n in range(4)] + [f"live-{n}" for n in range(4)]
    results = in_lanes(items, lane_of, work, at_once=2)
    first = dict(next(results) for _ in range(4))
    assert sorted(first) == ["live-0", "live-1", "live-2", "live-3"]
    assert first["live-3"] == "LIVE-3"
    freed.set()
    assert sorted(item for item, _ in results) == ["dead-0", "dead-1", "dead-2", "dead-3"]


def test_no_more_of_a_lane_are_under_way_than_are_allowed() -> None:
    under_way: list[int] = []
    together = threading.Barrier(3)
    lock = threading.Lock()
    now = 0

    def work(_item: str, _transport: object) -> None:
        nonlocal now
        with lock:
            now += 1
            under_way.append(now)
        together.wait(WAIT_S)
        with lock:
            now -= 1

    assert len(list(in_lanes(["a"] * 9, lane_of, work, at_once=3))) == 9
    assert max(under_way) == 3


def test_a_thread_keeps_its_transport_for_all_its_items() -> None:
    seen: list[object] = []
    list(in_lanes(["a", "b", "a"], lane_of, lambda _item, line: seen.append(line), at_once=1))
    assert all(isinstance(transport, EnvironmentTransport) for transport in seen)
    assert len(set(map(id, seen))) == 2


def test_what_the_work_raises_comes_out_and_nothing_more_is_begun() -> None:
    begun: list[str] = []

    def work(item: str, _transport: object) -> None:
        begun.append(item)
        raise ZeroDivisionError(item)

    with pytest.raises(ZeroDivisionError, match="a1"):
        list(in_lanes(["a1", "a2", "a3"], lane_of, work, at_once=1))
    assert len(begun) < 3
    assert not [t for t in threading.enumerate() if t.name.startswith("lane-")]


def test_closing_waits_for_what_is_under_way_and_begins_nothing() -> None:
    begun: list[str] = []
    ended: list[str] = []
    inside = threading.Event()

    def work(item: str, _transport: object) -> None:
        begun.append(item)
        if item == "a2":
            inside.set()
            threading.Event().wait(0.05)
        ended.append(item)

    results = in_lanes([f"a{n}" for n in range(1, 50)], lane_of, work, at_once=1)
    next(results)
    assert inside.wait(WAIT_S)
    results.close()
    assert begun == ended
    assert len(begun) < 49
