"""Settlements at every provider that takes them: an invoice, or a bill when more was taken off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.contract.test_provider import SETTINGS, connect

from syncdoctor.engine.catalogue import load
from syncdoctor.sandbox.world import embedded_providers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running

FACTS = load().providers
# Where it is booked; a webhook is only told of it.
PROVIDERS = [
    p.id
    for p in embedded_providers()
    if "settlement" in FACTS[p.id].record_kinds and p.facts.signs_in
]
# An income account and a tax rate, as each provider's source files name them.
BOOKED = {
    "xero": ("200", "OUTPUT2"),
    "freeagent": ("001", "20"),
    "zoho-books": (SETTINGS["zoho-books"]["sales_account"], SETTINGS["zoho-books"]["tax_type"]),
    "myob": (SETTINGS["myob"]["sales_account"], SETTINGS["myob"]["tax_type"]),
}
PAYOUTS = {"S-1": ("100.00", "-20.00"), "S-2": ("10.00", "-40.00"), "S-3": ("10.03", "-0.09")}
HEADER = (
    "kind,number,channel,period_start,period_end,date,status,line_description,amount,account,"
    "tax_type\n"
)


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def source(home: Path, provider: str) -> Path:
    """Payouts, one of them with odd pennies, and a period when more was taken off than sold."""
    path = home / "settlements.csv"
    write(path, provider, PAYOUTS)
    return path


def write(path: Path, provider: str, settlements: Mapping[str, tuple[str, ...]]) -> None:
    day = datetime.now(UTC).date()
    account, tax = BOOKED[provider]
    rows = [
        f"settlement,{number},Amazon UK,{day - timedelta(days=14)},{day},{day},authorised,"
        f"{'Sales' if position == 0 else 'Fees'},{amount},{account},{tax}\n"
        for number, amounts in settlements.items()
        for position, amount in enumerate(amounts)
    ]
    path.write_text(HEADER + "".join(rows), encoding="utf-8")


def held(sandbox: Running, provider: str) -> dict[str, float | None]:
    """What is at the provider, by side and number; totals where they can be read here.

    A number that is there twice is a failure.
    """
    (organisation,) = sandbox.world.state()[provider]["organisations"]
    counted = {
        f"{side} {number}": count
        for side in ("invoices", "bills")
        for number, count in organisation[side].items()
        if number.startswith("S-")
    }
    assert set(counted.values()) <= {1}, "doubled"
    read = TOTALS.get(provider)
    room: Any = sandbox.world.room(provider).provider
    return dict(read(room.books(organisation["id"]))) if read else dict.fromkeys(counted)


def _xero_totals(books: Any) -> Iterator[tuple[str, float]]:
    sides = {"ACCREC": "invoices", "ACCPAY": "bills"}
    for one in books.documents["Invoices"].by_id.values():
        if one["InvoiceNumber"].startswith("S-"):
            yield f"{sides[one['Type']]} {one['InvoiceNumber']}", one["Total"]


def _freeagent_totals(books: Any) -> Iterator[tuple[str, float]]:
    for side in ("invoices", "bills"):
        for one in books.documents[side].values():
            yield f"{side} {one['reference']}", float(one["total_value"])


def _zoho_totals(books: Any) -> Iterator[tuple[str, float]]:
    for side, name in (("invoices", "invoice_number"), ("bills", "bill_number")):
        for one in books.documents[side].values():
            yield f"{side} {one[name]}", one["total"]


TOTALS = {"xero": _xero_totals, "freeagent": _freeagent_totals, "zoho-books": _zoho_totals}


def as_held(provider: str, payouts: dict[str, float]) -> dict[str, float | None]:
    """What is to be at a provider: totals only of those that are read."""
    return {name: total if provider in TOTALS else None for name, total in payouts.items()}


ALL = {"invoices S-1": 80.0, "invoices S-3": 9.94, "bills S-2": 30.0}


def test_a_settlement_is_an_invoice_or_a_bill_and_twice_is_once(
    cli: Cli, sandbox: Running, provider: str, source: Path
) -> None:
    target = connect(cli, sandbox, provider, source)
    checked = cli("records", "check", str(source))
    assert (checked.code, checked.out) == (0, "3 records can be sent, 0 cannot.\n")
    ran = cli("resync", target)
    assert ran.code == 0, ran.out + ran.err
    assert held(sandbox, provider) == as_held(provider, ALL)
    again = cli("resync", target, "--record", "S-1", "--record", "S-2", "--record", "S-3")
    assert again.code == 0, again.out
    assert held(sandbox, provider) == as_held(provider, ALL)


def test_a_lost_answer_doubles_no_bill(
    cli: Cli, sandbox: Running, provider: str, source: Path
) -> None:
    target = connect(cli, sandbox, provider, source)
    sandbox.world.switch_on("lost-answer", times=3)
    cli("resync", target)
    sandbox.world.switch_off("lost-answer")
    assert cli("resync", target).code == 0
    assert held(sandbox, provider) == as_held(provider, ALL)


def test_a_bill_is_changed_and_one_that_became_an_invoice_is_refused(
    cli: Cli, sandbox: Running, provider: str, source: Path
) -> None:
    target = connect(cli, sandbox, provider, source)
    write(source, provider, {"S-2": ("10.00", "-40.00")})
    assert cli("resync", target).code == 0
    write(source, provider, {"S-2": ("10.00", "-50.00", "-5.00")})
    assert cli("resync", target).code == 0
    assert held(sandbox, provider) == as_held(provider, {"bills S-2": 45.0})
    write(source, provider, {"S-2": ("90.00", "-50.00")})
    ran = cli("resync", target, "--rejects", str(source.parent / "refused.csv"))
    assert ran.code == 3
    assert "a bill" in ran.out + ran.err or "the bill" in ran.out + ran.err
    assert "settlement,S-2,Amazon UK" in (source.parent / "refused.csv").read_text()
    assert held(sandbox, provider) == as_held(provider, {"bills S-2": 45.0})
