"""The embedded FreeAgent answers as its documentation and forum show."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import httpx2
import pytest

from syncdoctor.engine.catalogue import load
from syncdoctor.engine.guide import load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.intake.parse import exchanges
from syncdoctor.model import Cause
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import CLIENT_ID

Make = Callable[..., dict[str, Any]]
REDIRECT = "http://localhost:8765/callback"


def cause_of(answer: httpx2.Response) -> Cause:
    """What the rules make of an answer."""
    import json

    form = {
        "request": {"method": answer.request.method, "url": str(answer.request.url)},
        "response": {
            "status": answer.status_code,
            "headers": dict(answer.headers),
            "body": answer.text,
        },
    }
    (exchange,) = exchanges(json.dumps(form).encode(), name="test")
    findings = judge(load(only="freeagent"), load_guide("default"), exchange, provider="freeagent")
    return findings[0].cause


def test_the_company_and_the_person(api: httpx2.Client) -> None:
    company = api.get("company").json()["company"]
    assert (company["id"], company["name"]) == ("71001", "Harbour Street Bakery Ltd")
    assert company["url"] == f"{api.base_url}company"
    assert api.get("users/me").json()["user"]["permission_level"] == 8


def test_categories_come_in_four_groups(api: httpx2.Client) -> None:
    groups = api.get("categories").json()
    assert list(groups) == [
        "admin_expenses_categories",
        "cost_of_sales_categories",
        "income_categories",
        "general_categories",
    ]
    assert groups["income_categories"][0]["url"] == f"{api.base_url}categories/001"
    assert list(api.get("categories/102").json()) == ["cost_of_sales_categories"]
    assert api.get("categories/999").status_code == 404


def test_lists_come_in_pages_with_links(api: httpx2.Client) -> None:
    for number in range(57):
        made = api.post("contacts", json={"contact": {"organisation_name": f"C{number:02}"}})
        assert made.status_code == 201
        assert made.headers["location"] == made.json()["contact"]["url"]
    page = api.get("contacts")
    assert (len(page.json()["contacts"]), page.headers["x-total-count"]) == (25, "60")
    assert page.links["next"]["url"] == f"{api.base_url}contacts?page=2"
    assert page.links["last"]["url"] == f"{api.base_url}contacts?page=3"
    last = api.get("contacts", params={"page": "3"})
    assert len(last.json()["contacts"]) == 10
    assert set(last.links) == {"prev", "first", "last"}
    whole = api.get("contacts", params={"per_page": "1000", "view": "all", "sort": "-created_at"})
    assert len(whole.json()["contacts"]) == 61
    assert whole.json()["contacts"][0]["organisation_name"] == "C56"
    assert "link" not in whole.headers


def test_hidden_contacts_are_shown_when_asked_for(api: httpx2.Client) -> None:
    def names(**params: str) -> list[str]:
        found = api.get("contacts", params=params).json()["contacts"]
        return [contact["organisation_name"] for contact in found]

    assert "Closed Shop Ltd" not in names()
    assert names(view="hidden") == ["Closed Shop Ltd"]
    assert names() == sorted(names())
    assert api.get("contacts", params={"view": "odd"}).status_code == 400
    assert api.get("contacts", params={"sort": "odd"}).status_code == 400
    assert names(updated_since="2999-01-01T00:00:00Z") == []


def test_a_contact_is_read_changed_and_refused(api: httpx2.Client) -> None:
    made = api.post("contacts", json={"contact": {"first_name": "Ada", "last_name": "Love"}})
    url = made.json()["contact"]["url"]
    changed = api.put(url, json={"contact": {"email": "ada@example.com", "unknown": 1}})
    assert (changed.status_code, changed.content) == (200, b"")
    assert api.get(url).json()["contact"]["email"] == "ada@example.com"
    refused = api.post("contacts", json={"contact": {"email": "x@example.com"}})
    assert refused.status_code == 422
    assert cause_of(refused) is Cause.RECORD_INVALID
    assert api.get("contacts/9999").status_code == 404
    assert api.delete(url).status_code == 405


def test_an_invoice_begins_as_a_draft_and_is_sent(api: httpx2.Client, invoice: Make) -> None:
    made = api.post("invoices", json=invoice())
    assert made.status_code == 201
    shown = made.json()["invoice"]
    assert (shown["status"], shown["long_status"]) == ("Draft", "Draft")
    assert (shown["net_value"], shown["sales_tax_value"], shown["total_value"]) == (
        "21.0",
        "4.2",
        "25.2",
    )
    assert shown["due_on"] == "2026-12-01"
    sent = api.put(f"{shown['url']}/transitions/mark_as_sent")
    assert (sent.status_code, sent.content) == (200, b"")
    assert api.get(shown["url"]).json()["invoice"]["status"] in {"Open", "Overdue"}
    again = api.put(f"{shown['url']}/transitions/mark_as_sent")
    assert again.status_code == 422
    locked = api.put(shown["url"], json=invoice(comments="new"))
    assert locked.status_code == 422
    assert cause_of(locked) is Cause.RECORD_LOCKED
    assert api.put(f"{shown['url']}/transitions/mark_as_draft").status_code == 200
    assert api.put(shown["url"], json=invoice(comments="new")).status_code == 200
    assert api.put(f"{shown['url']}/transitions/mark_as_odd").status_code == 404


def test_lists_of_invoices_hold_lines_when_asked_for(api: httpx2.Client, invoice: Make) -> None:
    api.post("invoices", json=invoice("TB-1"))
    api.post("invoices", json=invoice("TB-2"))
    plain = api.get("invoices").json()["invoices"]
    assert [i["reference"] for i in plain] == ["TB-1", "TB-2"]
    assert "invoice_items" not in plain[0]
    nested = api.get("invoices", params={"nested_invoice_items": "true", "view": "draft"})
    (line,) = nested.json()["invoices"][0]["invoice_items"]
    assert (line["price"], line["position"]) == ("10.5", 1)
    other = {"contact": f"{api.base_url}contacts/9999"}
    assert api.get("invoices", params=other).json()["invoices"] == []


def test_a_document_without_reference_takes_the_next(api: httpx2.Client, invoice: Make) -> None:
    made = [api.post("invoices", json=invoice(None)).json()["invoice"] for _ in range(2)]
    assert [one["reference"] for one in made] == ["001", "002"]
    note = {"credit_note": invoice(None)["invoice"]}
    assert api.post("credit_notes", json=note).json()["credit_note"]["reference"] == "003"


@pytest.mark.parametrize(
    ("changes", "status", "words", "cause"),
    [
        ({"contact": None, "dated_on": None}, 422, "can't be blank", Cause.RECORD_INVALID),
        ({"payment_terms_in_days": None}, 422, "is not a number", Cause.RECORD_INVALID),
        ({"contact": "https://x/v2/contacts/9999"}, 422, "not found", Cause.RECORD_NOT_FOUND),
        ({"reference": "TAKEN"}, 422, "already been taken", Cause.DUPLICATE_RECORD),
        ({"dated_on": "soon"}, 422, "dated_on is invalid", Cause.RECORD_INVALID),
        ({"invoice_items": [{"price": 1}]}, 422, "can't be blank", Cause.RECORD_INVALID),
        (
            {"invoice_items": [{"description": "x", "category": "https://x/categories/399"}]},
            400,
            "Invalid nominal code 399",
            Cause.SETTING_MISSING,
        ),
        (
            {"invoice_items": [{"description": "x", "sales_tax_rate": "19"}]},
            422,
            "sales_tax_rate is not valid",
            Cause.RECORD_INVALID,
        ),
    ],
)
def test_an_invoice_is_refused(
    api: httpx2.Client,
    invoice: Make,
    changes: dict[str, Any],
    status: int,
    words: str,
    cause: Cause,
) -> None:
    assert api.post("invoices", json=invoice("TAKEN")).status_code == 201
    refused = api.post("invoices", json=invoice(**{"reference": "NEW", **changes}))
    assert refused.status_code == status
    assert words in refused.text
    assert cause_of(refused) is cause
    assert len(api.get("invoices").json()["invoices"]) == 1


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"contact": {}}'])
def test_a_body_that_is_none_is_refused(api: httpx2.Client, body: bytes) -> None:
    refused = api.post("invoices", content=body)
    assert refused.status_code == 400
    assert cause_of(refused) is Cause.REQUEST_MALFORMED


def test_xml_is_answered_where_it_is_asked_for(api: httpx2.Client) -> None:
    headers = {"accept": "application/xml"}
    contacts = ET.fromstring(api.get("contacts", headers=headers).text)
    assert [len(contacts.findall("contacts/contact")), contacts.tag] == [3, "freeagent"]
    assert contacts.findtext("contacts/contact/organisation-name") == "Juniper & Co"
    groups = ET.fromstring(api.get("categories", headers=headers).text)
    path = "income-categories/income-category/nominal-code"
    assert [code.text for code in groups.findall(path)] == ["001", "002", "003"]
    refused = api.post("contacts", json={"contact": {"email": "x"}}, headers=headers)
    assert ET.fromstring(refused.text).findtext("error/message")
    assert cause_of(refused) is Cause.RECORD_INVALID


def test_who_may_not_come_in(sandbox: Running, api: httpx2.Client) -> None:
    unknown = api.get("company", headers={"authorization": "Bearer nobody"})
    assert (unknown.status_code, cause_of(unknown)) == (401, Cause.ACCESS_TOKEN_EXPIRED)
    del api.headers["authorization"]
    missing = api.get("company")
    assert (missing.status_code, cause_of(missing)) == (401, Cause.REQUEST_MALFORMED)
    nameless = api.get("company", headers={"user-agent": ""})
    assert (nameless.status_code, cause_of(nameless)) == (400, Cause.REQUEST_MALFORMED)
    assert api.get(f"{sandbox.url}/freeagent/v3/odd").status_code == 401


@pytest.mark.parametrize(
    ("level", "open_to", "closed"),
    [(1, "contacts", "categories"), (3, "categories", "invoices"), (0, None, "company")],
)
def test_each_resource_needs_its_access_level(
    sandbox: Running, api: httpx2.Client, level: int, open_to: str | None, closed: str
) -> None:
    sandbox.world.switch_on("permission-removed", level=level)
    if open_to:
        assert api.get(open_to).status_code == 200
    refused = api.get(closed)
    assert (refused.status_code, cause_of(refused)) == (403, Cause.PERMISSION_DENIED)


def test_a_disconnected_company_ends_its_tokens(sandbox: Running) -> None:
    mine = sandbox.world.connect("freeagent")
    other = sandbox.world.connect("freeagent", "Old Mill Studios Ltd")
    sandbox.world.switch_on("organisation-disconnected", organisation="71001")
    api = sandbox.app_urls("freeagent")["api"]

    def status(token: dict[str, Any]) -> int:
        headers = {"authorization": f"Bearer {token['access_token']}"}
        return httpx2.get(f"{api}company", headers=headers, trust_env=False).status_code

    assert (status(mine), status(other)) == (401, 200)
    assert renewed(sandbox, mine).json() == {"error": "invalid_grant"}
    assert renewed(sandbox, other).status_code == 200
    assert status(sandbox.world.connect("freeagent")) == 200, "a new consent heals it"


def renewed(sandbox: Running, token: dict[str, Any], secret: str = "s") -> httpx2.Response:
    pair = base64.b64encode(f"{CLIENT_ID}:{secret}".encode()).decode()
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    return httpx2.post(
        sandbox.app_urls("freeagent")["token"],
        data=form,
        headers={"authorization": f"Basic {pair}"},
        trust_env=False,
    )


def test_the_token_end_point_answers_as_documented(sandbox: Running) -> None:
    answer = renewed(sandbox, sandbox.world.connect("freeagent"))
    body = answer.json()
    assert set(body) == {
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "refresh_token_expires_in",
    }
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert body["refresh_token_expires_in"] > 600_000_000, "about twenty years"


def test_tokens_are_refreshed_fifteen_times_a_minute_and_no_more(sandbox: Running) -> None:
    token, statuses = sandbox.world.connect("freeagent"), []
    for _ in range(16):
        answer = renewed(sandbox, token)
        statuses.append(answer.status_code)
        token = answer.json() if answer.status_code == 200 else token
    assert statuses == [200] * 15 + [429]
    sandbox.world.clock.advance(60)
    assert renewed(sandbox, token).status_code == 200


def test_a_wrong_secret_is_refused(sandbox: Running) -> None:
    token = sandbox.world.connect("freeagent")
    sandbox.world.register_client("freeagent", CLIENT_ID, secret="right", redirect_uris=[REDIRECT])
    refused = renewed(sandbox, token, "wrong")
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})


def test_a_code_lives_a_quarter_of_an_hour(sandbox: Running) -> None:
    urls = sandbox.app_urls("freeagent")
    for seconds, status in ((890, 200), (910, 400)):
        from urllib.parse import parse_qs, urlsplit

        from syncdoctor.sandbox.person import approve

        query = f"client_id={CLIENT_ID}&response_type=code&redirect_uri={REDIRECT}&state=x"
        landed = parse_qs(urlsplit(approve(f"{urls['authorize']}?{query}")).query)
        sandbox.world.clock.advance(seconds)
        form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT}
        form["code"] = landed["code"][0]
        headers = {"authorization": f"Basic {base64.b64encode(f'{CLIENT_ID}:s'.encode()).decode()}"}
        answer = httpx2.post(urls["token"], data=form, headers=headers, trust_env=False)
        assert answer.status_code == status


def test_limits_of_a_minute_and_an_hour(sandbox: Running, api: httpx2.Client) -> None:
    for _ in range(120):
        assert api.get("company").status_code == 200
    minute = api.get("company")
    assert (minute.status_code, minute.headers["content-type"]) == (429, "text/plain")
    assert minute.text == "You must not exceed 120 requests per 60 seconds"
    assert 0 < int(minute.headers["retry-after"]) <= 60
    sandbox.world.clock.advance(120)
    sandbox.world.switch_on("rate-limit-hour", retry_after=900)
    hour = api.get("company")
    assert hour.text == "You must not exceed 3600 requests per 3600 seconds"
    assert hour.headers["retry-after"] == "900"
    assert cause_of(hour) is Cause.RATE_LIMITED


def test_a_day_is_not_counted(sandbox: Running, api: httpx2.Client) -> None:
    sandbox.world.switch_on("rate-limit-day")
    assert api.get("company").status_code == 200


@pytest.mark.parametrize(
    ("fault", "status"), [("provider-down", 503), ("server-error", 500), ("html-error-page", 502)]
)
def test_while_it_is_down(sandbox: Running, api: httpx2.Client, fault: str, status: int) -> None:
    sandbox.world.switch_on(fault)
    answer = api.get("company")
    assert (answer.status_code, cause_of(answer)) == (status, Cause.PROVIDER_OUTAGE)


def test_a_gateway_that_gives_up_has_made_the_record(
    sandbox: Running, api: httpx2.Client, invoice: Make
) -> None:
    body = invoice()
    sandbox.world.switch_on("gateway-timeout", times=1)
    assert api.post("invoices", json=body).status_code == 504
    assert len(api.get("invoices").json()["invoices"]) == 1


def test_a_locked_period_takes_nothing(sandbox: Running, api: httpx2.Client, invoice: Make) -> None:
    url = api.post("invoices", json=invoice()).json()["invoice"]["url"]
    sandbox.world.switch_on("locked-period", until="2026-11-10")
    refused = api.post("invoices", json=invoice("TB-2"))
    assert (refused.status_code, cause_of(refused)) == (422, Cause.RECORD_LOCKED)
    mark = api.put(f"{url}/transitions/mark_as_sent")
    assert (mark.status_code, mark.json()) == (
        403,
        {"errors": {"error": {"message": "Invoice is locked."}}},
    )
    assert cause_of(mark) is Cause.RECORD_LOCKED
    later = invoice("TB-3", dated_on="2026-11-11")
    assert api.post("invoices", json=later).status_code == 201


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("client_id=nobody", "Unknown client"),
        (f"client_id={CLIENT_ID}&redirect_uri=http://elsewhere", "redirect URI is not registered"),
    ],
)
def test_the_page_of_a_wrong_request(sandbox: Running, query: str, words: str) -> None:
    url = f"{sandbox.app_urls('freeagent')['authorize']}?response_type=code&{query}"
    page = httpx2.get(url, trust_env=False)
    assert page.status_code == 400
    assert words in page.text
