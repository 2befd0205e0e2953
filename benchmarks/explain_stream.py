"""How fast ``explain --json`` goes through JSON lines, beside ``jq -c .`` on the same lines.

    python benchmarks/explain_stream.py [--megabytes 200] [--corpus DIRECTORY]

Two streams are made from real answers: one in which each line differs (ids, amounts, times), and
one that repeats what it says, as logs of a failing integration do. The budget: 20,000 answers a
second where ``jq`` does 60,000 of the same lines, so at least a third of its speed, on one core;
and memory that does not grow with the stream.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"
BUDGET = 3.0  # times the time of jq
GROWTH = 1.25  # times the memory that a tenth of the stream takes
LINES = 60_000
_ID = re.compile(rb"\d{6,}")


@dataclass(frozen=True)
class Run:
    """What one program took over one stream; memory is the resident set at its largest."""

    seconds: float
    megabytes: float


def answers(corpus: Path) -> list[bytes]:
    lines = []
    for path in sorted(corpus.glob("*/*.json")):
        value = orjson.loads(path.read_bytes())
        kept = {key: value.get(key) for key in ("phase", "request", "response", "exception")}
        lines.append(orjson.dumps(kept))
    return lines


def differing(line: bytes, draw: random.Random) -> bytes:
    def other(found: re.Match[bytes]) -> bytes:
        return b"".join(b"%d" % draw.randrange(1, 10) for _ in found[0])

    at = b'{"at":"2026-11-22T%02d:%02d:%02dZ","id":"%016x",' % (
        draw.randrange(24),
        draw.randrange(60),
        draw.randrange(60),
        draw.getrandbits(64),
    )
    return at + _ID.sub(other, line)[1:]


def stream(lines: list[bytes], *, vary: bool) -> Iterator[bytes]:
    draw = random.Random(7)
    while True:
        line = draw.choice(lines)
        yield (differing(line, draw) if vary else line) + b"\n"


def write(path: Path, lines: Iterator[bytes], *, count: int = 0, size: int = 0) -> None:
    with path.open("wb") as file:
        written = number = 0
        while number < count or written < size:
            written += file.write(next(lines))
            number += 1


def measure(command: list[str], path: Path, home: Path) -> Run:
    environment = {
        **os.environ,
        "SYNCDOCTOR_CACHE_DIR": str(home),
        "SYNCDOCTOR_CONFIG_DIR": str(home),
    }
    with path.open("rb") as given, Path(os.devnull).open("wb") as nowhere:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=given, stdout=nowhere, env=environment)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        seconds = time.perf_counter() - began
    processor = usage.ru_utime + usage.ru_stime
    return Run(min(seconds, processor), usage.ru_maxrss / 1024)


def speed(name: str, path: Path, home: Path, syncdoctor: list[str]) -> bool:
    explain = min((measure(syncdoctor, path, home) for _ in range(3)), key=lambda run: run.seconds)
    rate = LINES / explain.seconds
    if shutil.which("jq") is None:
        print(f"{name}: {rate:,.0f} answers/s; jq is not installed, so there is no ratio")
        return True
    jq = min(
        (measure(["jq", "-c", "."], path, home) for _ in range(3)), key=lambda run: run.seconds
    )
    ratio = explain.seconds / jq.seconds
    verdict = "ok" if ratio <= BUDGET else "TOO SLOW"
    print(
        f"{name}: explain {rate:,.0f}/s, jq {LINES / jq.seconds:,.0f}/s, "
        f"{ratio:.2f} x the time of jq (budget {BUDGET}) {verdict}"
    )
    return ratio <= BUDGET


def memory(folder: Path, home: Path, syncdoctor: list[str], lines: list[bytes], size: int) -> bool:
    small, large = folder / "small.jsonl", folder / "large.jsonl"
    write(small, stream(lines, vary=True), size=size // 10)
    write(large, stream(lines, vary=True), size=size)
    first, second = (measure(syncdoctor, path, home) for path in (small, large))
    growth = second.megabytes / first.megabytes
    verdict = "ok" if growth <= GROWTH else "GROWS"
    print(
        f"memory: {first.megabytes:.0f} MB over {size / 1e7:.0f} MB of lines, "
        f"{second.megabytes:.0f} MB over {size / 1e6:.0f} MB: "
        f"{growth:.2f} x (at most {GROWTH}) {verdict}"
    )
    return growth <= GROWTH


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200, help="size of the long stream")
    parser.add_argument("--corpus", type=Path, default=SHARED, help="exchanges to make lines from")
    options = parser.parse_args()
    lines = answers(options.corpus)
    if not lines:
        print(f"There are no answers in {options.corpus}.")
        return 2
    syncdoctor = [sys.executable, "-m", "syncdoctor.cli.main", "explain", "--json", "-"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure(syncdoctor, _one(folder, lines), folder)  # fills the cache
        good = []
        for kind, vary in (("repeating lines", False), ("differing lines", True)):
            path = folder / "lines.jsonl"
            write(path, stream(lines, vary=vary), count=LINES)
            good.append(speed(kind, path, folder, syncdoctor))
        good.append(memory(folder, folder, syncdoctor, lines, options.megabytes * 1_000_000))
    return 0 if all(good) else 1


def _one(folder: Path, lines: list[bytes]) -> Path:
    path = folder / "one.jsonl"
    path.write_bytes(lines[0] + b"\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
