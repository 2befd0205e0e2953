from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncdoctor import redact
from syncdoctor.redact import MASK

SECRET = "S3cretValue-0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "%s"}',
        '{\\"refresh_token\\":\\"%s\\"}',
        "{'client_secret': '%s'}",
        "[refresh_token] => %s",
        "refresh_token=%s&grant_type=refresh_token",
        "GET /callback?code=%s&state=abc HTTP/1.1",
        "http://localhost/cb?state=%s",
        "Authorization: Bearer %s",
        "authorization: Zoho-oauthtoken %s",
        "Bearer %s",
        "Set-Cookie: session=%s; Path=/",
        "x-myobapi-cftoken: %s",
        "https://user:%s@proxy.example:8080",
        'password="%s"',
        "client_secret: %s",
        "api_key=%s",
        "curl -H 'X-Api-Key: %s' https://api.example",
        "ERROR xero 401 Unauthorized token=%s",
        '{"token": "%s"}',
        "refresh token %s was refused",
        "refresh token '%s' was refused",
        "the access token was %s",
        "invalid token: %s",
        "authorization code %s has expired",
        "apikey %s",
        "AccessToken %s",
        "syncdoctor --token %s",
        "XERO_CLIENT_SECRET=%s",
        "curl -u me:%s https://api.example",
        "curl -sSu 'me:%s' https://api.example",
        "curl -u %s: https://api.example",
        "curl --user me:%s https://api.example",
        "Server=h;Uid=me;Pwd=%s;",
        "pwd=%s",
    ],
)
def test_secrets_are_taken_out_of_text(text: str) -> None:
    clean = redact.text(text % SECRET)
    assert SECRET not in clean
    assert MASK in clean


@pytest.mark.parametrize(
    "token",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl",
        "ya29.a0AfH6SMBx-abcdefghij",
        "1//0gabcdefghijklmnopqrstuvw",
        "1000.0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef",
        "sandbox_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef",
        "GOCSPX-abcdefghijklmnop",
    ],
)
def test_tokens_that_show_what_they_are_go_anywhere(token: str) -> None:
    assert token not in redact.text(f"something about {token} happened")


@pytest.mark.parametrize(
    "text",
    [
        "The refresh token is invalid",
        "error: invalid_client_secret",
        "Token has been expired or revoked.",
        "{'error': 'invalid_grant'}",
        'Bearer realm="x", error="invalid_token"',
        "Basic authentication is required",
        '{"errors": {"password": ["is too short"]}}',
        '{"code": 57, "message": "You are not authorized to perform this operation"}',
        "The access token: has been revoked",
        "token expired",
        "token=expired",
        "invalid token: the token was revoked",
        "access token is missing",
        "password must be at least 8 characters",
        "Refresh token: AADSTS700082: The refresh token has expired",
        "No token since 2026-11-22T10:00:00Z",
        "token 2026-11-22T10:00:00Z",
        "POST /connect/token HTTP/1.1",
        "cannot fetch token login.microsoftonline.com/common/oauth2/v2.0/token",
        "nextPageToken=CPDAlvWDx70CEPDAlvWDx70CGAU",
        "Sync token CPDAlvWDx70CEPDAlvWDx70CGAU= is no longer valid",
        '{"token": "The access token has been revoked"}',
        "scan -u https://h.test:8080",
    ],
)
def test_error_words_stay(text: str) -> None:
    assert redact.text(text) == text


def test_bodies_and_headers_are_redacted_and_counted() -> None:
    made = redact.exchange(
        url=f"https://h/token?code={SECRET}",
        headers={"Authorization": f"Bearer {SECRET}", "X-Request-Id": "r-1"},
        body={"access_token": SECRET, "error": "invalid_grant", "code": 57, "n": {"x": [SECRET]}},
        exception=f"refused: token={SECRET}?token={SECRET}",
        known=[SECRET],
    )
    assert SECRET not in repr(made)
    assert made.body["error"] == "invalid_grant"
    assert made.body["code"] == 57
    assert made.headers["x-request-id"] == "r-1"
    assert made.redactions >= 5


def test_what_is_nested_too_deep_is_cut_off() -> None:
    deep: object = {"access_token": SECRET}
    for _ in range(200):
        deep = [deep]
    assert SECRET not in json.dumps(redact.exchange(body=deep).body)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_taken(value: object) -> None:
    made = redact.exchange(body={"any": value, "refresh_token": SECRET})
    assert made.body["refresh_token"] == MASK
    assert SECRET not in repr(made)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_known_secret_is_found_in_any_surroundings(before: str, after: str) -> None:
    clean = redact.Redactor([SECRET, quote(SECRET)]).text(before + SECRET + after)
    assert SECRET not in clean


def test_what_was_remembered_is_taken_out_whatever_its_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(redact, "_remembered", set())
    plain = "no shape at all: correct horse battery"
    assert redact.text(plain) == plain
    redact.remember("correct horse", "correct horse battery", "short", None)
    assert redact.text(plain) == f"no shape at all: {MASK}"
    assert redact.text("a short word") == "a short word"


def test_the_source_of_the_body_says_nothing_of_the_rest() -> None:
    made = redact.exchange(
        url=f"https://api.example.com/?access_token={SECRET}",
        headers={"authorization": SECRET},
        body={"name": f"a {SECRET}"},
        body_source=b'{"name":"a"}',
        known=[SECRET],
    )
    assert SECRET not in repr(made)
