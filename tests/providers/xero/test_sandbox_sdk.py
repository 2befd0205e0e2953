"""The vendor's own SDK (xero-python) against the embedded Xero, as if it were the real one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from syncdoctor.sandbox.server import Running

with warnings.catch_warnings():
    # The SDK's generated code has documentation with invalid escapes.
    warnings.simplefilter("ignore")
    from xero_python.accounting import (
        AccountingApi,
        Contact,
        Invoice,
        Invoices,
        LineItem,
    )
    from xero_python.api_client import ApiClient
    from xero_python.api_client.configuration import Configuration
    from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
    from xero_python.exceptions import HTTPStatusException
    from xero_python.identity import IdentityApi

CLIENT_ID, SECRET = "SDK-CLIENT", "sdk-secret"
SCOPES = ("offline_access", "accounting.transactions", "accounting.contacts", "accounting.settings")


@dataclass
class Sdk:
    """The SDK, signed in, with its hosts turned to the sandbox."""

    client: Any
    accounting: Any
    identity: Any
    tenant: str
    token: dict[str, Any]


@pytest.fixture
def sdk(sandbox: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sdk]:
    urls = sandbox.app_urls("xero")
    monkeypatch.setattr(TokenApi, "refresh_token_url", urls["token"])
    monkeypatch.setattr(TokenApi, "revoke_token_url", urls["revoke"])
    redirects = ("http://localhost:8765/callback",)
    sandbox.world.register_client("xero", CLIENT_ID, secret=SECRET, redirect_uris=redirects)
    body = sandbox.world.connect("xero", client_id=CLIENT_ID, scopes=SCOPES)
    kept = {**body, "scope": body["scope"].split(), "expires_at": None}
    settings = Configuration(oauth2_token=OAuth2Token(client_id=CLIENT_ID, client_secret=SECRET))
    client = ApiClient(settings, oauth2_token_getter=lambda: kept, oauth2_token_saver=kept.update)
    root = urls["connections"].removesuffix("/connections")
    identity = IdentityApi(client, base_url=root)
    tenant = identity.get_connections()[0].tenant_id
    accounting = AccountingApi(client, base_url=urls["api"].rstrip("/"))
    yield Sdk(client, accounting, identity, tenant, kept)
    client.rest_client.pool_manager.clear()


@pytest.fixture
def make() -> Callable[..., Any]:
    def invoice(number: str, **changes: Any) -> Any:
        values: dict[str, Any] = {
            "type": "ACCREC",
            "contact": Contact(name="Riverside Cycles"),
            "invoice_number": number,
            "date": date(2026, 11, 1),
            "due_date": date(2026, 11, 30),
            "line_items": [
                LineItem(description="Bread", quantity=2, unit_amount=10.5, account_code="200")
            ],
            "status": "AUTHORISED",
        }
        return Invoice(**{**values, **changes})

    return invoice


def test_the_sdk_reads_the_organisation(sdk: Sdk) -> None:
    organisation = sdk.accounting.get_organisations(sdk.tenant).organisations[0]
    assert organisation.name == "Demo Company (UK)"
    assert organisation.country_code.value == "GB"
    actions = sdk.accounting.get_organisation_actions(sdk.tenant).actions
    assert {action.status for action in actions} == {"ALLOWED"}
    accounts = sdk.accounting.get_accounts(sdk.tenant, where='Code=="200"').accounts
    assert accounts[0].type.value == "REVENUE"
    rates = sdk.accounting.get_tax_rates(sdk.tenant).tax_rates
    assert "OUTPUT2" in {rate.tax_type for rate in rates}


def test_the_sdk_creates_reads_and_updates_invoices(sdk: Sdk, make: Callable[..., Any]) -> None:
    made = sdk.accounting.create_invoices(sdk.tenant, Invoices(invoices=[make("TB-1")]))
    assert float(made.invoices[0].total) == 25.2
    assert made.invoices[0].date == date(2026, 11, 1)
    changed = make("TB-1", reference="again")
    again = sdk.accounting.update_or_create_invoices(sdk.tenant, Invoices(invoices=[changed]))
    assert again.invoices[0].invoice_id == made.invoices[0].invoice_id
    found = sdk.accounting.get_invoices(sdk.tenant, invoice_numbers=["TB-1"], page=1)
    assert [i.reference for i in found.invoices] == ["again"]
    assert found.invoices[0].line_items[0].account_code == "200"


def test_the_sdk_reads_errors_of_a_batch(sdk: Sdk, make: Callable[..., Any]) -> None:
    batch = Invoices(invoices=[make("TB-1"), make("TB-2", line_items=[])])
    told = sdk.accounting.update_or_create_invoices(sdk.tenant, batch, summarize_errors=False)
    assert [i.has_errors for i in told.invoices] == [False, True]
    message = told.invoices[1].validation_errors[0].message
    assert message == "One or more line items must be specified"


def test_the_sdk_raises_for_a_validation_exception(sdk: Sdk, make: Callable[..., Any]) -> None:
    broken = Invoices(invoices=[make("TB-1", contact=Contact())])
    with pytest.raises(HTTPStatusException) as caught:
        sdk.accounting.create_invoices(sdk.tenant, broken)
    assert caught.value.http_resp.status == 400
    assert "A Contact must be specified" in str(caught.value)


def test_the_sdk_waits_as_long_as_a_429_says(sandbox: Running, sdk: Sdk) -> None:
    sandbox.world.forget_requests()
    sandbox.world.switch_on("rate-limit-minute", times=1, retry_after=0)
    assert sdk.accounting.get_organisations(sdk.tenant).organisations
    (asked,) = sandbox.world.requests()
    assert asked["statuses"] == {429: 1, 200: 1}


def test_the_sdk_refreshes_and_the_token_rotates(sandbox: Running, sdk: Sdk) -> None:
    before = dict(sdk.token)
    sandbox.world.clock.advance(1801)
    with pytest.raises(HTTPStatusException) as caught:
        sdk.accounting.get_organisations(sdk.tenant)
    assert caught.value.http_resp.status == 401
    assert sdk.client.refresh_oauth2_token()
    assert sdk.token["refresh_token"] != before["refresh_token"]
    assert sdk.accounting.get_organisations(sdk.tenant).organisations


def test_the_sdk_filters_contacts(sandbox: Running, sdk: Sdk) -> None:
    found = sdk.accounting.get_contacts(sdk.tenant, where='Name=="juniper & co"').contacts
    assert [contact.name for contact in found] == ["Juniper & Co"]
    later = sandbox.world.clock.now() + timedelta(days=1)
    assert sdk.accounting.get_contacts(sdk.tenant, if_modified_since=later).contacts == []


def test_the_sdk_disconnects_and_revokes(sdk: Sdk) -> None:
    connection = sdk.identity.get_connections()[0]
    sdk.identity.delete_connection(connection.id)
    assert sdk.identity.get_connections() == []
    assert sdk.client.revoke_oauth2_token()
