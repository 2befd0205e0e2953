"""A client that is signed in to the embedded Zoho Books, a connection, and records to send."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from tests.conftest import Cli, sign_in

from syncdoctor.engine.record import Line
from syncdoctor.providers.zoho_books.sandbox import seed
from syncdoctor.sandbox.server import Running

ORGANISATION = next(iter(seed.ORGANISATIONS))


@pytest.fixture
def api(sandbox: Running) -> Iterator[httpx2.Client]:
    """A client of the API, with a token and the first organisation."""
    token = sandbox.world.connect("zoho-books", ORGANISATION)
    with httpx2.Client(
        base_url=sandbox.app_urls("zoho-books")["api"],
        headers={"authorization": f"Zoho-oauthtoken {token['access_token']}"},
        params={"organization_id": ORGANISATION},
        trust_env=False,
    ) as client:
        yield client


@pytest.fixture
def bread() -> Line:
    """The line of an invoice."""
    return Line("Bread", Decimal(2), Decimal("10.50"), seed.SALES_ACCOUNT, seed.TAX)


@pytest.fixture
def target(cli: Cli, sandbox: Running, home: Path) -> str:
    """A connection that is set up and signed in; its source is ``records.csv``."""
    (home / "records.csv").write_text("kind,number,contact_name\n")
    (home / "secret").write_text("secret\n")
    room = sandbox.world.room("zoho-books")
    client = next(iter(room.oauth.clients))
    urls = [f"--url={name}={url}" for name, url in sandbox.app_urls("zoho-books").items()]
    settings = (f"--setting=sales_account={seed.SALES_ACCOUNT}", f"--setting=tax_type={seed.TAX}")
    secret = f"--secret-file={home / 'secret'}"
    for arguments in (
        ("app", "add", "zoho-books", "--client-id", client, secret, *urls),
        ("connection", "add", "acme/zoho-books", f"--source={home / 'records.csv'}", *settings),
    ):
        ran = cli(*arguments)
        assert ran.code == 0, ran.err
    sign_in(cli, "acme/zoho-books", ORGANISATION)
    return "acme/zoho-books"
