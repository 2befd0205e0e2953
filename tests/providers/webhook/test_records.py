"""A record becomes one event."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from syncdoctor.engine.adapter import Item
from syncdoctor.engine.record import KINDS, Line, Record
from syncdoctor.providers.webhook.records import ADAPTER, WebhookRecords

AT = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
INVOICE = Record("invoice", "Ada Ltd", "C-1", lines=(Line("Work", Decimal(1), Decimal("100.00")),))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_an_event_of_its_own(kind: str) -> None:
    request = ADAPTER.create(kind, [Item(Record(kind, "Ada Ltd", "C-1", updated_at=AT))])
    assert (request.method, request.path) == ("POST", "")
    assert request.json["type"] == f"{kind.replace('-', '_')}.updated"
    assert request.json["timestamp"] == "2026-11-22T08:30:00+00:00"
    assert request.json["data"]["number"] == "C-1"
    assert ADAPTER.update(kind, [Item(Record(kind, "Ada Ltd", "C-1", updated_at=AT))]) == request


def test_where_the_source_does_not_say_when_the_moment_counts() -> None:
    adapter = WebhookRecords(lambda: AT)
    request = adapter.create("invoice", [Item(INVOICE)])
    assert request.json["timestamp"] == "2026-11-22T08:30:00+00:00"
    (line,) = request.json["data"]["lines"]
    assert line == {"description": "Work", "quantity": "1", "unit_amount": "100.00"}


@pytest.mark.parametrize("body", [None, "", "OK", {"error": "ignored"}, ["anything"]])
def test_a_good_status_is_enough(body: object) -> None:
    (outcome,) = ADAPTER.outcomes("invoice", 1, body)
    assert outcome.accepted
    assert ADAPTER.look_up("invoice", []) == ()
