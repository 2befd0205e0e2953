"""The convention of docs/custom.md, without a network."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from syncdoctor.engine.adapter import Item, Ref, Standing
from syncdoctor.engine.record import Line, Record
from syncdoctor.model import Connection, CredentialKind, Organisation
from syncdoctor.providers.common.plain import plain
from syncdoctor.providers.custom.organisations import from_answer
from syncdoctor.providers.custom.probes import facts
from syncdoctor.providers.custom.records import ADAPTER

INVOICE = Record(
    "invoice", "Ada Ltd", "A/1 é", lines=(Line("Work", Decimal(1), Decimal("100.00")),)
)


def test_a_record_has_an_address_of_its_own() -> None:
    (asked,) = ADAPTER.look_up("credit-note", [Ref("credit-note", "A/1 é")])
    assert (asked.method, asked.path) == ("GET", "credit-notes/A%2F1%20%C3%A9")
    made, changed = (do("invoice", [Item(INVOICE)]) for do in (ADAPTER.create, ADAPTER.update))
    assert (made.method, made.path) == ("POST", "invoices")
    assert (changed.method, changed.path) == ("PUT", "invoices/A%2F1%20%C3%A9")
    assert made.json == changed.json == plain(INVOICE)


@pytest.mark.parametrize("wrapped", [lambda x: x, lambda x: {"data": x}, lambda x: {"record": x}])
def test_a_record_that_is_there_is_compared(wrapped: Any) -> None:
    there = {"id": 7, **plain(INVOICE), "currency": "GBP"}
    found = ADAPTER.found("invoice", wrapped(there))
    assert found is not None
    (remote,) = found
    assert (remote.id, remote.key) == ("7", "A/1 é")
    assert ADAPTER.compare(INVOICE, remote).standing is Standing.SAME
    other = Record("invoice", "Ada Ltd", "A/1 é")
    assert ADAPTER.compare(Record("invoice", "Bob", "A/1 é"), remote).standing is Standing.DIFFERS
    assert ADAPTER.compare(other, remote).standing is Standing.SAME
    assert ADAPTER.found("invoice", {"error": "x"}) is None
    assert ADAPTER.found("invoice", "text") is None


@pytest.mark.parametrize(
    ("body", "accepted", "exists"),
    [
        (None, True, False),
        ({"id": "inv-1"}, True, False),
        ({"data": {"id": 5}}, True, False),
        ({"error": {"code": "already_exists", "message": "…"}}, False, True),
        ({"errors": [{"detail": "Number has already been used: duplicate"}]}, False, True),
        ({"errors": {"contact_email": ["is required"]}}, False, False),
        ({"error": "no"}, False, False),
    ],
)
def test_answers_to_a_write(body: Any, accepted: bool, exists: bool) -> None:
    (outcome,) = ADAPTER.outcomes("invoice", 1, body)
    assert (outcome.accepted, outcome.exists) == (accepted, exists)


@pytest.mark.parametrize(
    ("body", "account"),
    [
        ({"id": 5, "name": "Riverside"}, Organisation("5", "Riverside")),
        ({"data": {"uuid": "u-1"}}, Organisation("u-1", "u-1")),
        ({"account": {"id": "a", "email": "x@example.com"}}, Organisation("a", "x@example.com")),
        ({"ok": True}, None),
        ("OK", None),
    ],
)
def test_the_account_is_named_in_many_ways(body: Any, account: Organisation | None) -> None:
    assert from_answer(body) == ((account,) if account else ())


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"id": "a", "permissions": ["read"]}, {"permission_missing"}),
        ({"id": "a", "key": {"scopes": "read write"}}, set()),
        ({"id": "a", "permissions": ["invoices:write"]}, set()),
        ({"id": "b"}, {"organisation_missing"}),
        ({"id": "a"}, set()),
        (None, set()),
    ],
)
def test_what_the_identity_tells(body: Any, found: set[str], made: Connection) -> None:
    assert {k for k, v in facts("identity", body, made).items() if v is True} == found


@pytest.fixture
def made() -> Connection:
    from datetime import UTC, datetime

    return Connection(
        *("acme", "custom", "c-1", "custom", None, datetime(2026, 1, 1, tzinfo=UTC)),
        organisation=Organisation("a", "Ada"),
        credential=CredentialKind.KEY,
    )
