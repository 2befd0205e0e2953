"""How close ``resync`` of 5,000 invoices comes to what the provider's limits allow.

    python benchmarks/resync.py [--invoices 5000] [--minute 60] [--latency 0.05]

The sandbox's Xero, in a process of its own, counts calls as Xero does: 60 a minute, 5 at once.
`--minute` shortens its minute, for both sides alike: what the run costs besides then counts for
more. Printed: how long the calls that are needed must take under the limits alone, how long the
run took, how many 429 it was answered with, and the ratio to sending one invoice with each call, as
a loop over the vendor's SDK does.
To reach: 95 % of what the limits allow, no 429, ten times the loop.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as PipeConnection
from pathlib import Path
from typing import Any

import httpx2

from syncdoctor.engine.catalogue import load
from syncdoctor.model import App, Connection, Organisation
from syncdoctor.providers.xero.records import ADAPTER
from syncdoctor.resync.plan import Selection
from syncdoctor.resync.report import RecordOutcome
from syncdoctor.resync.run import Job, resync
from syncdoctor.sandbox.server import Running
from syncdoctor.store.statedb import StateDB
from syncdoctor.wire import limits
from syncdoctor.wire.client import Client
from syncdoctor.wire.limits import Limiter

CONTACTS = 40


def write_source(path: Path, count: int) -> None:
    today = datetime.now(UTC).date()
    with path.open("w", encoding="utf-8") as file:
        file.write("number,contact_name,date,due_date,line_description,quantity,unit_amount\n")
        for n in range(count):
            due = today + timedelta(days=30)
            file.write(f"INV-{n:05},Customer {n % CONTACTS},{today},{due},Advice,1,120.00\n")


def serve(pipe: PipeConnection, minute: float, latency: float) -> None:
    """The sandbox, until it is ended; tells where its Xero is, and of a connection to it."""
    with Running() as running:
        world: Any = running.world
        room = world.room("xero")
        room.limiter.minute_s = minute
        token = world.connect("xero")["access_token"]
        organisation = next(iter(room.provider.organisations(_NoFaults())))
        world.switch_on("slow", seconds=latency)
        pipe.send((running.url, running.app_urls("xero"), token, organisation))
        running.wait()


def run(
    urls: dict[str, str], token: str, organisation: Organisation, directory: Path, minute: float
) -> tuple[float, Any]:
    catalogue = load(None)
    provider = catalogue.providers["xero"]
    connection = Connection(
        "acme", "xero", "c-1", "xero", "sandbox", datetime.now(UTC), organisation=organisation,
        settings={"sales_account": "200", "tax_type": "OUTPUT2"},
    )  # fmt: skip
    limits.WINDOW_S = minute + 0.1

    def open_client() -> Client:
        return Client(
            provider,
            App("sandbox", "xero", "id", urls=urls),
            token=lambda _: token,
            organisation=organisation,
            writable=True,
            limiter=Limiter(provider.limits, directory / "limits", "xero", patience_s=600),
            tries=4,
        )

    with StateDB(directory / "state.sqlite3") as db:
        job = Job(
            connection=connection,
            provider=provider,
            adapter=ADAPTER,
            db=db,
            state_dir=directory,
            source=directory / "records.csv",
            selection=Selection(since=datetime.now(UTC) - timedelta(days=7)),
            open_client=open_client,
            judge=lambda _: (),
        )
        began = time.monotonic()
        report = resync(job)
        return time.monotonic() - began, report


class _NoFaults:
    def on(self, _: str) -> None:
        return None


def least_seconds(calls: int, per_minute: int, minute: float) -> float:
    """What a sliding window allows: a whole window at once, then one window each minute."""
    return (calls - 1) // per_minute * minute


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=5_000)
    parser.add_argument("--minute", type=float, default=60.0)
    parser.add_argument("--latency", type=float, default=0.05)
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    sandbox = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, options.minute, options.latency)
    )
    sandbox.start()
    theirs.close()
    try:
        url, urls, token, organisation = ours.recv()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_source(folder / "records.csv", options.invoices)
            took, report = run(urls, token, organisation, folder, options.minute)
        told = httpx2.get(f"{url}/_sandbox/requests").json()
    finally:
        sandbox.terminate()
        sandbox.join()
    requests = [r for r in told if "api.xro" in r["path"]]
    facts = load(None).providers["xero"].limits
    calls = sum(r["count"] for r in requests)
    refused = sum(r["statuses"].get(429, 0) for r in requests)
    per_minute = facts.per_minute or 60
    # The calls that cannot be saved: whole batches, and one look-up and one write of contacts.
    needed = -(-options.invoices // facts.batch) + 2
    least = least_seconds(needed, per_minute, options.minute)
    one_by_one = least_seconds(options.invoices, per_minute, options.minute)
    confirmed = report.counts.get(RecordOutcome.CONFIRMED, 0)
    share = least / took
    print(
        f"{confirmed} of {options.invoices} invoices confirmed with {calls} calls ({needed} needed)"
    )
    print(
        f"took {took:.2f} s; the limits allow no less than {least:.2f} s: {share:.0%} (95 % wanted)"
    )
    print(f"answers 429: {refused} (0 wanted)")
    print(
        f"one call for each invoice: {one_by_one:.0f} s, {one_by_one / took:.1f} times as long (10)"
    )
    good = (
        confirmed == options.invoices and share >= 0.95 and not refused and one_by_one >= 10 * took
    )
    print("ok" if good else "MISSED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
