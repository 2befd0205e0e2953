"""What receivers of webhooks, signature libraries and gateways say, and what that means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.knowledge.conftest import exchange_of

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.guide import Guide
from syncdoctor.engine.judge import judge
from syncdoctor.model import Confidence, Finding

PAGES = Path(__file__).parents[2] / "docs" / "providers"
KONG = {"via": "kong/3.7", "content-type": "application/json"}


def first(catalogue: Catalogue, guide: Guide, provider: str, **form: Any) -> Finding:
    return judge(catalogue, guide, exchange_of(**form), provider=provider)[0]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("WebhookVerificationError: No matching signature found", "signature-invalid"),
        ("WebhookVerificationError: Missing required headers", "signature-invalid"),
        ("WebhookVerificationError: Message timestamp too old", "clock-skew"),
        ("WebhookVerificationError: Message timestamp too new", "clock-skew"),
        ("No signatures found matching the expected signature for payload", "signature-invalid"),
        ("Timestamp outside the tolerance zone (1732250000)", "clock-skew"),
        ("Unable to extract timestamp and signatures from header", "signature-invalid"),
        ("Webhook payload must be provided as a string or a Buffer", "signature-invalid"),
        ("InvalidSignatureError: This webhook was not signed by us", "signature-invalid"),
        ("Intent to receive: Response contains a body", "signature-invalid"),
    ],
)
def test_words_of_the_libraries_that_check_signatures(
    catalogue: Catalogue, guide: Guide, text: str, cause: str
) -> None:
    assert first(catalogue, guide, "webhook", exception=text).cause == cause


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (498, "signature-invalid"),
        (401, "signature-invalid"),
        (301, "setting-missing"),
        (404, "request-malformed"),
        (410, "setting-missing"),
        (413, "limit-exceeded"),
        (429, "rate-limited"),
        (503, "provider-outage"),
        (524, "provider-outage"),
        (526, "network-failure"),
    ],
)
def test_what_a_receiver_answers(
    catalogue: Catalogue, guide: Guide, status: int, cause: str
) -> None:
    response = {"status": status, "headers": {}, "body": ""}
    finding = first(catalogue, guide, "webhook", phase="webhook", response=response)
    assert finding.cause == cause


def test_a_refusal_alone_is_not_certain(catalogue: Catalogue, guide: Guide) -> None:
    response = {"status": 403, "headers": {}, "body": "Forbidden"}
    finding = first(catalogue, guide, "webhook", phase="webhook", response=response)
    assert finding.confidence is Confidence.POSSIBLE
    assert "permission-denied" in finding.also


def test_a_delivery_that_was_taken_is_no_error(catalogue: Catalogue, guide: Guide) -> None:
    for status in (200, 202, 204):
        taken = exchange_of(phase="webhook", response={"status": status, "headers": {}, "body": ""})
        assert judge(catalogue, guide, taken, provider="webhook") == ()


@pytest.mark.parametrize(
    ("status", "message", "cause"),
    [
        (401, "No API key found in request", "app-credentials"),
        (401, "Access denied due to invalid subscription key.", "app-credentials"),
        (403, "You cannot consume this service", "permission-denied"),
        (403, "Missing Authentication Token", "request-malformed"),
        (403, "Out of call volume quota. Quota will be replenished.", "quota-exhausted"),
        (429, "API rate limit exceeded", "rate-limited"),
        (404, "no Route matched with those values", "request-malformed"),
        (502, "An invalid response was received from the upstream server", "provider-outage"),
        (403, "Invoice limit reached", "plan-limit"),
        (401, "The incoming token has expired", "access-token-expired"),
        (403, "Signature expired: 20261122T04 is now earlier than 20261122T05", "clock-skew"),
    ],
)
def test_words_of_gateways(
    catalogue: Catalogue, guide: Guide, status: int, message: str, cause: str
) -> None:
    response = {"status": status, "headers": KONG, "body": {"message": message}}
    assert first(catalogue, guide, "custom", response=response).cause == cause


def test_apigee_tells_a_wrong_key_from_one_for_other_resources(
    catalogue: Catalogue, guide: Guide
) -> None:
    def cause(words: str, code: str) -> str:
        body = {"fault": {"faultstring": words, "detail": {"errorcode": code}}}
        response = {"status": 401, "headers": {}, "body": body}
        return str(first(catalogue, guide, "custom", response=response).cause)

    assert cause("Invalid ApiKey", "oauth.v2.InvalidApiKey") == "app-credentials"
    other = cause("Invalid ApiKey for given resource", "oauth.v2.InvalidApiKeyForGivenResource")
    assert other == "permission-denied"


def test_problem_details(catalogue: Catalogue, guide: Guide) -> None:
    body = {"type": "https://example.net/validation-error", "title": "Your request is not valid."}
    response = {
        "status": 422,
        "headers": {"content-type": "application/problem+json"},
        "body": body,
    }
    assert first(catalogue, guide, "custom", response=response).cause == "record-invalid"


@pytest.mark.parametrize("name", ["webhook", "custom"])
def test_the_page_of_documented_errors_names_rules_that_exist(
    catalogue: Catalogue, name: str
) -> None:
    page = (PAGES / f"{name}.md").read_text()
    named = set(re.findall(rf"\| `((?:{name}|common)\.[a-z0-9-]+)` \|", page))
    assert len(named) > 10
    assert named <= {rule.id for rule in catalogue.rules}
