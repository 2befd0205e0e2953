"""Each fault of the embedded Xero answers as Xero does, and what heals it heals it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import CLIENT_ID

Make = Callable[..., dict[str, Any]]


def detail(answer: httpx2.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["Status"] == answer.status_code
    return answer.status_code, body["Detail"]


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return found


def test_a_call_without_a_token_or_with_a_wrong_one(api: httpx2.Client) -> None:
    for header in ("", "Bearer wrong", "Basic abc"):
        answer = api.get("Organisation", headers={"authorization": header})
        assert detail(answer) == (401, "AuthenticationUnsuccessful")


def test_an_expired_token_is_named(api: httpx2.Client, sandbox: Running) -> None:
    sandbox.world.clock.advance(1801)
    status, words = detail(api.get("Organisation"))
    assert status == 401
    assert words.startswith("TokenExpired: token expired at ")


def test_a_refresh_heals_the_expired_token(api: httpx2.Client, sandbox: Running) -> None:
    sandbox.world.switch_on("access-token-expired")
    assert api.get("Organisation").status_code == 401
    api.headers["authorization"] = (
        f"Bearer {sandbox.world.connect('xero', 'Harbour Street Bakery Ltd')['access_token']}"
    )
    assert api.get("Organisation").status_code == 200


def test_another_tenant_is_refused(api: httpx2.Client) -> None:
    for tenant in ("", "9a1b2c3d-0000-4000-8000-000000000000"):
        answer = api.get("Organisation", headers={"xero-tenant-id": tenant})
        assert detail(answer) == (403, "AuthenticationUnsuccessful")


def test_a_disconnected_organisation_is_gone_until_it_is_connected_again(
    api: httpx2.Client, sandbox: Running
) -> None:
    urls = sandbox.app_urls("xero")
    sandbox.world.switch_on("organisation-disconnected")
    assert detail(api.get("Organisation")) == (403, "AuthenticationUnsuccessful")
    assert api.get(urls["connections"]).json() == []
    sandbox.world.connect("xero", "Harbour Street Bakery Ltd")
    assert api.get("Organisation").status_code == 200


def test_only_the_named_organisation_is_disconnected(api: httpx2.Client, sandbox: Running) -> None:
    sandbox.world.switch_on("organisation-disconnected", organisation="Old Mill Studios Ltd")
    assert api.get("Organisation").status_code == 200


def test_deleting_a_connection_ends_it(api: httpx2.Client, sandbox: Running) -> None:
    url = sandbox.app_urls("xero")["connections"]
    connection = api.get(url).json()[0]["id"]
    assert api.delete(f"{url}/{connection}").status_code == 204
    assert api.delete(f"{url}/{connection}").status_code == 404
    assert api.get("Organisation").status_code == 403


def test_connections_are_filtered_by_the_event_of_the_token(
    api: httpx2.Client, sandbox: Running
) -> None:
    url = sandbox.app_urls("xero")["connections"]
    second = sandbox.world.connect("xero", "Old Mill Studios Ltd")
    event = claims(second["access_token"])["authentication_event_id"]
    names = [c["tenantName"] for c in api.get(url, params={"authEventId": event}).json()]
    assert names == ["Old Mill Studios Ltd"]
    assert len(api.get(url).json()) == 2


def test_a_reset_demo_company_has_another_id(sandbox: Running) -> None:
    token = sandbox.world.connect("xero", "Demo Company (UK)")["access_token"]
    urls = sandbox.app_urls("xero")
    with httpx2.Client(headers={"authorization": f"Bearer {token}"}, trust_env=False) as client:
        old = client.get(urls["connections"]).json()[0]["tenantId"]
        client.headers["xero-tenant-id"] = old
        sandbox.world.switch_on("demo-company-reset")
        assert client.get(urls["api"] + "Organisation").status_code == 403
        sandbox.world.connect("xero", "Demo Company (UK)")
        (fresh,) = client.get(urls["connections"]).json()
        assert fresh["tenantId"] != old
        sandbox.world.switch_off("demo-company-reset")
        assert client.get(urls["api"] + "Organisation").status_code == 200


def test_a_missing_scope_is_not_authorised(api: httpx2.Client, sandbox: Running) -> None:
    sandbox.world.switch_on("scope-removed")
    answer = api.get("Invoices")
    assert detail(answer) == (401, "AuthorizationUnsuccessful")
    assert answer.headers["www-authenticate"] == "insufficient_scope"
    assert api.get("Organisation").status_code == 200


@pytest.mark.parametrize(
    ("scopes", "read", "write"),
    [
        (("accounting.invoices",), 200, 200),
        (("accounting.transactions",), 200, 200),
        (("accounting.invoices.read",), 200, 401),
        (("accounting.contacts",), 401, 401),
    ],
)
def test_scopes_open_what_they_name(
    api: httpx2.Client,
    sandbox: Running,
    invoice: Make,
    scopes: tuple[str, ...],
    read: int,
    write: int,
) -> None:
    token = sandbox.world.connect("xero", "Harbour Street Bakery Ltd", scopes=scopes)
    api.headers["authorization"] = f"Bearer {token['access_token']}"
    assert api.get("Invoices").status_code == read
    assert api.post("Invoices", json=invoice()).status_code == write


def test_a_reader_may_not_write_and_the_actions_say_so(
    api: httpx2.Client, sandbox: Running, invoice: Make
) -> None:
    sandbox.world.switch_on("permission-removed")
    words = "You are not permitted to access this resource"
    assert detail(api.post("Invoices", json=invoice())) == (403, words)
    actions = {a["Name"]: a["Status"] for a in api.get("Organisation/Actions").json()["Actions"]}
    assert actions["CreateApprovedInvoice"] == "NOT-ALLOWED"
    assert api.get("Invoices").status_code == 200


def test_the_chosen_account_is_gone(api: httpx2.Client, sandbox: Running, invoice: Make) -> None:
    message = (
        "Account code '200' has been archived, or has been deleted. "
        "Each line item must reference a valid account."
    )
    for fault, status in (("account-archived", ["ARCHIVED"]), ("account-deleted", [])):
        sandbox.world.switch_on(fault)
        shown = api.get("Accounts", params={"where": 'Code=="200"'}).json()["Accounts"]
        assert [account["Status"] for account in shown] == status
        refused = api.post("Invoices", json=invoice()).json()["Elements"][0]
        assert refused["ValidationErrors"] == [{"Message": message}]
        sandbox.world.switch_off(fault)
    assert api.post("Invoices", json=invoice()).status_code == 200


def test_the_chosen_tax_rate_is_gone(api: httpx2.Client, sandbox: Running, invoice: Make) -> None:
    sandbox.world.switch_on("tax-rate-deleted")
    invoices = invoice()
    invoices["LineItems"][0]["TaxType"] = "OUTPUT2"
    answer = api.post("Invoices", json=invoices).json()["Elements"][0]["ValidationErrors"]
    assert answer[0]["Message"].startswith("The TaxType code 'OUTPUT2' does not exist")
    rates = {r["TaxType"]: r["Status"] for r in api.get("TaxRates").json()["TaxRates"]}
    assert rates["OUTPUT2"] == "DELETED"


def test_limits_are_told_on_every_answer_and_refuse_when_used_up(
    api: httpx2.Client, sandbox: Running
) -> None:
    for left in range(59, -1, -1):
        answer = api.get("Organisation")
        assert answer.headers["x-minlimit-remaining"] == str(left)
    refused = api.get("Organisation")
    assert refused.status_code == 429
    assert refused.content == b""
    assert refused.headers["x-rate-limit-problem"] == "minute"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-daylimit-remaining"] == "4940"
    sandbox.world.clock.advance(61)
    assert api.get("Organisation").status_code == 200


@pytest.mark.parametrize(("fault", "problem"), [("minute", "minute"), ("day", "day")])
def test_limits_can_be_used_up_by_name(
    api: httpx2.Client, sandbox: Running, fault: str, problem: str
) -> None:
    sandbox.world.switch_on(f"rate-limit-{fault}", retry_after=7)
    answer = api.get("Organisation")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.headers["x-rate-limit-problem"] == problem


def test_an_outage_is_told_in_xeros_way(api: httpx2.Client, sandbox: Running) -> None:
    for fault, status, words in (
        ("server-error", 500, "An error occurred in Xero."),
        ("provider-down", 503, "The Xero API is currently not available"),
        ("organisation-offline", 503, "Organisation is offline"),
        ("html-error-page", 502, "<h1>502 Bad Gateway</h1>"),
    ):
        sandbox.world.switch_on(fault, times=1)
        answer = api.get("Organisation")
        assert answer.status_code == status
        assert words in answer.text
    assert api.get("Organisation").status_code == 200


def test_an_answer_that_ends_in_the_middle_is_no_json(api: httpx2.Client, sandbox: Running) -> None:
    sandbox.world.switch_on("malformed-json", times=1)
    answer = api.get("Organisation")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_lost_answer_leaves_the_write_done_once(
    api: httpx2.Client, sandbox: Running, invoice: Make
) -> None:
    headers = {"Idempotency-Key": "k1"}
    sandbox.world.switch_on("lost-answer", times=1)
    with pytest.raises(httpx2.TransportError):
        api.post("Invoices", json=invoice(), headers=headers)
    counted = sandbox.world.state()["xero"]["organisations"][0]
    assert counted["invoices"] == {"TB-1": 1}
    again = api.post("Invoices", json=invoice(), headers=headers)
    assert again.status_code == 200
    assert sandbox.world.state()["xero"]["organisations"][0]["invoices"] == {"TB-1": 1}


def test_a_dropped_connection_does_nothing(
    api: httpx2.Client, sandbox: Running, invoice: Make
) -> None:
    sandbox.world.switch_on("drop-connection", times=1, method="POST")
    assert api.get("Invoices").status_code == 200
    with pytest.raises(httpx2.TransportError):
        api.post("Invoices", json=invoice())
    assert sandbox.world.state()["xero"]["organisations"][0]["invoices"] == {}


def test_revoking_ends_the_grant_and_every_connection(api: httpx2.Client, sandbox: Running) -> None:
    urls = sandbox.app_urls("xero")
    old = sandbox.world.connect("xero", "Harbour Street Bakery Ltd")
    form = {"token": old["refresh_token"], "client_id": CLIENT_ID}
    assert api.post(urls["revoke"], data=form).status_code == 200
    # The other consent's token is as good as before, but the links are gone with the revoked one.
    assert api.get(urls["connections"]).json() == []
    form = {
        "grant_type": "refresh_token",
        "refresh_token": old["refresh_token"],
        "client_id": CLIENT_ID,
    }
    assert api.post(urls["token"], data=form).json() == {"error": "invalid_grant"}
