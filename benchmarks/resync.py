"""How close ``resync`` of 5,000 invoices comes to what the provider's limits allow.

    python benchmarks/resync.py [--invoices 5000] [--minute 10] [--latency 0.05]

The sandbox's Xero counts calls as Xero does: 60 a minute, 5 at once. The minute is shortened, for
both sides alike, so that the run takes a sixth of the time. Printed: how long the calls that are
needed must take under the limits, how long the run took, how many 429 it was answered with, and the
ratio to sending one invoice with each call, as a loop over the vendor's SDK does.
To reach: 95 % of what the limits allow, no 429, ten times the loop.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from syncdoctor.engine.catalogue import load
from syncdoctor.model import App, Connection
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


def run(running: Running, directory: Path, minute: float) -> tuple[float, Any]:
    catalogue = load(None)
    provider = catalogue.providers["xero"]
    world: Any = running.world
    token = world.connect("xero")["access_token"]
    organisation = next(iter(world.room("xero").provider.organisations(_NoFaults())))
    connection = Connection(
        "acme", "xero", "c-1", "xero", "sandbox", datetime.now(UTC), organisation=organisation,
        settings={"sales_account": "200", "tax_type": "OUTPUT2"},
    )  # fmt: skip
    limits.WINDOW_S = minute + 0.1

    def open_client() -> Client:
        return Client(
            provider,
            App("sandbox", "xero", "id", urls=running.app_urls("xero")),
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
    parser.add_argument("--minute", type=float, default=10.0)
    parser.add_argument("--latency", type=float, default=0.05)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Running() as running:
        room = running.world.room("xero")
        room.limiter.minute_s = options.minute
        running.world.switch_on("slow", seconds=options.latency)
        write_source(Path(folder) / "records.csv", options.invoices)
        took, report = run(running, Path(folder), options.minute)
        requests = [r for r in running.world.requests() if "api.xro" in r["path"]]
    facts = load(None).providers["xero"].limits
    calls = sum(r["count"] for r in requests)
    refused = sum(r["statuses"].get(429, 0) for r in requests)
    per_minute = facts.per_minute or 60
    # The calls that cannot be saved: whole batches, and one look-up and one write of contacts.
    needed = -(-options.invoices // facts.batch) + 2
    least = least_seconds(needed, per_minute, options.minute)
    one_by_one = least_seconds(options.invoices, per_minute, options.minute)
    confirmed = report.counts.get(RecordOutcome.CONFIRMED, 0)
    share = (least + needed * options.latency / (facts.concurrent or 1)) / took
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
