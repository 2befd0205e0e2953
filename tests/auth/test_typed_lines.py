from __future__ import annotations

import os
import queue
import subprocess
import sys
import time

from syncdoctor.auth.typed_lines import TypedLines


def test_lines_are_given_whole_and_trimmed() -> None:
    reading, writing = os.pipe()
    got: queue.Queue[str] = queue.Queue()
    with TypedLines(reading, got.put):
        os.write(writing, b"https://exa")
        os.write(writing, b"mple/?code=1  \n\n\xff\nlast\n")
        assert [got.get(timeout=5) for _ in range(3)] == [
            "https://example/?code=1",
            "\ufffd",
            "last",
        ]
    os.close(writing)
    os.close(reading)


def test_it_ends_at_once_and_at_the_end_of_input() -> None:
    reading, writing = os.pipe()
    started = time.monotonic()
    with TypedLines(reading, print):
        pass
    assert time.monotonic() - started < 1
    os.close(writing)
    lines = TypedLines(reading, print)
    with lines:
        lines._thread.join(2)
        assert not lines._thread.is_alive()
    os.close(reading)


def test_a_program_that_gave_up_waiting_can_end() -> None:
    code = (
        "import sys; from syncdoctor.auth.typed_lines import TypedLines\n"
        "with TypedLines(0, print): pass\n"
    )
    reader = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    assert reader.wait(10) == 0
    assert reader.stdin is not None
    reader.stdin.close()
