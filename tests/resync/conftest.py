from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.model import App, Connection, Exchange, Finding, Organisation
from syncdoctor.providers.xero.records import ADAPTER
from syncdoctor.resync.dispatch import Sender
from syncdoctor.resync.plan import Selection
from syncdoctor.resync.report import Report
from syncdoctor.resync.run import Job, resync
from syncdoctor.sandbox.server import Running
from syncdoctor.store.statedb import StateDB
from syncdoctor.wire.client import Client

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HEADER = (
    "kind,number,contact_name,contact_email,date,due_date,status,"
    "line_description,quantity,unit_amount\n"
)


def invoice(number: str, *, contact: str = "Juniper & Co", amount: str = "120.00",
            kind: str = "invoice", status: str = "authorised") -> str:  # fmt: skip
    return f"{kind},{number},{contact},,2026-11-20,2026-12-20,{status},Consulting,1,{amount}\n"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load(None)


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with Running() as running:
        room = running.world.room("xero")
        room.limiter.limits = dataclasses.replace(
            room.limiter.limits, per_minute=10_000, per_day=1_000_000
        )
        yield running


@dataclasses.dataclass
class Bench:
    """A connection to the sandbox's Xero, with a state database and a source file."""

    sandbox: Running
    catalogue: Catalogue
    directory: Path
    connection: Connection
    token: str
    clock: datetime = NOW
    app_urls: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def state_dir(self) -> Path:
        return self.directory / "state"

    @property
    def source(self) -> Path:
        return self.directory / "records.csv"

    def write(self, *rows: str, header: str = HEADER) -> None:
        self.source.write_text(header + "".join(rows), encoding="utf-8")

    def client(self, *, writable: bool = True) -> Client:
        app = App("sandbox", "xero", "id", urls=self.sandbox.app_urls("xero"))
        return Client(
            self.catalogue.providers["xero"],
            app,
            token=lambda _: self.token,
            organisation=self.connection.organisation,
            writable=writable,
            timeout_s=5.0,
        )

    def judge(self, exchange: Exchange) -> tuple[Finding, ...]:
        return judge(self.catalogue, load_guide("default"), exchange, connection=self.connection)

    def open_db(self) -> StateDB:
        return StateDB(self.state_dir / "state.sqlite3", clock=lambda: self.clock)

    def job(self, db: StateDB, **changes: Any) -> Job:
        open_client: Callable[[], Sender] = self.client
        parts: dict[str, Any] = {
            "connection": self.connection,
            "provider": self.catalogue.providers["xero"],
            "adapter": ADAPTER,
            "db": db,
            "state_dir": self.state_dir,
            "selection": Selection(since=self.clock - timedelta(days=7)),
            "open_client": open_client,
            "judge": self.judge,
        }
        return Job(**(parts | {"source": self.source} | changes))

    def resync(self, **changes: Any) -> Report:
        with self.open_db() as db:
            return resync(self.job(db, **changes))

    def books(self) -> Any:
        provider: Any = self.sandbox.world.room("xero").provider
        organisation = self.connection.organisation
        assert organisation is not None
        return provider.books(organisation.id)

    def numbers(self, shelf: str = "Invoices") -> list[str]:
        word = {"Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber"}[shelf]
        return sorted(d[word] for d in self.books().documents[shelf].by_id.values())

    def requests(self, method: str, path: str) -> int:
        return sum(
            r["count"]
            for r in self.sandbox.world.requests()
            if r["method"] == method and r["path"].endswith(path)
        )


def connect(running: Running, directory: Path, catalogue: Catalogue) -> Bench:
    token = running.world.connect("xero")["access_token"]
    provider: Any = running.world.room("xero").provider
    organisation: Organisation = next(iter(provider.organisations(_NoFaults())))
    connection = Connection(
        "acme", "xero", "c-1", "xero", "sandbox", NOW, organisation=organisation,
        settings={"sales_account": "200", "tax_type": "OUTPUT2"},
    )  # fmt: skip
    return Bench(running, catalogue, directory, connection, token)


class _NoFaults:
    def on(self, name: str) -> None:
        return None


@pytest.fixture
def bench(sandbox: Running, tmp_path: Path, catalogue: Catalogue) -> Bench:
    return connect(sandbox, tmp_path, catalogue)
