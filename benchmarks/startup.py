"""How long the program takes to start, beside a Typer program of two commands.

    python benchmarks/startup.py [--runs 11]

Runs take turns, so that a machine whose speed drifts slows both. Budgets: `--version` and `--help`
at most 1.5 times, `explain` of one answer and `status` of 50 connections at most 3 times.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

TINY = '''
import typer

app = typer.Typer()


@app.command()
def one() -> None:
    """Do one thing."""


@app.command()
def other() -> None:
    """Do another."""


app()
'''
ANSWER = '{"response": {"status": 400, "headers": {}, "body": {"error": "invalid_grant"}}}'
CONNECTIONS = 50


def prepare(home: Path) -> dict[str, str]:
    """A configuration of 50 connections, each with something known of it; the environment."""
    from syncdoctor.config import Config
    from syncdoctor.model import App, Connection, Organisation, State
    from syncdoctor.store.statedb import StateDB

    config = Config(home / "config")
    config.save_app(App("xero", "xero", "id"))
    settings = {"sales_account": "200", "tax_type": "OUTPUT2"}
    with StateDB(home / "state" / "state.sqlite3") as state:
        for number in range(CONNECTIONS):
            connection = Connection(
                f"w{number:02}", "xero", f"c-{number:08}", "xero", "xero", datetime.now(UTC),
                Organisation(f"o{number}", f"Organisation {number}"), settings,
            )  # fmt: skip
            config.save_connection(connection)
            state.save_evidence(
                connection.uid, connection.target, State.HEALTHY, source="live", diagnosis={}
            )
    names = {"CONFIG": "config", "STATE": "state", "CACHE": "cache"}
    places = {f"SYNCDOCTOR_{key}_DIR": str(home / name) for key, name in names.items()}
    return {**os.environ, **places, "COLUMNS": "100"}


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """The wall time of one run, in seconds."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, capture_output=True, check=False)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print the ratios."""
    parser = argparse.ArgumentParser(description="Time the start of the program.")
    parser.add_argument("--runs", type=int, default=11)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        environment = prepare(home)
        tiny, answer = home / "tiny.py", home / "answer.json"
        tiny.write_text(TINY, encoding="utf-8")
        answer.write_text(ANSWER, encoding="utf-8")
        program = [str(Path(sys.executable).parent / "syncdoctor")]
        base = [sys.executable, str(tiny), "--help"]
        print(f"{'command':34} {'median':>8} {'base':>8} {'ratio':>6} budget")
        for words, budget in (
            (["--version"], 1.5),
            (["--help"], 1.5),
            (["explain", str(answer)], 3.0),
            (["status"], 3.0),
        ):
            compare([*program, *words], base, environment, runs, budget)


def compare(
    command: list[str], base: list[str], environment: dict[str, str], runs: int, budget: float
) -> None:
    """Time both in turn, after one run each that does not count."""
    seconds(command, environment)
    seconds(base, environment)
    pairs = [(seconds(command, environment), seconds(base, environment)) for _ in range(runs)]
    ours = statistics.median(pair[0] for pair in pairs)
    theirs = statistics.median(pair[1] for pair in pairs)
    ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
    shown = " ".join(Path(word).name for word in command)
    verdict = "ok" if ratio <= budget else "OVER"
    print(f"{shown:34} {ours:7.3f}s {theirs:7.3f}s {ratio:6.2f} {budget} {verdict}")


if __name__ == "__main__":
    main()
