"""A client that is signed in to the embedded GoCardless, the vendor's SDK, and records to send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import gocardless_pro
import httpx2
import pytest

from syncdoctor.engine.record import Record
from syncdoctor.sandbox.server import Running

CREDITOR = "Harbour Street Bakery Ltd"


@pytest.fixture
def token(sandbox: Running) -> str:
    found: str = sandbox.world.connect("gocardless", CREDITOR)["access_token"]
    return found


@pytest.fixture
def api(sandbox: Running, token: str) -> Iterator[httpx2.Client]:
    """A client of the API, with a token."""
    headers = {"authorization": f"Bearer {token}", "gocardless-version": "2015-07-06"}
    base = sandbox.app_urls("gocardless")["api"]
    with httpx2.Client(base_url=base, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def sdk(sandbox: Running, token: str) -> Any:
    """The vendor's own client, which reads every answer as it does GoCardless's."""
    base = sandbox.app_urls("gocardless")["api"]
    # Its paths begin with a slash, so that they would leave the sandbox's folder.
    client = gocardless_pro.Client(
        access_token=token, base_url=base, raise_on_idempotency_conflict=True
    )
    api_client = client._api_client
    api_client._url_for = lambda path: base + path.lstrip("/")
    return client


@pytest.fixture
def record() -> Callable[..., Record]:
    """Makes a payment, with the changes that are given."""

    def make(**changes: Any) -> Record:
        fields: dict[str, Any] = {
            "kind": "payment",
            "contact_name": "Juniper & Co",
            "number": "P-1",
            "amount": Decimal("120.50"),
            "invoice_number": "INV-1",
        }
        return Record(**{**fields, **changes})

    return make
