"""What Zoho says, at the accounts server and at the API, and what it is taken to mean."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.knowledge.conftest import exchange_of

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.guide import Guide
from syncdoctor.engine.judge import judge
from syncdoctor.intake.detect import provider_of
from syncdoctor.model import Action, Finding

PROVIDER = "zoho-books"
PAGE = Path(__file__).parents[2] / "docs" / "providers" / f"{PROVIDER}.md"
API = "https://www.zohoapis.eu/books/v3/invoices?organization_id=10234695"
TOKEN = "https://accounts.zoho.eu/oauth/v2/token"


def first(catalogue: Catalogue, guide: Guide, *, url: str = API, **form: Any) -> Finding:
    request = {"method": "POST", "url": url}
    return judge(catalogue, guide, exchange_of(request=request, **form), provider=PROVIDER)[0]


def answer(status: int, body: Any) -> dict[str, Any]:
    return {"status": status, "headers": {}, "body": body}


@pytest.mark.parametrize(
    ("status", "code", "message", "cause"),
    [
        (401, 14, "Invalid value passed for authtoken.", "access-token-expired"),
        (401, 57, "You are not authorized to perform this operation", "scope-missing"),
        (401, 57, "Invalid OAuth Token", "access-token-expired"),
        (400, 6041, "This user is not associated with the CompanyID/CompanyName:104.", "tenant-not-connected"),  # noqa: E501
        (400, 9017, "This user is not associated with any organization.", "tenant-not-connected"),
        (400, 103001, "Your trial of Zoho Books is over. Please upgrade to a paid plan.", "organisation-inactive"),  # noqa: E501
        (429, 44, "For security reasons you have been blocked for some time as you have exceeded the maximum number of requests per minute.", "rate-limited"),  # noqa: E501
        (429, 45, "The API call for this organization has exceeded the maximum call rate limit of 2500.", "quota-exhausted"),  # noqa: E501
        (429, 1070, "You have exceeded the maximum number of in process requests allowed.", "rate-limited"),  # noqa: E501
        (500, 1000, "Internal error", "provider-outage"),
        (404, 1002, "Invoice does not exist.", "record-not-found"),
        (400, 1002, "Tax does not exist.", "setting-missing"),
        (400, 1001, 'Item "Widget" already exists.', "duplicate-record"),
        (400, 3062, 'The customer "Acme" already exists. Please specify a different name.', "duplicate-record"),  # noqa: E501
        (400, 13011, "A bill with this number has already been created for this vendor.", "duplicate-record"),  # noqa: E501
        (400, 15, 'Please ensure that the "address" has less than 100 characters.', "record-invalid"),  # noqa: E501
        (400, 3032, "IGST has to be applied as this is an interstate transaction", "record-invalid"),  # noqa: E501
        (400, 2, "Invalid value passed for filter_by", "request-malformed"),
        (400, 2, "Invalid value passed for organization_id", "tenant-not-connected"),
        (404, 5, "Invalid URL Passed", "request-malformed"),
        (400, 1038, "JSON is not well formed", "request-malformed"),
        (400, 7, "Transactions dated on or before 31 Mar 2026 are locked", "record-locked"),
        (400, 7, "Invoice cannot be edited as it has already been paid.", "record-locked"),
    ],
)  # fmt: skip
def test_numbers_and_sentences(
    catalogue: Catalogue, guide: Guide, status: int, code: int, message: str, cause: str
) -> None:
    body = {"code": code, "message": message}
    assert first(catalogue, guide, phase="api", response=answer(status, body)).cause == cause
    told = first(catalogue, guide, exception=f"Zoho API error: {json.dumps(body)}")
    assert told.cause == cause


def test_a_good_status_with_a_number_is_an_error(catalogue: Catalogue, guide: Guide) -> None:
    body = {"code": 110802, "message": "Please enter a valid due date."}
    assert first(catalogue, guide, response=answer(201, body)).cause == "record-invalid"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("invalid_code", "reconnect-needed"),
        ("invalid_client", "app-credentials"),
        ("invalid_client_secret", "app-credentials"),
        ("invalid_redirect_uri", "redirect-mismatch"),
        ("invalid_scope", "scope-missing"),
        ("Access Denied", "rate-limited"),
    ],
)
def test_the_accounts_server_says_its_errors_with_200(
    catalogue: Catalogue, guide: Guide, error: str, cause: str
) -> None:
    found = first(catalogue, guide, url=TOKEN, response=answer(200, {"error": error}))
    assert found.cause == cause


def test_a_throttled_refresh_is_no_lost_grant(catalogue: Catalogue, guide: Guide) -> None:
    said = "You have made too many requests continuously. Please try again after some time."
    body = {"error_description": said, "error": "Access Denied", "status": "failure"}
    assert first(catalogue, guide, url=TOKEN, response=answer(400, body)).cause == "rate-limited"
    assert first(catalogue, guide, exception=said).cause == "rate-limited"


def test_a_person_who_declines_is_not_throttled(catalogue: Catalogue, guide: Guide) -> None:
    back = {"location": "http://localhost:8765/callback?error=access_denied"}
    response = {"status": 302, "headers": back, "body": ""}
    assert first(catalogue, guide, phase="authorize", response=response).cause == "consent-blocked"


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        ({"access_token_expired": True}, "access-token-expired"),
        ({"after_refresh": True}, "scope-missing"),
    ],
)
def test_local_facts_tell_apart_what_57_does_not(
    catalogue: Catalogue, guide: Guide, facts: dict[str, bool], cause: str
) -> None:
    body = {"code": 57, "message": "You are not authorized to perform this operation"}
    exchange = exchange_of(phase="api", response=answer(401, body))
    assert judge(catalogue, guide, exchange, facts=facts, provider=PROVIDER)[0].cause == cause


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("INVALID_TOKEN", "access-token-expired"),
        ("OAUTH_SCOPE_MISMATCH", "scope-missing"),
        ("NO_PERMISSION", "permission-denied"),
        ("DUPLICATE_DATA", "duplicate-record"),
        ("MANDATORY_NOT_FOUND", "record-invalid"),
        ("INVALID_URL_PATTERN", "request-malformed"),
        ("TOO_MANY_REQUESTS", "rate-limited"),
        ("INTERNAL_ERROR", "provider-outage"),
    ],
)
def test_words_in_the_manner_of_the_crm(
    catalogue: Catalogue, guide: Guide, code: str, cause: str
) -> None:
    body = {"code": code, "details": {}, "message": "refused", "status": "error"}
    assert first(catalogue, guide, phase="api", response=answer(400, body)).cause == cause
    records = {"data": [body]}
    assert first(catalogue, guide, phase="api", response=answer(202, records)).cause == cause


def test_another_organisation_is_a_matter_of_settings(catalogue: Catalogue, guide: Guide) -> None:
    body = {"code": 6041, "message": "This user is not associated with the CompanyID:1."}
    assert first(catalogue, guide, response=answer(400, body)).action is Action.CONFIGURE


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "message": "success", "organizations": [{"name": "Invalid Ltd"}]},
        {"code": 0, "message": "The invoice has been created.", "invoice": {"status": "draft"}},
        {"access_token": "…", "api_domain": "https://www.zohoapis.eu", "expires_in": 3600},
    ],
)
def test_healthy_answers_match_nothing(catalogue: Catalogue, guide: Guide, body: Any) -> None:
    assert judge(catalogue, guide, exchange_of(response=answer(200, body)), provider=PROVIDER) == ()


def test_answers_are_recognised_in_every_data_centre(catalogue: Catalogue) -> None:
    for host in catalogue.providers[PROVIDER].hosts:
        request = {"method": "GET", "url": f"https://{host}/"}
        assert provider_of(exchange_of(request=request), catalogue) == PROVIDER


def test_the_page_names_every_rule_and_no_other(catalogue: Catalogue) -> None:
    named = set(re.findall(rf"`({PROVIDER}\.[a-z0-9-]+)`", PAGE.read_text("utf-8")))
    assert named == {rule.id for rule in catalogue.rules if rule.provider == PROVIDER}
