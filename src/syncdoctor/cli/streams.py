"""stdout and stderr as the program needs them, whatever it was started with.

Nobody reads any more (``| head``): the command goes on to its own end and its own exit code. A
stream is closed: what is said goes nowhere. It cannot be written (a full disk): that is said once.
Its encoding lacks a character: a plain one stands for it. JSON is UTF-8 always (RFC 8259).
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

from syncdoctor.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STDOUT, STDERR = 1, 2
PLAIN = {
    "→": "->", "…": "...", "●": "*", "◐": "~", "▲": "!", "✖": "x", "○": "o", "✓": "+", "·": "-",
    "–": "-", "—": "-", "’": "'", "“": '"', "”": '"', "█": "#", "░": "-",  # noqa: RUF001
}  # fmt: skip


class Outlet(io.FileIO):
    """A standard stream that is no terminal; once it fails, it takes all and keeps nothing."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)
        self.lost = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Pass it on.

        Raises:
            UsageError: stdout cannot be written, for another reason than that its reader left.
        """
        size = memoryview(data).nbytes
        if self.lost:
            return size
        try:
            return super().write(data)
        except BrokenPipeError:
            self.lost = True
        except OSError as error:
            self.lost = True
            if self.fileno() == STDOUT:
                raise UsageError(
                    f"The output cannot be written: {error.strerror}.",
                    "Look at the place that it is sent to.",
                ) from None
        return size


def prepare(*, as_json: bool) -> None:
    """Put streams that can be relied on in the place of those that the program was given."""
    codecs.register_error("plain", _plain)
    _occupy()
    sys.stdout = _opened(STDOUT, sys.stdout, "utf-8" if as_json else None)
    sys.stderr = _opened(STDERR, sys.stderr, None)


def reader_gone() -> bool:
    """Whether nobody takes what is written to stdout, so that an endless command may end."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(raw, Outlet) and raw.lost


def _occupy() -> None:
    """Give the numbers of closed streams to the null device: no other file shall have them."""
    number = os.open(os.devnull, os.O_RDWR)
    while number <= STDERR:
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)


def _opened(number: int, given: TextIO | None, encoding: str | None) -> TextIO:
    encoding = encoding or (given.encoding if given else "utf-8")
    if isinstance(given, io.TextIOWrapper) and given.isatty():
        given.reconfigure(encoding=encoding, errors="plain")
        return given
    buffer = io.BufferedWriter(Outlet(number))
    by_line = number == STDERR
    return io.TextIOWrapper(buffer, encoding=encoding, errors="plain", line_buffering=by_line)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(character, "?") for character in lacking), error.end
