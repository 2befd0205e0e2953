"""A client that is signed in to the embedded FreeAgent, and records to send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from syncdoctor.engine.record import Line
from syncdoctor.sandbox.server import Running

COMPANY = "Harbour Street Bakery Ltd"


@pytest.fixture
def api(sandbox: Running) -> Iterator[httpx2.Client]:
    """A client of the company API, with a token."""
    token = sandbox.world.connect("freeagent", COMPANY)
    headers = {"authorization": f"Bearer {token['access_token']}"}
    base = sandbox.app_urls("freeagent")["api"]
    with httpx2.Client(base_url=base, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def invoice(api: httpx2.Client) -> Callable[..., dict[str, Any]]:
    """Makes an invoice that FreeAgent takes, with the changes that are given."""
    contact = api.get("contacts").json()["contacts"][0]["url"]

    def make(reference: str = "TB-1", **changes: Any) -> dict[str, Any]:
        line = {"description": "Bread", "quantity": "2", "price": "10.50"}
        fields = {
            "contact": contact,
            "reference": reference,
            "dated_on": "2026-11-01",
            "payment_terms_in_days": 30,
            "invoice_items": [line],
            **changes,
        }
        return {"invoice": {key: value for key, value in fields.items() if value is not None}}

    return make


@pytest.fixture
def bread() -> Line:
    """The line of an invoice."""
    return Line("Bread", Decimal(2), Decimal("10.50"), "001")
