from __future__ import annotations

import dataclasses
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from syncdoctor import redact
from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.model import App, Connection, Exchange, Finding, Organisation, Phase
from syncdoctor.providers.xero.records import ADAPTER
from syncdoctor.resync.plan import Selection
from syncdoctor.resync.report import Report
from syncdoctor.resync.run import Job, resync
from syncdoctor.sandbox.server import Running
from syncdoctor.store.statedb import StateDB
from syncdoctor.wire.client import Answer, Client
from syncdoctor.wire.line import Line

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HEADER = (
    "kind,number,contact_name,contact_email,date,due_date,status,"
    "line_description,quantity,unit_amount\n"
)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load(None)


@pytest.fixture
def sandbox(sandbox: Running) -> Running:
    room = sandbox.world.room("xero")
    room.limiter.limits = dataclasses.replace(
        room.limiter.limits, per_minute=10_000, per_day=1_000_000
    )
    return sandbox


class Forgetful:
    """A provider that forgets keys and takes every number: what it is sent twice, it has twice.

    It answers as Xero does, but a PUT never refuses a number, so that a test fails when anything
    is sent twice. ``strike`` is called before and after each write is done; what it raises is
    what the client sees.
    """

    def __init__(self) -> None:
        self.shelves: dict[str, list[dict[str, Any]]] = {
            "Contacts": [], "Invoices": [], "CreditNotes": [],
        }  # fmt: skip
        self.calls: list[tuple[str, str, str | None]] = []
        self.strike: Callable[[str, str], int | None] = lambda _when, _path: None
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        path: str = "",
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        with self._lock:
            self.calls.append((method, path, idempotency_key))
            if method == "GET":
                return self._answer(method, path, 200, {path: self._found(path, params or {})})
            status = self.strike("before", path)
            if status is None:
                body = {path: [self._kept(path, element) for element in json[path]]}
                status = self.strike("after", path)
                if status is None:
                    return self._answer(method, path, 200, body)
            return self._answer(method, path, status or None, None)

    def close(self) -> None:
        pass

    def numbers(self, shelf: str = "Invoices") -> Counter[str]:
        word = {"Invoices": "InvoiceNumber", "Contacts": "Name", "CreditNotes": "CreditNoteNumber"}
        return Counter(e[word[shelf]] for e in self.shelves[shelf])

    def _kept(self, path: str, element: dict[str, Any]) -> dict[str, Any]:
        word = {"Invoices": "InvoiceID", "Contacts": "ContactID", "CreditNotes": "CreditNoteID"}
        old = next(
            (e for e in self.shelves[path] if e[word[path]] == element.get(word[path])), None
        )
        if old is not None:
            old.update(element)
            return old
        made = {word[path]: str(uuid4()), **json.loads(json.dumps(element))}
        self.shelves[path].append(made)
        return made

    def _found(self, path: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        if listed := params.get("InvoiceNumbers"):
            return [e for e in self.shelves[path] if e["InvoiceNumber"] in listed.split(",")]
        wanted = re.findall(r'"([^"]*)"', params.get("where", ""))
        words = ("Name", "CreditNoteNumber", "InvoiceNumber", "ContactNumber")
        return [e for e in self.shelves[path] if any(e.get(w) in wanted for w in words)]

    def _answer(self, method: str, path: str, status: int | None, body: Any) -> Answer:
        exchange = redact.exchange(
            provider="xero", phase=Phase.API, method=method, url=f"https://api.xero.com/{path}",
            status=status, body=body, exception=None if status else "connection reset",
        )  # fmt: skip
        return Answer(exchange, status, {}, body)


@dataclasses.dataclass
class Bench:
    """A connection, a state database and a source file, without a command line."""

    directory: Path
    catalogue: Catalogue
    connection: Connection
    open_client: Callable[[], Any]
    clock: datetime = NOW

    @staticmethod
    def row(number: str, *, contact: str = "Juniper & Co", amount: str = "120.00",
            kind: str = "invoice", status: str = "authorised", day: str = "2026-11-20",
            ) -> str:  # fmt: skip
        return f"{kind},{number},{contact},,{day},2026-12-20,{status},Advice,1,{amount}\n"

    @property
    def state_dir(self) -> Path:
        return self.directory / "state"

    @property
    def source(self) -> Path:
        return self.directory / "records.csv"

    def write(self, *rows: str, header: str = HEADER) -> None:
        self.source.write_text(header + "".join(rows), encoding="utf-8")

    def write_invoices(self, count: int, prefix: str = "INV-", contacts: int = 7) -> list[str]:
        numbers = [f"{prefix}{n:04}" for n in range(count)]
        self.write(
            *(self.row(n, contact=f"Customer {i % contacts}") for i, n in enumerate(numbers))
        )
        return numbers

    def judge(self, exchange: Exchange) -> tuple[Finding, ...]:
        return judge(self.catalogue, load_guide("default"), exchange, connection=self.connection)

    def open_db(self) -> StateDB:
        return StateDB(self.state_dir / "state.sqlite3", clock=lambda: self.clock)

    def job(self, db: StateDB, **changes: Any) -> Job:
        parts: dict[str, Any] = {
            "connection": self.connection,
            "provider": self.catalogue.providers["xero"],
            "adapter": ADAPTER,
            "db": db,
            "state_dir": self.state_dir,
            "source": self.source,
            "selection": Selection(since=self.clock - timedelta(days=7)),
            "open_client": self.open_client,
            "judge": self.judge,
        }
        return Job(**(parts | changes))

    def resync(self, **changes: Any) -> Report:
        with self.open_db() as db:
            return resync(self.job(db, **changes))


@dataclasses.dataclass
class SandboxBench(Bench):
    """The same with the sandbox's Xero at the other end."""

    sandbox: Running | None = None

    @property
    def world(self) -> Any:
        assert self.sandbox is not None
        return self.sandbox.world

    def books(self) -> Any:
        assert self.connection.organisation is not None
        return self.world.room("xero").provider.books(self.connection.organisation.id)

    def documents(self, shelf: str = "Invoices") -> dict[str, dict[str, Any]]:
        word = {"Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber"}[shelf]
        found = self.books().documents[shelf].by_id.values()
        numbers = [d[word] for d in found]
        assert len(numbers) == len(set(numbers))
        return {d[word]: d for d in found}

    def requests(self, method: str, path: str) -> int:
        return sum(
            r["count"]
            for r in self.world.requests()
            if r["method"] == method and r["path"].endswith(path)
        )


class _NoFaults:
    def on(self, name: str) -> None:
        return None


def _connection(organisation: Organisation) -> Connection:
    return Connection(
        "acme", "xero", "c-1", "xero", "sandbox", NOW, organisation=organisation,
        settings={"sales_account": "200", "tax_type": "OUTPUT2"},
    )  # fmt: skip


@pytest.fixture
def forgetful() -> Forgetful:
    return Forgetful()


@pytest.fixture
def bench(forgetful: Forgetful, tmp_path: Path, catalogue: Catalogue) -> Bench:
    return Bench(tmp_path, catalogue, _connection(Organisation("o", "O")), lambda: forgetful)


@pytest.fixture
def live(sandbox: Running, tmp_path: Path, catalogue: Catalogue) -> SandboxBench:
    token = sandbox.world.connect("xero")["access_token"]
    provider: Any = sandbox.world.room("xero").provider
    connection = _connection(next(iter(provider.organisations(_NoFaults()))))
    app = App("sandbox", "xero", "id", urls=sandbox.app_urls("xero"))

    def open_client() -> Client:
        return Client(
            catalogue.providers["xero"],
            app,
            token=lambda _: token,
            organisation=connection.organisation,
            writable=True,
            line=Line(call_s=5.0),
        )

    return SandboxBench(tmp_path, catalogue, connection, open_client, sandbox=sandbox)
