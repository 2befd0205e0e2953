"""How close ``status --live`` over many connections comes to what its concurrency allows.

    python benchmarks/status_live.py [--connections 1000] [--latency 0.05] [--jobs 16] [--expired]

A sandbox in a process of its own answers each call after the latency; `--expired` ends every
access token first, so that each is renewed and stored. The best that the concurrency allows is:
calls that were made, times the latency, divided by how many are under way at once. It counts no
work at all, ours or the sandbox's, which the two share the machine for: the seconds that each
kept a core busy are printed, and so is how busy the machine was. To reach: 1.3 times the best,
under 200 MiB.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection as PipeConnection
from pathlib import Path

import httpx2

from syncdoctor.auth.vault import open_vault
from syncdoctor.config import Config
from syncdoctor.engine.provider import Limits
from syncdoctor.model import App, Connection, Organisation
from syncdoctor.rounds import JOBS
from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import CLIENT_ID, World

PROGRAM = str(Path(sys.executable).parent / "syncdoctor")


def main() -> None:
    """Measure and print the ratio."""
    parser = argparse.ArgumentParser(description="Time status --live over many connections.")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--expired", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        environment = surroundings(home)
        ours, theirs = multiprocessing.Pipe()
        sandbox = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
        sandbox.start()
        theirs.close()
        try:
            served: dict[str, str] = ours.recv()
            connect(home, environment, served, options.connections)
            if options.expired:
                httpx2.post(f"{served['origin']}/_sandbox/faults/access-token-expired", json={})
            measure(environment, served, options)
        finally:
            sandbox.terminate()
            sandbox.join()


def serve(pipe: PipeConnection) -> None:
    """The sandbox without Xero's limits, until it is ended; tells where its Xero is."""
    world = World()
    world.room("xero").limiter.limits = Limits()
    with Running(world) as running:
        pipe.send({"origin": running.url, **running.app_urls("xero")})
        running.wait()


def surroundings(home: Path) -> dict[str, str]:
    """An environment of its own, with an encrypted token store."""
    passphrase = home / "passphrase"
    passphrase.write_text("benchmark\n", encoding="utf-8")
    passphrase.chmod(0o600)
    names = {"CONFIG": "config", "STATE": "state", "CACHE": "cache"}
    return {
        **os.environ,
        **{f"SYNCDOCTOR_{key}_DIR": str(home / name) for key, name in names.items()},
        "SYNCDOCTOR_STORE": "file",
        "SYNCDOCTOR_PASSPHRASE_FILE": str(passphrase),
    }


def connect(home: Path, environment: dict[str, str], served: dict[str, str], count: int) -> None:
    """One sign-in, whose token every connection uses, and the configuration of all."""
    urls = {name: url for name, url in served.items() if name != "origin"}
    config = Config(home / "config")
    config.save_app(App("xero", "xero", CLIENT_ID, urls=urls))
    settings = {"sales_account": "200", "tax_type": "OUTPUT2"}
    made = datetime.now(UTC)
    first = Connection("w", "c0000", "c-0000", "xero", "xero", made, settings=settings)
    config.save_connection(first)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout

    begun = json.loads(run("reconnect", "w/c0000", "--non-interactive", "--json"))
    back = approve(begun["next_step"]["url"])
    run("reconnect", "w/c0000", "--complete", begun["id"], "--redirect-url", back, "--no-sync")
    organisation = config.connection("w/c0000").organisation
    passphrase = environment["SYNCDOCTOR_PASSPHRASE_FILE"]
    vault = open_vault("file", directory=home / "state", passphrase_file=passphrase)
    token = vault.get("connection/c-0000") or ""
    copy(config, first, organisation, count)
    for number in range(1, count):
        vault.put(f"connection/c-{number:04}", token)


def copy(config: Config, first: Connection, organisation: Organisation | None, count: int) -> None:
    """The other connections, in workspaces of five, as customers have them."""
    for number in range(1, count):
        config.save_connection(
            Connection(
                f"w{number // 5}",
                f"c{number:04}",
                f"c-{number:04}",
                "xero",
                "xero",
                first.created,
                organisation,
                first.settings,
            )
        )


def measure(
    environment: dict[str, str], served: dict[str, str], options: argparse.Namespace
) -> None:
    """Run once and print the figures."""
    count, latency, jobs = options.connections, options.latency, options.jobs
    control = f"{served['origin']}/_sandbox"
    httpx2.post(f"{control}/faults/slow", json={"seconds": latency})
    httpx2.delete(f"{control}/requests")
    started, before = time.perf_counter(), busy()
    command = [PROGRAM, "status", "--live", "--json", "--jobs", str(jobs)]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    took, work = time.perf_counter() - started, busy() - before
    calls = sum(entry["count"] for entry in httpx2.get(f"{control}/requests").json())
    best = calls * latency / jobs
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    healthy = done.stdout.count(b'"healthy"')
    print(f"{count} connections, {healthy} healthy, {calls} calls of {latency * 1000:.0f} ms")
    print(
        f"best {best:.1f} s with {jobs} at once, took {took:.1f} s: {took / best:.2f} (budget 1.3)"
    )
    print(f"a core was ours for {work:.1f} s; load of the machine {os.getloadavg()[0]:.1f}")
    print(f"memory {memory:.0f} MiB (budget 200)")


def busy() -> float:
    """Seconds of a core that the programs run so far have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
