"""A client that is signed in to the embedded Xero."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from syncdoctor.sandbox.server import Running

ORGANISATION = "Harbour Street Bakery Ltd"


@pytest.fixture
def api(sandbox: Running) -> Iterator[httpx2.Client]:
    """A client of the accounting API, with a token and an organisation."""
    token = sandbox.world.connect("xero", ORGANISATION)
    headers = {"authorization": f"Bearer {token['access_token']}"}
    urls = sandbox.app_urls("xero")
    with httpx2.Client(base_url=urls["api"], headers=headers, trust_env=False) as client:
        tenant = client.get(urls["connections"]).json()[0]["tenantId"]
        client.headers["xero-tenant-id"] = tenant
        yield client


@pytest.fixture
def invoice() -> Callable[..., dict[str, Any]]:
    """Makes an invoice that Xero takes, with the changes that are given."""

    def make(number: str = "TB-1", **changes: Any) -> dict[str, Any]:
        line = {"Description": "Bread", "Quantity": 2, "UnitAmount": 10.5, "AccountCode": "200"}
        return {
            "Type": "ACCREC",
            "InvoiceNumber": number,
            "Contact": {"Name": "Riverside Cycles"},
            "Status": "AUTHORISED",
            "Date": "2026-11-01",
            "DueDate": "2026-11-30",
            "LineItems": [line],
            **changes,
        }

    return make
