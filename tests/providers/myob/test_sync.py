"""A sync against the embedded MYOB: nothing lost, nothing doubled, wherever it is struck."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Cli
from tests.providers.myob.conftest import FILE

from syncdoctor.providers.myob.sandbox import seed
from syncdoctor.sandbox.server import Running

HEADER = "kind,number,contact_name,date,due_date,line_description,quantity,unit_amount\n"
TODAY = datetime.now(UTC).date().isoformat()
Write = Callable[..., None]


def row(number: str, amount: str = "100.00", kind: str = "invoice", who: str = "Ada Ltd") -> str:
    return f"{kind},{number},{who},{TODAY},{TODAY},Work,1,{amount}\n"


@pytest.fixture
def write(home: Path, target: str) -> Write:
    """Write the source."""

    def rows(*lines: str) -> None:
        (home / "records.csv").write_text(HEADER + "".join(lines))

    return rows


@pytest.fixture
def totals(sandbox: Running) -> Callable[[], dict[str, float]]:
    """Totals by number; a number that is there twice is a failure."""

    def held() -> dict[str, float]:
        provider: Any = sandbox.world.room("myob").provider
        shelf = provider.books(FILE).documents["Sale/Invoice"].values()
        assert len({one["Number"] for one in shelf}) == len(shelf)
        return {one["Number"]: one["TotalAmount"] for one in shelf}

    return held


Held = Callable[[], dict[str, float]]


def test_invoices_and_credit_notes_are_made_changed_and_left_alone(
    cli: Cli, sandbox: Running, target: str, write: Write, totals: Held
) -> None:
    write(row("A-1"), row("C-1", "20", "credit-note"))
    assert cli("resync", target).code == 0
    assert totals() == {"A-1": 110.0, "C-1": -22.0}
    write(row("A-1", "200"), row("C-1", "20", "credit-note"))
    sandbox.world.switch_on("row-version-stale", times=1)  # somebody else was there first
    assert cli("resync", target).code == 0
    assert totals() == {"A-1": 220.0, "C-1": -22.0}
    provider: Any = sandbox.world.room("myob").provider
    for one in provider.books(FILE).documents["Sale/Invoice"].values():
        one["Status"] = "Closed"
    write(row("A-1", "300"))
    ran = cli("resync", target)
    assert ran.code == 3
    assert "is paid in MYOB" in ran.out + ran.err
    assert totals()["A-1"] == 220.0


def test_a_settlement_that_costs_is_a_bill_of_a_supplier(
    cli: Cli, sandbox: Running, target: str, home: Path, totals: Held
) -> None:
    head = "kind,number,channel,period_start,period_end,date,line_description,amount"
    first = f"settlement,S-1,Etsy,{TODAY},{TODAY},{TODAY}"
    second = f"settlement,S-2,Etsy,{TODAY},{TODAY},{TODAY}"
    lines = (f"{first},Sales,100", f"{first},Fees,-10", f"{second},Fees,-33")
    (home / "records.csv").write_text("\n".join((head, *lines)) + "\n")
    for _ in range(2):
        ran = cli("resync", target)
        assert ran.code == 0, ran.out + ran.err
    assert totals() == {"S-1": 90.0}
    provider: Any = sandbox.world.room("myob").provider
    (bill,) = provider.books(FILE).documents["Purchase/Bill"].values()
    assert (bill["Number"], bill["TotalAmount"], bill["Supplier"]["Name"]) == ("S-2", 33.0, "Etsy")


def test_a_locked_period_is_said_in_words_and_holds_up_nothing_else(
    cli: Cli, sandbox: Running, target: str, write: Write, totals: Held
) -> None:
    write(row("A-1").replace(TODAY, "2020-01-01"), row("A-2"))
    sandbox.world.switch_on("locked-period", until="2020-12-31")
    ran = cli("resync", target, "--since", "9999d")
    assert ran.code == 3
    assert "locked in MYOB" in ran.out + ran.err
    assert totals() == {"A-2": 110.0}
    (found,) = cli("diagnose", target, "--json", "--check", "locked-period").json["connections"]
    (check,) = [one for one in found["checks"] if one["name"] == "locked-period"]
    assert "2020-12-31" in check["summary"]


def test_many_calls_are_sent_on_and_kept_under_the_limit(
    cli: Cli, sandbox: Running, target: str, write: Write, totals: Held
) -> None:
    sandbox.world.switch_on("redirected")
    write(*(row(f"A-{n}", who="Juniper & Co") for n in range(3)))
    sandbox.world.forget_requests()
    assert cli("resync", target).code == 0
    assert len(totals()) == 3
    told = sandbox.world.requests()
    assert sum(one["statuses"].get(403, 0) for one in told) == 0
    assert sum(one["statuses"].get(307, 0) for one in told) == 5


def test_a_missing_scope_is_told_from_an_expired_token(
    cli: Cli, sandbox: Running, target: str
) -> None:
    sandbox.world.switch_on("scope-removed")
    (found,) = cli("diagnose", target, "--json").json["connections"]
    assert (found["cause"], found["action"]) == ("scope-missing", "reconnect")
    assert found["findings"][0]["rule"] == "myob.scope-not-given"


def test_what_myob_offers_can_be_picked(cli: Cli, sandbox: Running, target: str) -> None:
    del sandbox
    offered = cli("connection", "pick", target, "--list", "--json").json["settings"]
    assert offered["sales_account"][0] == {"value": seed.SALES_ACCOUNT, "name": "4-1000 Sales"}
    assert len(offered["sales_account"]) == 3
    assert offered["tax_type"][0]["value"] == seed.TAX_CODE
