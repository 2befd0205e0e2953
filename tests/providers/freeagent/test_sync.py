"""A sync against the embedded FreeAgent: nothing lost, nothing doubled, wherever it is struck."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Cli, sign_in

from syncdoctor.providers.freeagent.sandbox import documents
from syncdoctor.sandbox.server import Running
from syncdoctor.wire.client import Client

HEADER = (
    "kind,number,contact_name,contact_email,date,due_date,status,line_description,"
    "quantity,unit_amount,account\n"
)
TODAY = datetime.now(UTC).date().isoformat()
Write = Callable[..., None]


def row(
    number: str, status: str = "authorised", amount: str = "100.00", account: str = "",
    kind: str = "invoice", contact: str = "Ada Ltd",
) -> str:  # fmt: skip
    return f"{kind},{number},{contact},,{TODAY},{TODAY},{status},Work,1,{amount},{account}\n"


@pytest.fixture
def write(home: Path) -> Write:
    """Write the source."""

    def rows(*lines: str) -> None:
        (home / "records.csv").write_text(HEADER + "".join(lines))

    return rows


@pytest.fixture
def target(cli: Cli, sandbox: Running, home: Path, write: Write) -> str:
    """A connection that is set up and signed in; two authorised invoices wait."""
    write(row("A-1"), row("A-2", contact="Bob Ltd"))
    room = sandbox.world.room("freeagent")
    room.limiter.limits = dataclasses.replace(room.limiter.limits, per_minute=10_000)
    (home / "secret").write_text("secret\n")
    urls = [f"--url={name}={url}" for name, url in sandbox.app_urls("freeagent").items()]
    client = next(iter(room.oauth.clients))
    secret = f"--secret-file={home / 'secret'}"
    source = f"--source={home / 'records.csv'}"
    for arguments in (
        ("app", "add", "freeagent", "--client-id", client, secret, *urls),
        ("connection", "add", "acme/freeagent", source, "--setting=category=002"),
    ):
        ran = cli(*arguments)
        assert ran.code == 0, ran.err
    sign_in(cli, "acme/freeagent")
    return "acme/freeagent"


def books(sandbox: Running) -> Any:
    provider: Any = sandbox.world.room("freeagent").provider
    return provider.books("71001")


def shelf(sandbox: Running, kind: str = "invoices") -> dict[str, dict[str, Any]]:
    """Documents by reference, of which none is there twice."""
    found = list(books(sandbox).documents[kind].values())
    by_reference = {document["reference"]: document for document in found}
    assert len(by_reference) == len(found)
    return by_reference


def writes(sandbox: Running) -> int:
    return sum(
        r["count"]
        for r in sandbox.world.requests()
        if r["method"] in {"POST", "PUT"} and "token" not in r["path"]
    )


def test_documents_are_made_and_marked_as_sent(cli: Cli, sandbox: Running, target: str) -> None:
    assert cli("resync", target).code == 0
    assert {r: d["status"] for r, d in shelf(sandbox).items()} == {"A-1": "Open", "A-2": "Open"}
    line = shelf(sandbox)["A-1"]["invoice_items"][0]
    assert line["category"] == "categories/002", "the connection's category is the line's"
    assert shelf(sandbox)["A-1"]["contact_name"] == "Ada Ltd"


def test_drafts_stay_drafts_and_credit_notes_go_too(
    cli: Cli, sandbox: Running, target: str, write: Write
) -> None:
    write(row("D-1", "draft"), row("CN-1", kind="credit-note", amount="5.00"))
    assert cli("resync", target).code == 0
    assert shelf(sandbox)["D-1"]["status"] == "Draft"
    note = shelf(sandbox, "credit_notes")["CN-1"]
    assert (note["status"], note["total_value"]) == ("Open", "-6.0")


@pytest.mark.parametrize("strikes", [1, 2, 3, 4, 5])
def test_an_answer_lost_at_any_write_doubles_nothing(
    cli: Cli, sandbox: Running, target: str, strikes: int
) -> None:
    """The first writes are answered by nothing: contacts, invoices and marks alike."""
    sandbox.world.switch_on("lost-answer", times=strikes)
    cli("resync", target)
    sandbox.world.switch_off("lost-answer")
    assert cli("resync", target).code == 0
    assert {r: d["status"] for r, d in shelf(sandbox).items()} == {"A-1": "Open", "A-2": "Open"}
    names = [contact["organisation_name"] for contact in books(sandbox).contacts.values()]
    assert (names.count("Ada Ltd"), names.count("Bob Ltd")) == (1, 1)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 7))
def test_a_run_that_is_killed_at_any_write_is_made_whole_by_the_next(
    cli: Cli,
    sandbox: Running,
    target: str,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    when: str,
) -> None:
    """Two contacts, two invoices and two marks are six writes."""
    send, seen = Client._once, []

    def struck(client: Client, asked: tuple[str, str, str], *args: Any, **parts: Any) -> Any:
        writing = asked[0] in {"POST", "PUT"}
        seen.extend([asked[0]] * writing)
        strikes = writing and len(seen) == number
        if strikes and when == "before":
            raise Killed
        answer = send(client, asked, *args, **parts)
        if strikes:
            raise Killed
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Client, "_once", struck)
        with pytest.raises(Killed):
            cli("resync", target)
    assert cli("resync", target).code == 0
    assert {r: d["status"] for r, d in shelf(sandbox).items()} == {"A-1": "Open", "A-2": "Open"}
    names = [contact["organisation_name"] for contact in books(sandbox).contacts.values()]
    assert (names.count("Ada Ltd"), names.count("Bob Ltd")) == (1, 1)


def test_an_invoice_whose_mark_was_lost_is_marked_by_the_next_run(
    cli: Cli, sandbox: Running, target: str
) -> None:
    sandbox.world.switch_on("drop-connection", method="PUT")
    assert cli("resync", target).code == 5
    assert {d["status"] for d in shelf(sandbox).values()} == {"Draft"}
    sandbox.world.switch_off("drop-connection")
    assert cli("resync", target).code == 0
    assert {r: d["status"] for r, d in shelf(sandbox).items()} == {"A-1": "Open", "A-2": "Open"}


def test_a_504_that_made_the_record_doubles_nothing(
    cli: Cli, sandbox: Running, target: str
) -> None:
    sandbox.world.switch_on("gateway-timeout", path="/invoices", times=2)
    assert cli("resync", target).code == 0
    assert {r: d["status"] for r, d in shelf(sandbox).items()} == {"A-1": "Open", "A-2": "Open"}


def test_what_was_made_by_hand_is_found_on_any_page(
    cli: Cli, sandbox: Running, target: str, write: Write
) -> None:
    """250 contacts and as many invoices make three pages; what is meant is the oldest."""
    assert cli("resync", target).code == 0
    now = sandbox.world.clock.now()
    for number in range(250):
        books(sandbox).add_contact({"organisation_name": f"Customer {number}"}, now)
        old = shelf(sandbox)["A-1"]
        key = books(sandbox).next_id()
        copy = {**old, "reference": f"OLD-{number}", "url": f"invoices/{key}"}
        books(sandbox).documents["invoices"][key] = copy
    before = len(books(sandbox).contacts)
    sandbox.world.forget_requests()
    write(row("A-1"), row("B-1"))
    assert cli("resync", target, "--record", "A-1", "--record", "B-1").code == 0
    assert "B-1" in shelf(sandbox)
    assert len(books(sandbox).contacts) == before
    asked = {r["path"]: r["count"] for r in sandbox.world.requests() if r["method"] == "GET"}
    assert asked["/freeagent/v2/contacts"] == 3, "Ada Ltd is older than the 250"
    assert asked["/freeagent/v2/invoices"] == 3


def test_a_draft_is_changed_and_then_sent(
    cli: Cli, sandbox: Running, target: str, write: Write
) -> None:
    write(row("D-1", "draft"))
    assert cli("resync", target).code == 0
    write(row("D-1", "authorised", "120.00"))
    assert cli("resync", target).code == 0
    invoice = shelf(sandbox)["D-1"]
    assert (invoice["status"], invoice["net_value"]) == ("Open", "120.0")
    assert len(invoice["invoice_items"]) == 1


def test_what_was_sent_is_not_changed_unasked(
    cli: Cli, sandbox: Running, target: str, write: Write
) -> None:
    assert cli("resync", target).code == 0
    write(row("A-1", amount="999.00"), row("A-2", contact="Bob Ltd"))
    ran = cli("resync", target)
    assert ran.code == 3
    assert "is open in FreeAgent, where it differs" in ran.out + ran.err
    assert shelf(sandbox)["A-1"]["net_value"] == "100.0"


def test_a_paid_invoice_that_is_the_same_is_left_alone(
    cli: Cli, sandbox: Running, target: str
) -> None:
    assert cli("resync", target).code == 0
    invoice = shelf(sandbox)["A-1"]
    documents.settle(invoice, documents.INVOICES, sandbox.world.clock.now().date())
    sandbox.world.forget_requests()
    assert cli("resync", target, "--record", "A-1").code == 0
    assert writes(sandbox) == 0


def test_one_bad_record_does_not_stop_the_others(
    cli: Cli, sandbox: Running, target: str, write: Write
) -> None:
    write(row("X-1", account="399"), row("X-2", account="Sales"), row("A-1"))
    ran = cli("resync", target)
    assert ran.code == 3
    assert "Invalid nominal code 399" in ran.out + ran.err
    assert "nominal code of a category" in ran.out + ran.err
    assert set(shelf(sandbox)) == {"A-1"}


def test_a_locked_period_refuses_its_documents_and_stops_nothing(
    cli: Cli, sandbox: Running, target: str
) -> None:
    sandbox.world.switch_on("locked-period")
    ran = cli("resync", target)
    assert ran.code == 3
    assert "locked period" in ran.out + ran.err
    assert shelf(sandbox) == {}


def test_a_period_locked_before_the_mark_leaves_a_draft_and_says_so(
    cli: Cli, sandbox: Running, target: str
) -> None:
    sandbox.world.switch_on("locked-period", method="PUT")
    ran = cli("resync", target)
    assert ran.code == 3
    assert "Invoice is locked." in ran.out + ran.err
    sandbox.world.switch_off("locked-period")
    assert cli("resync", target, "--failed").code == 0
    assert {d["status"] for d in shelf(sandbox).values()} == {"Open"}


def test_a_reference_that_another_record_took_meanwhile_is_compared(
    cli: Cli, sandbox: Running, target: str, write: Write
) -> None:
    """Invoices and credit notes share one sequence of references."""
    write(row("A-1"))
    assert cli("resync", target).code == 0
    write(row("A-1", kind="credit-note"))
    ran = cli("resync", target)
    assert ran.code == 3
    assert "reference has already been taken" in ran.out + ran.err


def test_a_dry_run_tells_what_would_be_done(
    cli: Cli, sandbox: Running, target: str, write: Write
) -> None:
    write(row("D-1", "draft"))
    assert cli("resync", target).code == 0
    sandbox.world.forget_requests()
    write(row("D-1", "authorised"), row("N-1"))
    events = [
        line for line in cli("resync", target, "--dry-run", "--json").out.splitlines() if line
    ]
    assert any("would-update" in line and "D-1" in line for line in events)
    assert any("would-create" in line and "N-1" in line for line in events)
    assert writes(sandbox) == 0
