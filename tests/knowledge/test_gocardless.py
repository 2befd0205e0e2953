"""What GoCardless says, as its reference and its SDKs say it, and what it is taken to mean."""

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
from syncdoctor.model import Action, Confidence, Finding

PROVIDER = "gocardless"
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "providers" / f"{PROVIDER}.md"
FIXTURES = ROOT.parent / "shared" / "specs" / "gocardless" / "fixtures"

# Every reason of https://developer.gocardless.com/api-reference/#errors, read 2026-11-22.
DOCUMENTED = """
invalid_type path_not_found resource_not_found link_not_found unauthorized forbidden
feature_disabled not_acceptable request_entity_too_large unsupported_media_type
rate_limit_exceeded access_token_not_found access_token_not_active access_token_revoked
missing_authorization_header invalid_authorization_header insufficient_permissions
method_not_allowed bad_request idempotency_key_too_long invalid_document_structure
invalid_content_type tls_required missing_version_header version_not_found invalid_filters
request_body_not_allowed customer_data_removed cancellation_failed retry_failed disable_failed
mandate_is_inactive mandate_replaced bank_account_disabled mandate_not_inactive
refund_is_unreachable refund_payment_invalid_state total_amount_confirmation_invalid
number_of_refunds_exceeded available_refund_amount_insufficient idempotent_creation_conflict
customer_bank_account_token_used bank_account_exists validation_failed subscription_not_active
subscription_already_ended subscription_cannot_be_paused subscription_not_paused
subscription_paused_cannot_update_cycles mandate_payments_require_approval
number_of_subscription_amendments_exceeded pause_cycles_must_be_greater_than_or_equal_to
resource_created_by_another_app redirect_flow_incomplete redirect_flow_already_completed
already_actioned record_limit_exceeded internal_server_error request_timed_out query_timed_out
""".split()


def first(catalogue: Catalogue, guide: Guide, **form: Any) -> Finding:
    return judge(catalogue, guide, exchange_of(**form), provider=PROVIDER)[0]


def answer(status: int, body: Any) -> dict[str, Any]:
    return {"status": status, "headers": {}, "body": body}


def refusal(status: int, type_: str, reason: str, message: str = "Refused") -> dict[str, Any]:
    errors = [{"reason": reason, "message": message}]
    return answer(status, {"error": {"type": type_, "message": message, "errors": errors}})


def event(cause: str) -> dict[str, Any]:
    details = {"origin": "bank", "cause": cause, "description": "Told by the bank"}
    return answer(200, {"events": [{"id": "EV1", "action": "failed", "details": details}]})


@pytest.mark.parametrize("reason", DOCUMENTED)
def test_every_documented_reason_has_a_rule_of_its_own(
    catalogue: Catalogue, guide: Guide, reason: str
) -> None:
    finding = first(catalogue, guide, phase="api", response=refusal(422, "unheard_of", reason))
    assert finding.rule is not None
    assert finding.rule.startswith("gocardless.")
    assert finding.matched["code"] == reason


@pytest.mark.parametrize(
    ("exception", "cause"),
    [
        (r"GoCardlessPro\Core\Exception\InvalidStateException: Mandate is failed, cancelled or expired", "payment-refused"),  # noqa: E501
        ("com.gocardless.errors.ValidationFailedException: Validation failed", "record-invalid"),
        ("GoCardlessPro::InvalidApiUsageError: Invalid document structure", "request-malformed"),
        ("GoCardless.Exceptions.InvalidApiUsageException: Mandate not found", "record-not-found"),
        ("gocardless_pro.errors.RateLimitError: Rate limit exceeded", "rate-limited"),
        ("Exception with message 'Invalid error type gocardless'", "provider-outage"),
        ("MalformedResponseError: Malformed JSON received from GoCardless API (HTTP 502): <html>", "provider-outage"),  # noqa: E501
        ("InvalidStateError: Customer has not yet completed the Billing Request Flow payment pages", "verification-pending"),  # noqa: E501
        ("GoCardlessPro::InvalidStateError: This payment cannot be cancelled, its status is submitted", "payment-refused"),  # noqa: E501
        ("AuthenticationError: The access token you've used is not a valid sandbox API access token", "wrong-environment"),  # noqa: E501
        ("gocardless_pro.errors.ValidationFailedError: Bank account already exists", "duplicate-record"),  # noqa: E501
        ("GoCardlessPro::Webhook::InvalidSignatureError", "signature-invalid"),
        ("cURL error 28: Operation timed out after 10001 milliseconds", "network-failure"),
        ("422 - mandate_is_inactive - Mandate is inactive", "payment-refused"),
    ],
)  # fmt: skip
def test_sdk_exceptions_that_carry_the_message_alone(
    catalogue: Catalogue, guide: Guide, exception: str, cause: str
) -> None:
    assert first(catalogue, guide, exception=exception).cause == cause


