"""kill -9 at random moments of a resync against the sandbox, each followed by ``--resume``."""

from __future__ import annotations

import multiprocessing
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from syncdoctor.engine.catalogue import load
from syncdoctor.model import App, Connection
from syncdoctor.providers.xero.records import ADAPTER
from syncdoctor.resync.earlier import NothingToResume
from syncdoctor.resync.plan import Selection
from syncdoctor.resync.run import Job, resync
from syncdoctor.store.statedb import StateDB
from syncdoctor.wire.client import Client
from syncdoctor.wire.line import Line

if TYPE_CHECKING:
    from tests.resync.conftest import SandboxBench

INVOICES = 500
ROOT = Path(__file__).parents[2]
KILLED = -9


def child(directory: str, connection: Connection, urls: dict[str, str], token: str) -> None:
    """One ``resync --resume`` in a process of its own; exits with the report's code."""
    state_dir = Path(directory) / "state"
    provider = load(None, cache_dir=Path(directory)).providers["xero"]

    def open_client() -> Client:
        return Client(
            provider,
            App("sandbox", "xero", "id", urls=urls),
            token=lambda _: token,
            organisation=connection.organisation,
            writable=True,
            line=Line(httpx2.HTTPTransport(verify=False)),  # loopback: no certificates to read
        )

    with StateDB(state_dir / "state.sqlite3") as db:
        job = Job(
            connection=connection,
            provider=provider,
            adapter=ADAPTER,
            db=db,
            state_dir=state_dir,
            source=Path(directory) / "records.csv",
            selection=Selection(since=connection.created),
            open_client=open_client,
            judge=lambda _: (),
            resume=True,
        )
        try:
            report = resync(job)
        except NothingToResume:  # killed before anything was written down
            report = resync(replace(job, resume=False))
    raise SystemExit(report.exit_code)


class Runner:
    """Starts children from a server that has imported everything, so that they begin at once."""

    def __init__(self, live: SandboxBench) -> None:
        self.live = live
        assert live.sandbox is not None
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload([__name__, "syncdoctor.resync.run", "httpcore2"])
        created = replace(live.connection, created=live.clock.replace(year=2026, month=11, day=1))
        token = live.world.connect("xero")["access_token"]
        urls = live.sandbox.app_urls("xero")
        self.arguments: tuple[Any, ...] = (str(live.directory), created, urls, token)

    def start(self) -> Any:
        process = self.context.Process(target=child, args=self.arguments)
        process.start()
        return process

    def finish(self) -> float:
        """Run to the end; gives the seconds it took."""
        began = time.monotonic()
        process = self.start()
        process.join(60)
        assert process.exitcode == 0
        return time.monotonic() - began

    def kill_after(self, seconds: float) -> int:
        """Kill a run after some seconds; gives how it ended."""
        process = self.start()
        process.join(seconds)
        process.kill()
        process.join(10)
        assert process.exitcode in (0, KILLED)
        return int(process.exitcode)


def forget(live: SandboxBench) -> None:
    """Empty the books of invoices, so that each round is as fast as the first."""
    with live.world.lock:
        shelf = live.books().documents["Invoices"]
        shelf.by_id.clear()
        shelf.by_number.clear()


def killed_rounds(live: SandboxBench, rounds: int) -> int:
    """Rounds of one or two kills and a resume; gives how many runs were killed in the middle."""
    runner, chance, killed = Runner(live), random.Random(20261122), 0
    live.write_invoices(INVOICES, prefix="W-")
    runner.finish()  # the first one is slow to start
    forget(live)
    live.write_invoices(INVOICES, prefix="X-")
    whole = runner.finish()
    for n in range(rounds):
        forget(live)
        numbers = live.write_invoices(INVOICES, prefix=f"K{n}-", contacts=20)
        if runner.kill_after(chance.uniform(0.0, whole * 0.8)) == KILLED:
            killed += 1
        runner.finish()
        assert sorted(live.documents()) == numbers
        names = [c["Name"] for c in live.books().contacts.by_id.values()]
        assert len(names) == len(set(names))
    return killed


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children find this module by its name."""
    monkeypatch.syspath_prepend(str(ROOT))


def test_killed_a_few_times(live: SandboxBench) -> None:
    assert killed_rounds(live, 5) >= 2


@pytest.mark.slow
def test_killed_a_hundred_times(live: SandboxBench) -> None:
    assert killed_rounds(live, 100) >= 50
