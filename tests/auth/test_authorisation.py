from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from syncdoctor.auth.authorisation import Authorisation, authorise, code_in, first_values
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.token_requests import oauth_of
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Cancelled, UsageError
from syncdoctor.model import App, Phase

URI = "http://localhost:8765/callback"
APP = App("xero", "xero", "CLIENT", URI)


@pytest.fixture
def asked(xero: Provider) -> Any:
    return authorise(APP, xero, URI)


def test_the_url_asks_for_consent_with_pkce_and_256_bits_of_state(
    xero: Provider, asked: Authorisation
) -> None:
    query = {k: v[0] for k, v in parse_qs(urlsplit(asked.url).query).items()}
    assert asked.url.startswith("https://login.xero.com/identity/connect/authorize?")
    assert query["response_type"] == "code"
    assert query["redirect_uri"] == URI
    assert query["scope"].split() == list(oauth_of(xero).scopes)
    assert len(base64.urlsafe_b64decode(query["state"] + "=")) == 32
    verifier = asked.verifier or ""
    digest = hashlib.sha256(verifier.encode()).digest()
    assert query["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert query["code_challenge_method"] == "S256"
    assert 43 <= len(verifier) <= 128
    assert asked.state not in repr(asked)
    assert verifier not in repr(asked)


def test_every_request_has_secrets_of_its_own(xero: Provider) -> None:
    assert len({authorise(APP, xero, URI).state for _ in range(20)}) == 20


def test_a_provider_without_pkce_and_with_parameters_of_its_own(xero: Provider) -> None:
    extra = {"access_type": "offline", "prompt": "consent"}
    oauth = replace(oauth_of(xero), pkce=False, authorize_extra=extra)
    app = replace(APP, scopes=("one",), urls={"authorize": "http://127.0.0.1:1/a?x=y"})
    asked = authorise(app, replace(xero, oauth=oauth), URI)
    assert asked.verifier is None
    assert asked.url.startswith("http://127.0.0.1:1/a?x=y&")
    assert "code_challenge" not in asked.url
    assert "access_type=offline&prompt=consent" in asked.url
    assert "scope=one" in asked.url


def test_only_the_right_state_answers(asked: Authorisation) -> None:
    right = {"state": asked.state}
    assert asked.answered_by({**right, "code": "c"})
    assert asked.answered_by({**right, "error": "access_denied"})
    for wrong in (
        {},
        right,
        {"code": "c"},
        {"state": "", "code": "c"},
        {"state": "é", "code": "c"},
    ):
        assert not asked.answered_by(wrong)
    assert not asked.answered_by({"state": asked.state + "x", "code": "c"})


@pytest.mark.parametrize(
    "change",
    [
        lambda url: "nonsense",
        lambda url: url.replace("localhost", "evil.example"),
        lambda url: url.replace("/callback", "/other"),
        lambda url: url.replace("state=", "state=x"),
        lambda url: url.split("state=")[0],
        lambda url: "http://[",
        lambda url: "",
    ],
)
def test_a_pasted_address_must_be_the_answer(asked: Authorisation, change: Any) -> None:
    url = f"{URI}?code=c&state={asked.state}"
    assert asked.parameters_of(f" '{url}' ")["code"] == "c"
    with pytest.raises(UsageError) as caught:
        asked.parameters_of(change(url))
    assert asked.state not in caught.value.message


def test_of_a_parameter_that_comes_twice_the_first_counts() -> None:
    assert first_values("a=1&a=2&b=") == {"a": "1", "b": ""}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("access_denied", Cancelled),
        ("server_error", TokenDelayed),
        ("temporarily_unavailable", TokenDelayed),
        ("invalid_scope", TokenRefused),
        ("unauthorized_client", TokenRefused),
        ("<b>\x1b[31m", TokenRefused),
    ],
)
def test_what_an_error_means(error: Any, kind: Any) -> None:
    given = {"error": error, "error_description": "Ask\nyour admin"}
    with pytest.raises(kind) as caught:
        code_in(given, URI, "xero", "acme/xero")
    assert caught.value.message.isprintable()
    assert "Ask your admin" in caught.value.message
    if kind is not Cancelled:
        assert caught.value.exchange.phase is Phase.AUTHORIZE


def test_a_root_path_is_pasted_as_the_browser_shows_it(xero: Provider) -> None:
    asked = authorise(APP, xero, "http://127.0.0.1:4567")
    pasted = f"http://127.0.0.1:4567/?code=c&state={asked.state}"
    assert asked.parameters_of(pasted)["code"] == "c"
