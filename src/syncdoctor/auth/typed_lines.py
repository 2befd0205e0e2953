"""Lines that a person types or pastes, read beside other work and given up at any moment."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

POLL_S = 0.1
CHUNK = 65536


class TypedLines:
    """Gives each line of a file descriptor to a function, in a thread of its own.

    It reads the descriptor and not a buffered stream: a thread that is stuck in a buffered read
    would keep the interpreter from ending.
    """

    def __init__(self, descriptor: int, give: Callable[[str], None]) -> None:
        """Nothing is read before the context is entered."""
        self._descriptor, self._give = descriptor, give
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._read, name="typed-lines", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        if sys.platform != "win32":  # there a console cannot be polled, and the thread stays behind
            self._thread.join(POLL_S * 5)

    def _read(self) -> None:
        pending = b""
        while not self._done.is_set():
            if sys.platform != "win32":
                ready, _, _ = select.select([self._descriptor], [], [], POLL_S)
                if not ready:
                    continue
            try:
                chunk = os.read(self._descriptor, CHUNK)
            except OSError:
                return
            if not chunk:
                return
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                if text := line.decode(errors="replace").strip():
                    self._give(text)
