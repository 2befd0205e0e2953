"""The embedded Zoho Books answers as its documentation says, faults included."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from syncdoctor.providers.zoho_books.sandbox import seed
from syncdoctor.sandbox.server import Running

LINE = {"description": "Bread", "quantity": 2, "rate": 10.5, "tax_id": seed.TAX}
OWN = {"ignore_auto_number_generation": "true"}


def contact(api: httpx2.Client) -> str:
    found: str = api.get("contacts").json()["contacts"][0]["contact_id"]
    return found


def post(api: httpx2.Client, path: str = "invoices", **changes: Any) -> httpx2.Response:
    number = "invoice_number" if path == "invoices" else "creditnote_number"
    body = {number: "TB-1", "customer_id": contact(api), "date": "2026-11-01", **changes}
    body.setdefault("line_items", [LINE])
    return api.post(path, params=OWN, json=body)


def code(response: httpx2.Response) -> tuple[int, int]:
    return response.status_code, response.json()["code"]


def test_a_document_is_made_shown_and_sent(api: httpx2.Client) -> None:
    made = post(api)
    assert code(made) == (201, 0)
    invoice = made.json()["invoice"]
    assert (invoice["status"], invoice["total"], invoice["tax_total"]) == ("draft", 25.2, 4.2)
    (head,) = api.get("invoices", params={"invoice_number": "tb-1"}).json()["invoices"]
    assert "line_items" not in head
    path = f"invoices/{head['invoice_id']}"
    assert api.post(f"{path}/status/sent").json()["code"] == 0
    shown = api.get(path).json()["invoice"]
    assert (shown["status"], len(shown["line_items"])) == ("sent", 1)


def test_amounts_may_hold_tax(api: httpx2.Client) -> None:
    invoice = post(api, is_inclusive_tax=True).json()["invoice"]
    assert (invoice["total"], invoice["tax_total"], invoice["sub_total"]) == (21.0, 3.5, 17.5)


def test_numbers_and_names_are_there_once(api: httpx2.Client) -> None:
    assert code(post(api)) == (201, 0)
    assert code(post(api)) == (400, 1001)
    assert code(post(api, "creditnotes")) == (201, 0)
    known = {"contact_name": f" {seed.CONTACTS[0].upper()} "}
    assert code(api.post("contacts", json=known)) == (400, 3062)


def test_our_own_number_has_to_be_asked_for(api: httpx2.Client) -> None:
    body = {"customer_id": contact(api), "line_items": [LINE]}
    assert code(api.post("invoices", json={**body, "invoice_number": "A"})) == (400, 4097)
    assert api.post("invoices", json=body).json()["invoice"]["invoice_number"]
    assert code(api.post("invoices", params=OWN, json=body)) == (400, 2)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"customer_id": "1"}, 1002),
        ({"line_items": []}, 4003),
        ({"line_items": [{**LINE, "account_id": "1"}]}, 1002),
        ({"line_items": [{**LINE, "tax_id": "1"}]}, 1002),
        ({"line_items": [{**LINE, "rate": "dear"}]}, 2),
        ({"date": "1/11/2026"}, 4),
        ({"due_date": "2026-10-01"}, 4014),
    ],
)
def test_what_is_wrong_is_refused(
    api: httpx2.Client, changes: dict[str, Any], expected: int
) -> None:
    assert code(post(api, **changes)) == (400 if expected != 1002 or "customer_id" in changes
                                          else 404, expected)  # fmt: skip
    assert api.get("invoices").json()["invoices"] == []


def test_a_change_of_what_was_sent_wants_a_reason(api: httpx2.Client) -> None:
    invoice = post(api).json()["invoice"]
    path = f"invoices/{invoice['invoice_id']}"
    api.post(f"{path}/status/sent")
    assert code(api.put(path, json={"reference_number": "PO"})) == (400, 4006)
    changed = api.put(path, json={"reference_number": "PO", "reason": "typing mistake"})
    assert changed.json()["invoice"]["reference_number"] == "PO"
    api.post(f"{path}/status/void")
    assert code(api.put(path, json={"reference_number": "P"})) == (400, 4004)
    assert code(api.post(f"{path}/status/sent")) == (400, 4005)


def test_lists_come_in_pages(api: httpx2.Client) -> None:
    first = api.get("chartofaccounts", params={"per_page": "3"}).json()
    assert len(first["chartofaccounts"]) == 3
    assert first["page_context"] == {"page": 1, "per_page": 3, "has_more_page": True}
    last = api.get("chartofaccounts", params={"per_page": "3", "page": "2"}).json()
    assert (len(last["chartofaccounts"]), last["page_context"]["has_more_page"]) == (1, False)
    assert code(api.get("contacts", params={"page": "0"})) == (400, 4)


def test_every_call_but_one_names_an_organisation(api: httpx2.Client, sandbox: Running) -> None:
    with httpx2.Client(headers={"authorization": api.headers["authorization"]}) as bare:
        base = sandbox.app_urls("zoho-books")["api"]
        assert code(bare.get(f"{base}organizations")) == (200, 0)
        assert code(bare.get(f"{base}invoices")) == (400, 6041)
        bearer = {
            "authorization": api.headers["authorization"].replace("Zoho-oauthtoken", "Bearer")
        }
        assert code(bare.get(f"{base}organizations", headers=bearer)) == (401, 14)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "invoices/1", (404, 1002)),
        ("GET", "contacts/1", (404, 1002)),
        ("GET", "nothing", (404, 5)),
        ("PATCH", "invoices", (404, 5)),
        ("PUT", "contacts", (400, 1038)),
    ],
)
def test_unknown_doors(
    api: httpx2.Client, method: str, path: str, expected: tuple[int, int]
) -> None:
    assert code(api.request(method, path, content=b"{" if method == "PUT" else None)) == expected


@pytest.mark.parametrize(
    ("fault", "params", "expected"),
    [
        ("permission-removed", {}, (403, 1008)),
        ("scope-removed", {}, (401, 57)),
        ("organisation-disconnected", {}, (400, 6041)),
        ("locked-period", {"until": "2026-11-01"}, (400, 3047)),
        ("account-deleted", {}, (404, 1002)),
        ("account-archived", {}, (400, 1009)),
        ("server-error", {}, (500, 1000)),
        ("rate-limit-minute", {}, (429, 44)),
        ("rate-limit-day", {}, (429, 45)),
        ("access-token-expired", {}, (401, 14)),
    ],
)
def test_a_fault_has_its_code(
    api: httpx2.Client,
    sandbox: Running,
    fault: str,
    params: dict[str, Any],
    expected: tuple[int, int],
) -> None:
    customer = contact(api)
    sandbox.world.switch_on(fault, **params)
    head = {"invoice_number": "A", "customer_id": customer, "date": "2026-11-01"}
    body = {**head, "line_items": [LINE]}
    assert code(api.post("invoices", params=OWN, json=body)) == expected
    sandbox.world.switch_off(fault)
    assert api.get("invoices").json()["invoices"] == []


def test_a_new_consent_heals_scope_and_organisation(sandbox: Running, api: httpx2.Client) -> None:
    sandbox.world.switch_on("scope-removed")
    sandbox.world.switch_on("organisation-disconnected")
    token = sandbox.world.connect("zoho-books")["access_token"]
    healed = {"authorization": f"Zoho-oauthtoken {token}"}
    assert code(api.get("invoices", headers=healed)) == (200, 0)


def test_limits_count_for_each_organisation(api: httpx2.Client, sandbox: Running) -> None:
    limiter = sandbox.world.room("zoho-books").limiter
    limiter.limits = replace(limiter.limits, per_minute=2)
    assert [api.get("contacts").status_code for _ in range(3)] == [200, 200, 429]


def test_the_accounts_server_tells_errors_with_a_good_status(sandbox: Running) -> None:
    urls = sandbox.app_urls("zoho-books")
    client = next(iter(sandbox.world.room("zoho-books").oauth.clients))
    form = {"client_id": client, "grant_type": "refresh_token", "refresh_token": "none"}
    refused = httpx2.post(urls["token"], data=form)
    assert (refused.status_code, refused.json()) == (200, {"error": "invalid_code"})
    token = sandbox.world.connect("zoho-books")["refresh_token"]
    renewed = httpx2.post(urls["token"], data={**form, "refresh_token": token}).json()
    assert renewed["api_domain"] == "https://www.zohoapis.com"
    assert "refresh_token" not in renewed
    gone = httpx2.post(urls["revoke"], data={"client_id": client, "token": token})
    assert gone.json() == {"status": "success"}
    again = httpx2.post(urls["token"], data={**form, "refresh_token": token})
    assert again.json() == {"error": "invalid_code"}


def test_a_refresh_token_gives_ten_access_tokens_in_ten_minutes(sandbox: Running) -> None:
    """https://zoho.com/accounts/protocol/oauth/token-limits.html"""
    client = next(iter(sandbox.world.room("zoho-books").oauth.clients))
    token = sandbox.world.connect("zoho-books")["refresh_token"]
    form = {"client_id": client, "grant_type": "refresh_token", "refresh_token": token}
    with httpx2.Client(trust_env=False) as http:
        answers = [http.post(sandbox.app_urls("zoho-books")["token"], data=form) for _ in range(11)]
        assert [a.status_code for a in answers] == [200] * 10 + [400]
        assert answers[-1].json()["error"] == "Access Denied"
        other = {**form, "refresh_token": sandbox.world.connect("zoho-books")["refresh_token"]}
        assert http.post(sandbox.app_urls("zoho-books")["token"], data=other).status_code == 200
        sandbox.world.clock.advance(600)
        assert http.post(sandbox.app_urls("zoho-books")["token"], data=form).status_code == 200
