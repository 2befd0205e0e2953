"""Calls that must not outlast a time limit, such as those to a keyring behind D-Bus."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class TimeLimitExceeded(Exception):
    """The call was still under way when its time was up."""


class _Call(Generic[T]):
    """One call in a daemon thread, which cannot keep the program from ending."""

    def __init__(self, function: Callable[[], T]) -> None:
        self.result: list[T] = []
        self.error: BaseException | None = None
        self._function = function
        self._thread = threading.Thread(target=self._run, name="time-limited", daemon=True)

    def _run(self) -> None:
        try:
            self.result.append(self._function())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self.error = error

    def finish(self, seconds: float) -> T:
        self._thread.start()
        self._thread.join(seconds)
        if self._thread.is_alive():
            raise TimeLimitExceeded
        if self.error is not None:
            raise self.error
        return self.result[0]


def within(seconds: float, function: Callable[[], T]) -> T:
    """The result of a call, or :class:`TimeLimitExceeded`; the call's own exception is raised."""
    return _Call(function).finish(seconds)
