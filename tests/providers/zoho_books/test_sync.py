"""A sync against the embedded Zoho Books: nothing lost, nothing doubled, wherever it is struck."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Cli
from tests.providers.zoho_books.conftest import ORGANISATION

from syncdoctor.providers.common.embedded import Call, Reply
from syncdoctor.providers.zoho_books.sandbox.answers import done
from syncdoctor.sandbox.server import Running

HEADER = "kind,number,contact_name,date,due_date,status,line_description,quantity,unit_amount\n"
TODAY = datetime.now(UTC).date().isoformat()
Write = Callable[..., None]


def row(number: str, status: str = "authorised", amount: str = "100.00", kind: str = "invoice",
        contact: str = "Ada Ltd") -> str:  # fmt: skip
    return f"{kind},{number},{contact},{TODAY},{TODAY},{status},Work,1,{amount}\n"


@pytest.fixture
def write(home: Path, target: str) -> Write:
    """Write the source."""

    def rows(*lines: str) -> None:
        (home / "records.csv").write_text(HEADER + "".join(lines))

    return rows


@pytest.fixture
def invoices(sandbox: Running) -> Callable[[], dict[str, tuple[str, float]]]:
    """Status and total by number; a number that is there twice is a failure."""

    def held() -> dict[str, tuple[str, float]]:
        provider: Any = sandbox.world.room("zoho-books").provider
        shelf = provider.books(ORGANISATION).documents["invoices"].values()
        assert len({one["invoice_number"] for one in shelf}) == len(shelf)
        return {one["invoice_number"]: (one["status"], one["total"]) for one in shelf}

    return held


Held = Callable[[], dict[str, tuple[str, float]]]


def test_an_authorised_invoice_goes_out_and_a_draft_stays(
    cli: Cli, target: str, write: Write, invoices: Held
) -> None:
    write(row("A-1"), row("A-2", "draft", "50"))
    assert cli("resync", target).code == 0
    assert invoices() == {"A-1": ("sent", 120.0), "A-2": ("draft", 60.0)}
    assert cli("resync", target).code == 0
    write(row("A-1"), row("A-2", "authorised", "50"))
    assert cli("resync", target).code == 0
    assert invoices()["A-2"] == ("sent", 60.0)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_wherever_an_answer_is_lost_nothing_is_doubled(
    cli: Cli, sandbox: Running, target: str, write: Write, invoices: Held, lost: int
) -> None:
    write(row("A-1"), row("A-2", contact="Bob Ltd"))
    sandbox.world.switch_on("lost-answer", times=lost)
    cli("resync", target)
    sandbox.world.switch_off("lost-answer")
    assert cli("resync", target).code == 0
    assert invoices() == {"A-1": ("sent", 120.0), "A-2": ("sent", 120.0)}


def test_a_draft_that_was_left_behind_is_sent_by_the_next_run(
    cli: Cli, sandbox: Running, target: str, write: Write, invoices: Held
) -> None:
    write(row("A-1"))
    sandbox.world.switch_on("provider-down", path="/status/")
    assert cli("resync", target).code == 5
    assert invoices() == {"A-1": ("draft", 120.0)}
    sandbox.world.switch_off("provider-down")
    assert cli("resync", target).code == 0
    assert invoices() == {"A-1": ("sent", 120.0)}


def test_a_change_in_the_product_changes_the_invoice(
    cli: Cli, target: str, write: Write, invoices: Held
) -> None:
    write(row("A-1"))
    assert cli("resync", target).code == 0
    write(row("A-1", amount="200.00"))
    assert cli("resync", target).code == 0
    assert invoices() == {"A-1": ("sent", 240.0)}


def test_a_paid_invoice_that_differs_is_refused_and_left_alone(
    cli: Cli, sandbox: Running, target: str, write: Write, invoices: Held
) -> None:
    write(row("A-1"))
    assert cli("resync", target).code == 0
    provider: Any = sandbox.world.room("zoho-books").provider
    (invoice,) = provider.books(ORGANISATION).documents["invoices"].values()
    invoice["status"] = "paid"
    write(row("A-1", amount="200.00"))
    ran = cli("resync", target)
    assert ran.code == 3
    assert "is paid in Zoho Books" in ran.out + ran.err
    assert invoices() == {"A-1": ("paid", 120.0)}


def test_one_bad_record_does_not_hold_up_the_others(
    cli: Cli, sandbox: Running, target: str, write: Write, invoices: Held
) -> None:
    bad = row("A-1").replace(TODAY, "2020-01-01")
    write(bad, row("A-2"))
    sandbox.world.switch_on("locked-period", until="2020-12-31")
    assert cli("resync", target, "--since", "9999d").code == 3
    assert invoices() == {"A-2": ("sent", 120.0)}


def test_a_credit_note_is_opened(cli: Cli, sandbox: Running, target: str, write: Write) -> None:
    write(row("C-1", kind="credit-note"), row("C-2", "draft", kind="credit-note"))
    assert cli("resync", target).code == 0
    provider: Any = sandbox.world.room("zoho-books").provider
    shelf = provider.books(ORGANISATION).documents["creditnotes"].values()
    assert {one["creditnote_number"]: one["status"] for one in shelf} == {
        "C-1": "open",
        "C-2": "draft",
    }


def test_an_error_with_a_good_status_is_not_taken_for_nothing_there(
    cli: Cli,
    sandbox: Running,
    target: str,
    write: Write,
    invoices: Held,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(row("A-1"))
    assert cli("resync", target).code == 0
    room = sandbox.world.room("zoho-books")
    before = room.provider.handle

    def failing(call: Call) -> Reply:
        if call.method == "GET" and call.path.endswith("/invoices"):
            return done({"code": 1000}, "Internal error")
        return before(call)

    monkeypatch.setattr(room.provider, "handle", failing)
    write(row("A-1", amount="200.00"))
    assert cli("resync", target).code != 0
    assert cli("resync", target, "--dry-run").code != 0
    assert invoices() == {"A-1": ("sent", 120.0)}
    monkeypatch.setattr(room.provider, "handle", before)
    assert cli("resync", target).code == 0
    assert invoices() == {"A-1": ("sent", 240.0)}


def test_documents_and_their_contacts_have_the_currency_that_they_name(
    cli: Cli, sandbox: Running, target: str, home: Path, invoices: Held
) -> None:
    euro = [f"{row(number, contact=name).strip()},EUR" for number, name in (("A-1", "Ada Ltd"),
            ("A-2", "Bob Ltd"))]  # fmt: skip
    others = [
        f"{row('A-3', contact='Cy Ltd').strip()},SEK",
        f"{row('A-4', contact='Di Ltd').strip()},",
    ]
    lines = [HEADER.strip() + ",currency", *euro, *others]
    (home / "records.csv").write_text("\n".join(lines) + "\n")
    for dry in (["--dry-run"], []):
        ran = cli("resync", target, *dry, "--json")
        assert ran.code == 3
        assert "SEK is not among the currencies of this organisation" in ran.out
    books = sandbox.world.room("zoho-books").provider.books(ORGANISATION)  # type: ignore[attr-defined]
    made = {one["invoice_number"]: one["currency_code"] for one in
            books.documents["invoices"].values()}  # fmt: skip
    assert made == {"A-1": "EUR", "A-2": "EUR", "A-4": "GBP"}
    asked = [r for r in sandbox.world.requests() if r["path"].endswith("/settings/currencies")]
    assert [r["count"] for r in asked] == [2], "once for each run"
    assert cli("resync", target).code == 3
    assert len(invoices()) == 3
