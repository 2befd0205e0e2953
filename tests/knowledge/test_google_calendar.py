"""What Google says, in the forms in which people paste it, and what it is taken to mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.knowledge.conftest import exchange_of

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import Guide
from syncdoctor.engine.judge import judge
from syncdoctor.intake.detect import provider_of
from syncdoctor.model import Action, Confidence, Finding

PROVIDER = "google-calendar"
PAGE = Path(__file__).parents[2] / "docs" / "providers" / f"{PROVIDER}.md"
EVENTS = "https://www.googleapis.com/calendar/v3/calendars/primary/events"


def error(status: int, reason: str, message: str, **more: Any) -> dict[str, Any]:
    said = {"reason": reason, "message": message}
    body = {"error": {"errors": [said], "code": status, "message": message, **more}}
    return {"status": status, "headers": {}, "body": body}


def first(catalogue: Catalogue, guide: Guide, **form: Any) -> Finding:
    return judge(catalogue, guide, exchange_of(**form), provider=PROVIDER)[0]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("GaxiosError: invalid_grant", "reconnect-needed"),
        ('oauth2: "invalid_grant" "Bad Request"', "reconnect-needed"),
        ("(invalid_request) Missing required parameter: refresh_token", "reconnect-needed"),
        ("Error: No refresh token is set.", "reconnect-needed"),
        ("googleapi: Error 403: Rate Limit Exceeded, rateLimitExceeded", "rate-limited"),
        ("Google::Apis::RateLimitError: rateLimitExceeded: Rate Limit Exceeded", "rate-limited"),
        ("googleapi: Error 410: Sync token is no longer valid., fullSyncRequired", "conflict"),
        ("Google::Apis::ServerError: backendError: Backend Error", "provider-outage"),
        ("Google::Apis::ClientError: notFound: Not Found", "record-not-found"),
        ("GaxiosError: Login Required.", "request-malformed"),
        ("Error: Calendar usage limits exceeded.", "quota-exhausted"),
        ("Exception: Service invoked too many times for one day: calendar.", "quota-exhausted"),
        ("API call to calendar.events.insert failed: Invalid start time.", "record-invalid"),
        ("Error 403: org_internal", "consent-blocked"),
        ("Access blocked. Error 400: redirect_uri_mismatch", "redirect-mismatch"),
        ("('invalid_grant: Invalid JWT Signature.', {})", "app-credentials"),
        ("httplib2.ServerNotFoundError: Unable to find the server at x", "network-failure"),
    ],
)
def test_words_of_the_client_libraries(
    catalogue: Catalogue, guide: Guide, text: str, cause: str
) -> None:
    assert first(catalogue, guide, exception=text).cause == cause


def test_one_reason_in_the_forms_of_five_libraries(catalogue: Catalogue, guide: Guide) -> None:
    said = "Shared properties can only be changed by the organizer of the event."
    reason = "forbiddenForNonOrganizer"
    forms: list[dict[str, Any]] = [
        {"response": error(403, reason, said)},
        {"exception": f'<HttpError 403 when requesting {EVENTS}?alt=json returned "{said}">'},
        {"exception": f"googleapi: Error 403: {said}, {reason}"},
        {"exception": f"Google::Apis::ClientError: {reason}: {said}"},
        {"exception": f"GaxiosError: {said}"},
    ]
    assert {str(first(catalogue, guide, **form).cause) for form in forms} == {"permission-denied"}


def test_a_daily_limit_that_is_worded_as_a_rate_is_a_quota(
    catalogue: Catalogue, guide: Guide
) -> None:
    words = "Quota exceeded for quota group 'default' and limit 'Queries per {}' of service 'x'"
    day = first(catalogue, guide, response=error(403, "rateLimitExceeded", words.format("day")))
    now = first(catalogue, guide, response=error(403, "rateLimitExceeded", words.format("minute")))
    assert (day.cause, now.cause) == ("quota-exhausted", "rate-limited")


def test_invalid_means_the_record_when_written_and_the_request_when_listed(
    catalogue: Catalogue, guide: Guide
) -> None:
    answer = error(400, "invalid", "Invalid Value")
    url = f"{EVENTS}?timeMin=today"
    listed = first(catalogue, guide, request={"method": "GET", "url": url}, response=answer)
    written = first(catalogue, guide, request={"method": "POST", "url": EVENTS}, response=answer)
    assert (listed.cause, written.cause) == ("request-malformed", "record-invalid")


def test_a_calendar_that_is_not_found_asks_for_sharing(catalogue: Catalogue, guide: Guide) -> None:
    answer = error(404, "notFound", "Not Found")
    calendar = first(catalogue, guide, request={"url": EVENTS}, response=answer)
    event = first(catalogue, guide, request={"url": f"{EVENTS}/abcde"}, response=answer)
    assert (calendar.action, event.action) == (Action.CHANGE_PERMISSION, Action.RESYNC)
    assert "permission-denied" in calendar.also


@pytest.mark.parametrize("reason", ["forbidden", "invalid", "badRequest", "required", "notFound"])
def test_what_says_little_is_never_certain(catalogue: Catalogue, guide: Guide, reason: str) -> None:
    finding = first(catalogue, guide, response=error(400, reason, "Bad Request"))
    assert finding.confidence is not Confidence.CERTAIN
    assert finding.also


def test_an_unshared_calendar_in_a_free_busy_answer(catalogue: Catalogue, guide: Guide) -> None:
    body = {"calendars": {"a@example.com": {"errors": [{"reason": "notFound"}], "busy": []}}}
    response = {"status": 200, "headers": {}, "body": body}
    assert first(catalogue, guide, response=response).cause == "record-not-found"
    quiet = {"status": 200, "headers": {}, "body": {"calendars": {"a@example.com": {"busy": []}}}}
    assert judge(catalogue, guide, exchange_of(response=quiet), provider=PROVIDER) == ()


@pytest.mark.parametrize(
    "text",
    [
        "googleapiclient.errors.HttpError: nothing else",
        "Error 403: disallowed_useragent",
        "Google.Apis.Auth.OAuth2.Responses.TokenResponseException: x",
        "You can't sign in to this app because it doesn't comply with a policy",
    ],
)
def test_google_is_detected_by_its_words(text: str) -> None:
    assert provider_of(exchange_of(exception=text), load()) == PROVIDER


def test_facts_for_signing_in(catalogue: Catalogue) -> None:
    google = catalogue.providers[PROVIDER]
    assert google.oauth is not None
    assert google.oauth.redirect == "any-port"
    assert google.oauth.pkce
    assert google.oauth.authorize_extra["access_type"] == "offline"
    assert {google.urls["token"], google.urls["revoke"]} == {
        "https://oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com/revoke",
    }


def test_the_page_of_documented_errors_names_rules_that_exist(catalogue: Catalogue) -> None:
    named = set(re.findall(r"\| `((?:google-calendar|common)\.[a-z0-9-]+)` \|", PAGE.read_text()))
    assert len(named) > 30
    assert named <= {rule.id for rule in catalogue.rules}
