"""The sandbox's authorisation server, over HTTP as an app and a person see it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from syncdoctor.errors import CouldNotCheck
from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import CLIENT_ID

REDIRECT = "http://localhost:8765/callback"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
SECRET_CLIENT, SECRET = "SECRET-CLIENT", "s3cret/+:"


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def ask(sandbox: Running) -> Callable[..., str]:
    """The address of the consent page, with the changes that are given."""

    def url(**changes: str | None) -> str:
        query = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT,
            "scope": "offline_access accounting.invoices",
            "state": "st&te=1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        kept = {key: value for key, value in query.items() if value is not None}
        return f"{sandbox.app_urls('xero')['authorize']}?{urlencode(kept)}"

    return url


def answered(url: str) -> dict[str, str]:
    """The query of the address that the browser was sent back to."""
    assert url.startswith(REDIRECT + "?")
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}


@pytest.fixture
def redeem(sandbox: Running, http: httpx2.Client) -> Callable[..., httpx2.Response]:
    def post(code: str, **changes: str) -> httpx2.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "client_id": CLIENT_ID,
            "code_verifier": VERIFIER,
            **changes,
        }
        return http.post(sandbox.app_urls("xero")["token"], data=form)

    return post


@pytest.fixture
def refresh(sandbox: Running, http: httpx2.Client) -> Callable[[str], httpx2.Response]:
    def post(token: str) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": CLIENT_ID}
        return http.post(sandbox.app_urls("xero")["token"], data=form)

    return post


Ask = Callable[..., str]
Redeem = Callable[..., httpx2.Response]
Refresh = Callable[[str], httpx2.Response]


def test_a_consent_leads_to_tokens(ask: Ask, redeem: Redeem) -> None:
    back = answered(approve(ask(), "Harbour Street Bakery Ltd"))
    assert back["state"] == "st&te=1"
    answer = redeem(back["code"])
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert body["expires_in"] == 1800
    assert body["token_type"] == "Bearer"
    assert body["refresh_token"]


def test_no_refresh_token_without_offline_access(ask: Ask, redeem: Redeem) -> None:
    code = answered(approve(ask(scope="accounting.invoices")))["code"]
    assert "refresh_token" not in redeem(code).json()


def test_the_person_cancels(ask: Ask) -> None:
    back = answered(approve(ask(), allow=False))
    assert back == {"error": "access_denied", "state": "st&te=1"}


def test_consent_declined_needs_no_person(sandbox: Running, ask: Ask) -> None:
    sandbox.world.switch_on("consent-declined")
    assert answered(approve(ask()))["error"] == "access_denied"


def test_a_code_works_once_and_a_second_use_ends_the_grant(
    ask: Ask, redeem: Redeem, refresh: Refresh
) -> None:
    code = answered(approve(ask()))["code"]
    token = redeem(code).json()["refresh_token"]
    assert redeem(code).json() == {"error": "invalid_grant"}
    assert refresh(token).json() == {"error": "invalid_grant"}


def test_a_code_goes_stale(sandbox: Running, ask: Ask, redeem: Redeem) -> None:
    code = answered(approve(ask()))["code"]
    sandbox.world.clock.advance(301)
    assert redeem(code).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "wrong"},
        {"code_verifier": ""},
        {"redirect_uri": "http://localhost:1/callback"},
        {"code": "wrong"},
    ],
)
def test_a_code_without_its_proof_is_refused(
    ask: Ask, redeem: Redeem, changes: dict[str, str]
) -> None:
    code = answered(approve(ask()))["code"]
    answer = redeem(**{"code": code, **changes})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": "NOBODY"}, "Unknown client or client not enabled"),
        ({"redirect_uri": "https://evil.example/"}, "Invalid redirect_uri"),
        ({"redirect_uri": REDIRECT + "/"}, "Invalid redirect_uri"),
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_registered(
    http: httpx2.Client, ask: Ask, changes: dict[str, str], words: str
) -> None:
    answer = http.get(ask(**changes))
    assert (answer.status_code, "location" in answer.headers) == (500, False)
    assert words in answer.text


def test_a_scope_that_is_not_the_apps_is_refused(
    sandbox: Running, http: httpx2.Client, ask: Ask
) -> None:
    sandbox.world.register_client(
        "xero", CLIENT_ID, redirect_uris=[REDIRECT], scopes=["accounting.contacts"]
    )
    assert "Invalid scope for client" in http.get(ask()).text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_sent_back_with_an_error(
    ask: Ask, changes: dict[str, str | None], error: str
) -> None:
    assert answered(approve(ask(**changes)))["error"] == error


def test_refresh_tokens_rotate_with_thirty_minutes_of_grace(
    sandbox: Running, ask: Ask, redeem: Redeem, refresh: Refresh
) -> None:
    first = redeem(answered(approve(ask()))["code"]).json()["refresh_token"]
    second = refresh(first).json()["refresh_token"]
    assert second != first
    sandbox.world.clock.advance(29 * 60)
    assert refresh(first).status_code == 200
    sandbox.world.clock.advance(2 * 60)
    assert refresh(first).json() == {"error": "invalid_grant"}
    assert refresh(second).status_code == 200


def test_refresh_tokens_end_after_sixty_days_without_use(
    sandbox: Running, ask: Ask, redeem: Redeem, refresh: Refresh
) -> None:
    token = redeem(answered(approve(ask()))["code"]).json()["refresh_token"]
    sandbox.world.clock.advance(60 * 86_400)
    assert refresh(token).json() == {"error": "invalid_grant"}


def test_a_revoked_refresh_token_is_healed_by_a_new_consent(
    sandbox: Running, ask: Ask, redeem: Redeem, refresh: Refresh
) -> None:
    old = redeem(answered(approve(ask()))["code"]).json()["refresh_token"]
    sandbox.world.switch_on("refresh-token-revoked")
    assert refresh(old).json() == {"error": "invalid_grant"}
    new = redeem(answered(approve(ask()))["code"]).json()["refresh_token"]
    assert refresh(new).status_code == 200


def test_a_lost_token_answer_has_rotated_the_token(
    sandbox: Running, ask: Ask, redeem: Redeem, refresh: Refresh
) -> None:
    token = redeem(answered(approve(ask()))["code"]).json()["refresh_token"]
    sandbox.world.switch_on("token-answer-lost", times=1)
    with pytest.raises(httpx2.TransportError):
        refresh(token)
    assert refresh(token).status_code == 200
    sandbox.world.clock.advance(31 * 60)
    assert refresh(token).status_code == 400


@pytest.fixture
def secret_token(sandbox: Running) -> str:
    sandbox.world.register_client("xero", SECRET_CLIENT, secret=SECRET, redirect_uris=[REDIRECT])
    return str(sandbox.world.connect("xero", client_id=SECRET_CLIENT)["refresh_token"])


@pytest.mark.parametrize("way", ["basic", "body"])
@pytest.mark.parametrize("right", [True, False])
def test_clients_with_a_secret_prove_it(
    sandbox: Running, http: httpx2.Client, secret_token: str, way: str, right: bool
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": secret_token}
    secret = SECRET if right else "wrong"
    if way == "basic":
        http.auth = httpx2.BasicAuth(SECRET_CLIENT, secret.replace("+", "%2B"))
    else:
        form |= {"client_id": SECRET_CLIENT, "client_secret": secret}
    answer = http.post(sandbox.app_urls("xero")["token"], data=form)
    assert answer.status_code == (200 if right else 400)
    if not right:
        assert answer.json() == {"error": "invalid_client"}


@pytest.mark.parametrize("header", ["Basic !!!", "Basic /w==", "Basic"])
def test_a_broken_authorization_is_no_client(
    sandbox: Running, http: httpx2.Client, header: str
) -> None:
    url = sandbox.app_urls("xero")["token"]
    answer = http.post(url, data={"grant_type": "x"}, headers={"authorization": header})
    assert answer.json() == {"error": "invalid_client"}


def test_another_clients_token_is_refused(
    sandbox: Running, http: httpx2.Client, secret_token: str, refresh: Refresh
) -> None:
    assert refresh(secret_token).json() == {"error": "invalid_grant"}
    form = {"token": secret_token, "client_id": CLIENT_ID}
    assert http.post(sandbox.app_urls("xero")["revoke"], data=form).status_code == 200
    form = {
        "grant_type": "refresh_token",
        "refresh_token": secret_token,
        "client_id": SECRET_CLIENT,
        "client_secret": SECRET,
    }
    assert http.post(sandbox.app_urls("xero")["token"], data=form).status_code == 200


def test_unknown_grants_and_methods_are_refused(sandbox: Running, http: httpx2.Client) -> None:
    url = sandbox.app_urls("xero")["token"]
    form = {"grant_type": "password", "client_id": CLIENT_ID}
    assert http.post(url, data=form).json() == {"error": "unsupported_grant_type"}
    assert http.get(url).status_code == 405


def test_revoking_an_access_token_ends_that_alone(
    sandbox: Running, http: httpx2.Client, refresh: Refresh
) -> None:
    token = sandbox.world.connect("xero")
    urls = sandbox.app_urls("xero")
    form = {"token": token["access_token"], "client_id": CLIENT_ID}
    assert http.post(urls["revoke"], data=form).status_code == 200
    headers = {"authorization": f"Bearer {token['access_token']}"}
    assert http.get(urls["connections"], headers=headers).status_code == 401
    assert refresh(token["refresh_token"]).status_code == 200
    form["client_id"] = "NOBODY"
    assert http.post(urls["revoke"], data=form).status_code == 401


def test_an_organisation_that_is_not_offered_cannot_be_chosen(
    http: httpx2.Client, ask: Ask
) -> None:
    with pytest.raises(CouldNotCheck, match="offers no organisation 'Nobody'"):
        approve(ask(), "Nobody")
    form = {"decision": "allow", "organisation": "none", "request": "x"}
    assert http.post(ask(), data=form).status_code == 400


def test_a_page_with_a_problem_is_told(ask: Ask) -> None:
    with pytest.raises(CouldNotCheck, match="status 500"):
        approve(ask(client_id="NOBODY"))
