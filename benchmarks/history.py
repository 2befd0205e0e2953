"""What ``history`` costs over a million syncs: seconds and memory, against a thousand syncs.

    python benchmarks/history.py [--syncs 1000000]

To reach: under 0.5 s for the whole command, and memory that does not grow with the syncs. Times
are processor time of whole processes, medians, so that other work on the machine does not count; a
two-command Typer program is timed beside them, so that the ratio can be compared between machines.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from syncdoctor.store.statedb import StateDB

CONNECTIONS = 200
FIRST = 1_700_000_000_000_000  # microseconds
STEP = 40_000_000
RUNS = 7
STATUSES = ("succeeded", "succeeded", "succeeded", "succeeded", "partial", "failed", "succeeded")
TYPER = """
import typer
app = typer.Typer()
@app.command()
def one() -> None: print("one")
@app.command()
def two() -> None: print("two")
app()
"""
COMMANDS = (
    ("history",),
    ("history", "--json"),
    ("history", "w7"),
    ("history", "w7/xero", "--failed"),
    ("history", "--since", "2023-11-20", "--failed"),
    ("history", "--plot"),
)


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(count):
        name = f"w{n % CONNECTIONS}"
        started = FIRST + n * STEP
        status = STATUSES[(n // CONNECTIONS) % len(STATUSES)]
        yield (
            *(f"c-{name}", name, f"{name}/xero", "automatic" if n % 5 else "manual"),
            *(started, started + 3_000_000, status, 12, 1 if status == "partial" else 0, 40),
        )


def fill(directory: Path, count: int) -> None:
    with StateDB(directory / "state.sqlite3") as db, db.transaction() as connection:
        connection.executemany(
            """INSERT INTO syncs (connection_uid, workspace, target, trigger, started, ended,
                status, confirmed, rejected, unchanged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            rows(count),
        )


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """Median processor seconds, and the most memory in KiB, of a command."""
    seconds, memory = [], 0
    for _ in range(RUNS):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds.append(used.ru_utime + used.ru_stime)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command} ended with {process.returncode}")
        memory = max(memory, used.ru_maxrss)
    return statistics.median(seconds), memory


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--syncs", type=int, default=1_000_000)
    syncs = parser.parse_args().syncs
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few", Path(folder) / "many"
        fill(few, 1_000)
        fill(many, syncs)
        program = Path(folder) / "program.py"
        program.write_text(TYPER)
        base, _ = timed([sys.executable, str(program), "one"], dict(os.environ))
        print(f"two-command Typer program: {base:.3f} s")
        print(f"{'command':44} {'1,000':>9} {f'{syncs:,}':>11} {'x Typer':>8} {'memory':>17}")
        worst, growth = 0.0, 0.0
        for arguments in COMMANDS:
            command = [sys.executable, "-m", "syncdoctor.cli.main", *arguments]
            environment = {**os.environ, "SYNCDOCTOR_CONFIG_DIR": folder}
            small, small_memory = timed(command, {**environment, "SYNCDOCTOR_STATE_DIR": str(few)})
            large, large_memory = timed(command, {**environment, "SYNCDOCTOR_STATE_DIR": str(many)})
            worst, growth = max(worst, large), max(growth, large_memory / small_memory)
            print(
                f"{' '.join(arguments):44} {small:7.3f} s {large:9.3f} s {large / base:8.2f} "
                f"{small_memory // 1024:5} → {large_memory // 1024} MiB"
            )
    good = worst < 0.5 and growth < 1.2
    print(
        f"slowest {worst:.3f} s (budget 0.5 s), memory x {growth:.2f}: {'ok' if good else 'MISSED'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
