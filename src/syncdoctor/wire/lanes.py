"""Work on many things at the same time, in lanes: what hangs in one holds up no other."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterable
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

import httpx2

from syncdoctor.wire.proxies import EnvironmentTransport

T = TypeVar("T")
R = TypeVar("R")


def in_lanes(
    items: Iterable[T],
    lane_of: Callable[[T], str],
    work: Callable[[T, httpx2.BaseTransport], R],
    *,
    at_once: int,
    meanwhile: Callable[[], object] = lambda: None,
) -> Generator[tuple[T, R], None, None]:
    """Each item with its result, as soon as it is there.

    When the iterator is closed, or the wait for a result is interrupted, nothing new is begun and
    what is under way is waited for: a token that is being renewed must be stored.

    Args:
        lane_of: names the lane of an item, such as its provider.
        work: what is done, in a thread; its transport is that thread's own, whose connections stay
            open from one item to the next. What it raises comes out of the iterator.
        at_once: how many items of one lane are worked on at the same time.
        meanwhile: done here while the first items are begun, such as what all will need.
    """
    lanes: dict[str, deque[T]] = defaultdict(deque)
    for item in items:
        lanes[lane_of(item)].append(item)
    left = sum(map(len, lanes.values()))
    done: SimpleQueue[tuple[T, R | BaseException]] = SimpleQueue()
    threads = [
        Thread(target=_run, args=(lane, work, done), name=f"lane-{name}-{number}")
        for name, lane in lanes.items()
        for number in range(min(at_once, len(lane)))
    ]
    try:
        for thread in threads:
            thread.start()
        meanwhile()
        for _ in range(left):
            item, result = done.get()
            if isinstance(result, BaseException):
                raise result
            yield item, result
    finally:
        for lane in lanes.values():
            lane.clear()
        for thread in threads:
            if thread.ident is not None:
                thread.join()


def _run(
    lane: deque[T],
    work: Callable[[T, httpx2.BaseTransport], R],
    done: SimpleQueue[tuple[T, R | BaseException]],
) -> None:
    with EnvironmentTransport() as transport:
        while True:
            try:
                item = lane.popleft()
            except IndexError:
                return
            try:
                done.put((item, work(item, transport)))
            except BaseException as error:  # noqa: BLE001 - raised again where the results are read
                done.put((item, error))
                return
