"""What FreeAgent says, by its documentation, forum and libraries, and what it is taken to mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.knowledge.conftest import exchange_of

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.guide import Guide
from syncdoctor.engine.judge import judge
from syncdoctor.intake.detect import provider_of
from syncdoctor.model import Action, Confidence, Finding

PROVIDER = "freeagent"
PAGE = Path(__file__).parents[2] / "docs" / "providers" / f"{PROVIDER}.md"
INVOICES = "https://api.freeagent.com/v2/invoices"
TOKEN = "https://api.freeagent.com/v2/token_endpoint"


def first(
    catalogue: Catalogue, guide: Guide, *, url: str = INVOICES, method: str = "POST", **form: Any
) -> Finding:
    request = {"method": method, "url": url}
    return judge(catalogue, guide, exchange_of(request=request, **form), provider=PROVIDER)[0]


def answer(status: int, body: Any, **headers: str) -> dict[str, Any]:
    return {"status": status, "headers": headers, "body": body}


def shapes(message: str) -> list[Any]:
    """The shapes in which FreeAgent says one sentence."""
    xml = f"<?xml version='1.0'?><errors><error><message>{message}</message></error></errors>"
    return [
        {"errors": {"error": {"message": message}}},
        {"errors": [{"message": message}]},
        {"errors": {"base": [message]}},
        xml,
    ]


@pytest.mark.parametrize(
    ("status", "message", "cause"),
    [
        (401, "Access token not recognised", "access-token-expired"),
        (401, "Invalid access token", "access-token-expired"),
        (403, "You are not allowed to access this action.", "permission-denied"),
        (403, "Insufficient access", "permission-denied"),
        (403, "API access is disabled for this company", "api-disabled"),
        (403, "Invoice is locked.", "record-locked"),
        (422, "contact_id is locked and cannot be changed", "record-locked"),
        (422, "dated_on is in a locked period", "record-locked"),
        (422, "Timeslip has already been billed", "record-locked"),
        (422, "reference has already been taken", "duplicate-record"),
        (422, "Contact not found", "record-not-found"),
        (422, "Invoice not found for this company", "record-not-found"),
        (404, "Resource not found", "record-not-found"),
        (400, "Invalid nominal code Mileage", "request-malformed"),
        (400, "Invalid nominal code 999", "setting-missing"),
        (400, "found unpermitted parameters: created_at", "request-malformed"),
        (422, "organisation_name can't be blank", "record-invalid"),
        (422, "status is not valid", "record-invalid"),
        (422, "sales_tax_rate must be the AUTO rate or a rate less than or equal to 0", "record-invalid"),  # noqa: E501
        (422, "Use of it is deprecated, use `depreciation_profile` instead", "request-malformed"),
        (403, "Your FreeAgent account has been suspended", "organisation-inactive"),
    ],
)  # fmt: skip
def test_a_sentence_means_the_same_in_every_shape(
    catalogue: Catalogue, guide: Guide, status: int, message: str, cause: str
) -> None:
    for body in shapes(message):
        found = first(catalogue, guide, phase="api", response=answer(status, body))
        assert found.cause == cause, body
    told = f"freeagent: POST /v2/invoices: {status} ({message}) [request abc123]"
    assert first(catalogue, guide, exception=told).cause == cause


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (400, {"error": "invalid_grant"}, "reconnect-needed"),
        (400, {"error": "invalid_grant", "error_description": "The refresh token is invalid"}, "reconnect-needed"),  # noqa: E501
        (401, {"error": "invalid_client"}, "app-credentials"),
        (401, "HTTP Basic: Access denied.", "app-credentials"),
        (400, {"error": "invalid_request", "error_description": "redirect_uri does not match"}, "redirect-mismatch"),  # noqa: E501
        (400, {"error": "unsupported_grant_type"}, "request-malformed"),
        (429, "You must not exceed 15 requests per 60 seconds", "rate-limited"),
    ],
)  # fmt: skip
def test_the_token_end_point(
    catalogue: Catalogue, guide: Guide, status: int, body: Any, cause: str
) -> None:
    assert first(catalogue, guide, url=TOKEN, response=answer(status, body)).cause == cause


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (400, "request-malformed"),
        (401, "access-token-expired"),
        (403, "permission-denied"),
        (404, "record-not-found"),
        (406, "request-malformed"),
        (422, "record-invalid"),
        (429, "rate-limited"),
        (502, "provider-outage"),
    ],
)
def test_a_status_alone(catalogue: Catalogue, guide: Guide, status: int, cause: str) -> None:
    assert first(catalogue, guide, phase="api", response=answer(status, "")).cause == cause


def test_a_gateway_timeout_may_have_made_the_record(catalogue: Catalogue, guide: Guide) -> None:
    page = answer(504, "<html><title>504 Gateway Time-out</title></html>")
    found = first(catalogue, guide, phase="api", response=page)
    assert (found.cause, found.confidence) == ("provider-outage", Confidence.CERTAIN)
    assert "look for it before sending again" in found.meaning


def test_a_refused_deletion_is_the_records_state(catalogue: Catalogue, guide: Guide) -> None:
    found = first(catalogue, guide, method="DELETE", phase="api", response=answer(409, ""))
    assert found.cause == "record-locked"


def test_a_duplicate_needs_nothing(catalogue: Catalogue, guide: Guide) -> None:
    body = {"errors": [{"message": "reference has already been taken"}]}
    assert first(catalogue, guide, response=answer(422, body)).action is Action.NONE


@pytest.mark.parametrize(
    "body",
    [
        {"company": {"name": "Locked Down Ltd", "subdomain": "acme", "type": "UkLimitedCompany"}},
        {"invoices": [{"status": "Overdue", "comments": "cannot be changed", "reference": "007"}]},
        {"access_token": "…", "token_type": "bearer", "expires_in": 3600, "refresh_token": "…"},
    ],
)
def test_healthy_answers_match_nothing(catalogue: Catalogue, guide: Guide, body: Any) -> None:
    assert judge(catalogue, guide, exchange_of(response=answer(200, body)), provider=PROVIDER) == ()


def test_answers_are_recognised(catalogue: Catalogue) -> None:
    for form in (
        {"request": {"method": "GET", "url": "https://api.sandbox.freeagent.com/v2/company"}},
        {"response": answer(429, "You must not exceed 1000 requests per 60 seconds")},
    ):
        assert provider_of(exchange_of(**form), catalogue) == PROVIDER


def test_the_page_names_every_rule_and_no_other(catalogue: Catalogue) -> None:
    named = set(re.findall(rf"`({PROVIDER}\.[a-z0-9-]+)`", PAGE.read_text("utf-8")))
    assert named == {rule.id for rule in catalogue.rules if rule.provider == PROVIDER}
