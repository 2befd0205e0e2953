"""What MYOB says, as its API and its libraries say it, and what it is taken to mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.knowledge.conftest import exchange_of

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import Guide, load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.intake.detect import provider_of
from syncdoctor.model import Action, Cause, Confidence, Finding

PROVIDER = "myob"
PAGE = Path(__file__).parents[2] / "docs" / "providers" / f"{PROVIDER}.md"


def first(catalogue: Catalogue, guide: Guide, **form: Any) -> Finding:
    return judge(catalogue, guide, exchange_of(**form), provider=PROVIDER)[0]


def answer(status: int, name: str, message: str | None = None, code: int | None = None) -> Any:
    said = {"Name": name, "Message": message, "ErrorCode": code, "Severity": "Error"}
    return {"status": status, "headers": {}, "body": {"Errors": [said]}}


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("API key has exceeded the daily rate limit", "quota-exhausted"),
        ("API key has exceeded the per-second rate limit", "rate-limited"),
        (None, "rate-limited"),
    ],
)
def test_too_many_calls_come_as_403(
    catalogue: Catalogue, guide: Guide, message: str | None, cause: str
) -> None:
    finding = first(catalogue, guide, response=answer(403, "RateLimitError", message))
    assert finding.cause == cause
    assert (finding.confidence is Confidence.CERTAIN) == (message is not None)


@pytest.mark.parametrize(
    ("status", "name", "code", "cause"),
    [
        (401, "OAuthTokenIsInvalid", 31001, "access-token-expired"),
        (401, "OAuthTokenIsMissing", None, "request-malformed"),
        (403, "DeveloperInactive", None, "app-credentials"),
        (409, "IncorrectRowVersionSupplied", 111, "conflict"),
        (400, "TransactionsCannotBeDeleted", 25003, "record-locked"),
        (400, "InvoicePaid", 10001, "record-locked"),
        (400, "Required", 100, "record-invalid"),
        (400, "SerializationError", 50, "request-malformed"),
        (400, "NotFound", 150, "record-not-found"),
        (400, "FreightHasNotBeenSet", None, "setting-missing"),
        (504, "GatewayTimeout", None, "provider-outage"),
        (500, "InternalError", None, "provider-outage"),
    ],
)
def test_documented_names(
    catalogue: Catalogue, guide: Guide, status: int, name: str, code: int | None, cause: str
) -> None:
    assert first(catalogue, guide, response=answer(status, name, None, code)).cause == cause


def test_validation_errors_are_told_apart_by_their_message(
    catalogue: Catalogue, guide: Guide
) -> None:
    def cause(message: str) -> Cause:
        return first(catalogue, guide, response=answer(400, "ValidationError", message, 1000)).cause

    assert cause("CommonRules_StringRequired") == "record-invalid"
    assert cause("BusinessEvent_DateOccurred_InLockPeriod") == "record-locked"
    assert cause("JournalLine_AccountNotPostable") == "setting-missing"
    assert cause("The number is already in use") == "duplicate-record"


def test_a_token_that_is_not_accepted_may_lack_a_scope(catalogue: Catalogue, guide: Guide) -> None:
    finding = first(catalogue, guide, response=answer(401, "OAuthTokenIsInvalid", None, 31001))
    assert finding.confidence is not Confidence.CERTAIN
    assert "scope-missing" in finding.also


def test_the_sign_on_of_a_company_file_is_a_setting(catalogue: Catalogue, guide: Guide) -> None:
    listed = {"status": 401, "headers": {}, "body": [{"Message": "Access denied"}]}
    finding = first(catalogue, guide, response=listed)
    assert finding.rule == "myob.company-file-sign-on"
    assert finding.action is Action.CONFIGURE
    for name in ("default", "tradebooked"):  # which has words of its own about rights
        told = first(catalogue, load_guide(name), response=listed)
        assert "password" in told.title
        assert "company_file_user=NAME" in told.steps[-1]
    right = first(catalogue, guide, response=answer(403, "AccessDenied", "x", 10))
    assert "password" not in right.title
    bare = first(
        catalogue, guide, exception="The remote server returned an error: (401) Unauthorized"
    )
    assert bare.action is Action.CONFIGURE


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("MyobBadRequest: (<Response [400]>, 'ValidationError: CommonRules_X')", "record-invalid"),
        ("MyobRateLimitExceeded: (<Response [403]>, 'RateLimitError: None')", "rate-limited"),
        ("MyobConflict: (<Response [409]>, 'Conflict')", "conflict"),
        ('OAuth2::Error: : {"Errors": [{"Name": "OAuthTokenIsMissing"}]}', "request-malformed"),
        ('Error in retrieving token: "invalid_grant"', "reconnect-needed"),
        ("InvalidClientIdError: Invalid client_id parameter value.", "app-credentials"),
        ("ValidationError: BusinessEvent_DateOccurred_InLockPeriod", "record-locked"),
    ],
)
def test_words_of_the_client_libraries(
    catalogue: Catalogue, guide: Guide, text: str, cause: str
) -> None:
    assert first(catalogue, guide, exception=text).cause == cause


def test_consent_by_somebody_who_is_no_administrator(catalogue: Catalogue, guide: Guide) -> None:
    location = "https://app.example.com/callback?error=access_denied&state=x"
    finding = first(
        catalogue,
        guide,
        phase="authorize",
        response={"status": 302, "headers": {"location": location}, "body": ""},
    )
    assert finding.cause == "permission-denied"
    assert "consent-blocked" in finding.also


def test_a_company_file_is_no_error(catalogue: Catalogue, guide: Guide) -> None:
    body = {"CompanyFile": {"Id": "x", "Name": "Shop", "ProductVersion": "2026.11"}}
    healthy = exchange_of(response={"status": 200, "headers": {}, "body": body})
    assert judge(catalogue, guide, healthy, provider=PROVIDER) == ()


def test_myob_is_detected_by_its_words() -> None:
    catalogue = load()
    for text in ("OAuthTokenIsInvalid", "missing header x-myobapi-key", "MyobForbidden: no"):
        assert provider_of(exchange_of(exception=text), catalogue) == PROVIDER


def test_facts_for_signing_in(catalogue: Catalogue) -> None:
    myob = catalogue.providers[PROVIDER]
    assert myob.oauth is not None
    assert (myob.oauth.redirect, myob.oauth.rotates, myob.oauth.pkce) == ("https", True, False)
    assert myob.oauth.authorize_extra["prompt"] == "consent"
    assert myob.headers["x-myobapi-version"] == "v2"
    assert myob.limits.per_second == 8


def test_the_page_of_documented_errors_names_rules_that_exist(catalogue: Catalogue) -> None:
    named = set(re.findall(r"\| `((?:myob|common)\.[a-z0-9-]+)` \|", PAGE.read_text()))
    assert len(named) > 20
    assert named <= {rule.id for rule in catalogue.rules}
