"""A stretch of work that a signal does not cut: between a token's answer and its storing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGTERM", "SIGINT", "SIGHUP")


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold SIGTERM, SIGINT and SIGHUP back until the block ends, then let them act.

    Python runs signal handlers in the main thread alone, so that there is nothing to hold back in
    another one; the interpreter waits for such a thread before it ends, unless it is a daemon.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        del frame
        held.append(number)

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    # None stands for a handler that Python did not install and so could not put back.
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) is not None}
    for number in before:
        signal.signal(number, hold)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(held):
            signal.raise_signal(number)