def test_an_answer_by_type_alone_claims_little(catalogue: Catalogue, guide: Guide) -> None:
    body = {"error": {"type": "invalid_state", "message": "No", "errors": []}}
    finding = first(catalogue, guide, phase="api", response=answer(422, body))
    assert (finding.cause, finding.confidence) == ("record-locked", Confidence.POSSIBLE)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("invalid_grant", "reconnect-needed"),
        ("invalid_client", "app-credentials"),
        ("unsupported_grant_type", "request-malformed"),
        ("invalid_scope", "scope-missing"),
    ],
)
def test_oauth_errors_are_left_to_the_common_rules(
    catalogue: Catalogue, guide: Guide, error: str, cause: str
) -> None:
    finding = first(catalogue, guide, phase="token", response=answer(401, {"error": error}))
    assert finding.cause == cause


@pytest.mark.parametrize(
    "cause",
    [
        *("insufficient_funds", "refer_to_payer", "bank_account_closed", "invalid_bank_details"),
        *("direct_debit_not_enabled", "bank_account_transferred", "authorisation_disputed"),
        *("mandate_cancelled", "mandate_expired", "refund_requested", "customer_approval_denied"),
    ],
)
def test_what_the_banks_refuse_is_no_fault_of_the_connection(
    catalogue: Catalogue, guide: Guide, cause: str
) -> None:
    finding = first(catalogue, guide, phase="webhook", response=event(cause))
    assert finding.cause == "payment-refused"


@pytest.mark.parametrize(
    "cause",
    ["payment_confirmed", "payment_paid_out", "mandate_activated", "late_failure_settled"],
)
def test_steps_forward_are_no_errors(catalogue: Catalogue, guide: Guide, cause: str) -> None:
    exchange = exchange_of(phase="webhook", response=event(cause))
    assert judge(catalogue, guide, exchange, provider=PROVIDER) == ()


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (400, {"summary": "End User Agreement (EUA) 1 has expired", "detail": "EUA was valid for 90 days"}, "reconnect-needed"),  # noqa: E501
        (409, {"summary": "Account suspended", "detail": "suspended due to numerous errors"}, "reconnect-needed"),  # noqa: E501
        (429, {"summary": "Rate limit exceeded", "detail": "The rate limit for this resource is 4/day. Please try again in 60 seconds"}, "quota-exhausted"),  # noqa: E501
        (429, {"summary": "Rate limit exceeded", "detail": "The rate limit for this resource is 20/minute. Please try again in 3 seconds"}, "rate-limited"),  # noqa: E501
        (401, {"summary": "Invalid token", "detail": "Token is invalid or expired"}, "access-token-expired"),  # noqa: E501
        (401, {"summary": "Authentication failed", "detail": "No active account found with the given credentials"}, "app-credentials"),  # noqa: E501
        (503, {"summary": "Couldn't update", "detail": "Institution service unavailable", "type": "ServiceError"}, "provider-outage"),  # noqa: E501
    ],
)  # fmt: skip
def test_bank_account_data(
    catalogue: Catalogue, guide: Guide, status: int, body: dict[str, str], cause: str
) -> None:
    form = {"response": answer(status, body | {"status_code": status})}
    assert first(catalogue, guide, phase="api", **form).cause == cause
    assert first(catalogue, guide, exception=f"Original error: {json.dumps(body)}").cause == cause


def test_a_refund_without_money_waits(catalogue: Catalogue, guide: Guide) -> None:
    reason = "available_refund_amount_insufficient"
    finding = first(catalogue, guide, phase="api", response=refusal(422, "invalid_state", reason))
    assert (finding.cause, finding.action) == ("payment-refused", Action.WAIT)


def test_verification_asks_the_account_holder_when_something_is_missing(
    catalogue: Catalogue, guide: Guide
) -> None:
    for word, action in (("in_review", Action.WAIT), ("action_required", Action.CONTACT_PROVIDER)):
        exchange = exchange_of(phase="api", response=answer(200, {"creditors": []}))
        found = judge(catalogue, guide, exchange, facts={"verification": word}, provider=PROVIDER)
        assert (found[0].cause, found[0].action) == ("verification-pending", action)


def test_answers_are_recognised(catalogue: Catalogue) -> None:
    for form in (
        {"request": {"method": "GET", "url": "https://api-sandbox.gocardless.com/customers"}},
        {"exception": r"GoCardlessPro\Core\Exception\InvalidStateException: No"},
        {"response": answer(400, {"detail": "EUA was valid for 90 days"})},
    ):
        assert provider_of(exchange_of(**form), catalogue) == PROVIDER


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the vendor's fixtures are not here")
def test_the_vendors_healthy_answers_match_nothing(catalogue: Catalogue, guide: Guide) -> None:
    judged = 0
    for path in sorted(FIXTURES.glob("*.json")):
        for call in json.loads(path.read_text("utf-8")).values():
            if isinstance(call, dict) and "body" in call:
                exchange = exchange_of(phase="api", response=answer(200, call["body"]))
                assert judge(catalogue, guide, exchange, provider=PROVIDER) == (), path.name
                judged += 1
    assert judged > 100


def test_the_page_names_every_rule_and_no_other(catalogue: Catalogue) -> None:
    named = set(re.findall(rf"`({PROVIDER}\.[a-z0-9-]+)`", PAGE.read_text("utf-8")))
    assert named == {rule.id for rule in catalogue.rules if rule.provider == PROVIDER}
