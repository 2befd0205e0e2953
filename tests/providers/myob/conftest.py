"""A client that is signed in to the embedded MYOB, a connection, and records to send."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from tests.conftest import Cli, sign_in

from syncdoctor.engine.provider import Limits
from syncdoctor.engine.record import Line
from syncdoctor.providers.myob.sandbox import seed
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import CLIENT_ID

FILE = next(iter(seed.FILES))


@pytest.fixture
def api(sandbox: Running) -> Iterator[httpx2.Client]:
    """A client of the API below the first company file, with a token and the key; no limits."""
    sandbox.world.room("myob").limiter.limits = Limits(per_day=1_000_000)
    token = sandbox.world.connect("myob", FILE)
    with httpx2.Client(
        base_url=f"{sandbox.app_urls('myob')['api']}{FILE}/",
        headers={
            "authorization": f"Bearer {token['access_token']}",
            "x-myobapi-key": CLIENT_ID,
            "x-myobapi-version": "v2",
        },
        trust_env=False,
    ) as client:
        yield client


@pytest.fixture
def bread() -> Line:
    """The line of an invoice."""
    return Line("Bread", Decimal(2), Decimal("10.50"), seed.SALES_ACCOUNT, seed.TAX_CODE)


@pytest.fixture
def target(cli: Cli, sandbox: Running, home: Path) -> str:
    """A connection that is set up and signed in; its source is ``records.csv``."""
    (home / "records.csv").write_text("kind,number,contact_name\n")
    (home / "secret").write_text("secret\n")
    urls = [f"--url={name}={url}" for name, url in sandbox.app_urls("myob").items()]
    codes = (f"--setting=sales_account={seed.SALES_ACCOUNT}", f"--setting=tax_type={seed.TAX_CODE}")
    secret = f"--secret-file={home / 'secret'}"
    for arguments in (
        ("app", "add", "myob", "--client-id", CLIENT_ID, secret, *urls),
        ("connection", "add", "acme/myob", f"--source={home / 'records.csv'}", *codes),
    ):
        ran = cli(*arguments)
        assert ran.code == 0, ran.err
    sign_in(cli, "acme/myob", FILE)
    return "acme/myob"
