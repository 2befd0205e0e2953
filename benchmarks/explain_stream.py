"""How fast ``explain --json`` goes through JSON lines, beside ``jq -c .`` on the same lines.

    python benchmarks/explain_stream.py [--megabytes 200] [--corpus DIRECTORY] [--memory-only]

Two streams are made from real answers: one that repeats what it says, as logs of a failing
integration do, and one in which each line differs (ids, times, pages, request ids). The budget:
20,000 answers a second where ``jq`` does 60,000 of the same lines, so at least a third of its
speed, on one core; and memory that does not grow with the stream, which is made while it is read.
Times are those of the processor, start included.
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
from itertools import islice
from pathlib import Path

import orjson

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"
BUDGET = 3.0  # times the time of jq
GROWTH = 1.25  # times the memory that a tenth of the stream takes
LINES = 60_000
KINDS = (("repeating lines", False), ("differing lines", True))
_ID = re.compile(rb"(?<![0-9A-Za-z])\d{6,}")  # not a vendor's code, as AADSTS700082
_UUID = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_HEX = re.compile(rb"[0-9a-f]")


def answers(corpus: Path) -> list[bytes]:
    """One line for each answer, with a page or a number of the request that can differ."""
    lines = []
    for path in sorted(corpus.glob("*/*.json")):
        value = orjson.loads(path.read_bytes())
        kept = {key: value.get(key) for key in ("phase", "request", "response", "exception")}
        request = kept["request"]
        if request and request.get("url"):
            request["url"] += ("&" if "?" in request["url"] else "?") + "page=1000001"
        if kept["exception"]:
            kept["exception"] += " [request 1000002]"
        lines.append(orjson.dumps(kept))
    return lines


def differing(line: bytes, draw: random.Random) -> bytes:
    def digits(found: re.Match[bytes]) -> bytes:
        return b"%d" % draw.randrange(10 ** (len(found[0]) - 1), 10 ** len(found[0]))

    def uuid(found: re.Match[bytes]) -> bytes:
        return _HEX.sub(lambda _: b"%x" % draw.getrandbits(4), found[0])

    at = b'{"at":"2026-11-22T%02d:%02d:%02dZ","id":"%016x",' % (
        draw.randrange(24),
        draw.randrange(60),
        draw.randrange(60),
        draw.getrandbits(64),
    )
    return at + _ID.sub(digits, _UUID.sub(uuid, line))[1:]


def stream(lines: list[bytes], *, vary: bool) -> Iterator[bytes]:
    draw = random.Random(7)
    while True:
        line = draw.choice(lines)
        yield (differing(line, draw) if vary else line) + b"\n"


def write(path: Path, lines: Iterator[bytes], count: int) -> None:
    with path.open("wb") as file:
        file.writelines(islice(lines, count))


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "SYNCDOCTOR_CACHE_DIR": str(home), "SYNCDOCTOR_CONFIG_DIR": str(home)}


def measure(command: list[str], path: Path, home: Path) -> float:
    """Seconds of the processor that a command takes for a file on stdin."""
    with path.open("rb") as given, Path(os.devnull).open("wb") as nowhere:
        process = subprocess.Popen(command, stdin=given, stdout=nowhere, env=environment(home))
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    return usage.ru_utime + usage.ru_stime


def speed(name: str, path: Path, home: Path, syncdoctor: list[str]) -> bool:
    if shutil.which("jq") is None:
        rate = LINES / min(measure(syncdoctor, path, home) for _ in range(3))
        print(f"{name}: {rate:,.0f} answers/s; jq is not installed, so there is no ratio")
        return True
    pairs = [
        (measure(syncdoctor, path, home), measure(["jq", "-c", "."], path, home)) for _ in range(3)
    ]
    explain, jq = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    ratio = explain / jq
    verdict = "ok" if ratio <= BUDGET else "TOO SLOW"
    print(
        f"{name}: explain {LINES / explain:,.0f}/s, jq {LINES / jq:,.0f}/s, "
        f"{ratio:.2f} x the time of jq (budget {BUDGET}) {verdict}"
    )
    return ratio <= BUDGET


def resident(process: int) -> float:
    """Megabytes that a process holds in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def memory(home: Path, syncdoctor: list[str], lines: Iterator[bytes], size: int) -> bool:
    """Feed a stream through a pipe and look at the memory as it goes on."""
    seen: dict[int, float] = {}
    began, fed = time.monotonic(), 0
    with Path(os.devnull).open("wb") as nowhere:
        process = subprocess.Popen(
            syncdoctor, stdin=subprocess.PIPE, stdout=nowhere, env=environment(home)
        )
        assert process.stdin is not None
        while fed < size:
            fed += process.stdin.write(b"".join(islice(lines, 1000)))
            percent = fed * 100 // size
            if percent // 10 > len(seen) - 1:
                seen[percent] = resident(process.pid)
        process.stdin.close()
        process.wait()
    for percent, megabytes in seen.items():
        print(f"  after {percent:3} %: {megabytes:.0f} MB in memory")
    first = next(megabytes for percent, megabytes in seen.items() if percent >= 10)
    growth = max(seen.values()) / first
    verdict = "ok" if growth <= GROWTH else "GROWS"
    print(
        f"memory: {size / 1e6:,.0f} MB of lines in {time.monotonic() - began:.0f} s; at most "
        f"{growth:.2f} x of what it was after a tenth (at most {GROWTH}) {verdict}"
    )
    return growth <= GROWTH


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200, help="size of the long stream")
    parser.add_argument("--corpus", type=Path, default=SHARED, help="exchanges to make lines from")
    parser.add_argument("--memory-only", action="store_true", help="only the long stream")
    options = parser.parse_args()
    lines = answers(options.corpus)
    if not lines:
        print(f"There are no answers in {options.corpus}.")
        return 2
    syncdoctor = [sys.executable, "-m", "syncdoctor.cli.main", "explain", "--json", "-"]
    good = []
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        path = home / "lines.jsonl"
        path.write_bytes(lines[0] + b"\n")
        measure(syncdoctor, path, home)  # fills the cache
        for kind, vary in () if options.memory_only else KINDS:
            write(path, stream(lines, vary=vary), LINES)
            good.append(speed(kind, path, home, syncdoctor))
        size = options.megabytes * 1_000_000
        good.append(memory(home, syncdoctor, stream(lines, vary=True), size))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
