from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncdoctor import redact
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.token import Token, judge_token_answer, said
from syncdoctor.errors import StoreError
from syncdoctor.model import Phase
from syncdoctor.wire.client import Answer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WHOLE = {
    "access_token": "at",
    "refresh_token": "rt",
    "expires_in": 1800,
    "token_type": "Bearer",
    "scope": "a b",
    "api_domain": "https://www.zohoapis.eu",
    "id_token": "eyJ.x.y",
    "user": {"uid": "1"},
}


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Any:
    exchange = redact.exchange(
        phase=Phase.TOKEN, method="POST", url="https://x/token", status=status, body=body
    )
    return Answer(exchange, status, headers or {}, body)


def test_a_whole_answer_is_a_token() -> None:
    token = judge_token_answer(answer(WHOLE), now=NOW)
    assert token == Token(
        "at", "rt", NOW + timedelta(minutes=30), NOW, "a b", {"api_domain": WHOLE["api_domain"]}
    )
    assert Token.from_json(token.to_json()) == token
    assert "at" not in repr(token).replace("expires_at", "").replace("obtained_at", "").replace(
        "datetime", ""
    )


def test_a_refresh_without_a_new_refresh_token_keeps_the_old() -> None:
    body = {k: v for k, v in WHOLE.items() if k not in ("refresh_token", "scope")}
    token = judge_token_answer(answer(body), previous=Token("a", "old", scope="s"), now=NOW)
    assert (token.refresh_token, token.scope) == ("old", "s")


def test_a_lifetime_may_be_text_or_absent() -> None:
    assert judge_token_answer(answer({**WHOLE, "expires_in": "1200"}), now=NOW).expires_at == (
        NOW + timedelta(minutes=20)
    )
    lasting = {"access_token": "live", "token_type": "bearer"}
    assert judge_token_answer(answer(lasting)).expires_at is None


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "<html>Sign in to the hotel's wifi</html>",
        [],
        ["access_token"],
        {},
        {"Title": "Unauthorized", "Status": 401},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "has blank"},
        {"access_token": "line\nfeed"},
        {"access_token": ["at"]},
        {**WHOLE, "error": "x"},
        {**WHOLE, "error": None},
        {**WHOLE, "token_type": "mac"},
        {**WHOLE, "expires_in": 0},
        {**WHOLE, "expires_in": -1},
        {**WHOLE, "expires_in": "soon"},
        {**WHOLE, "expires_in": True},
        {**WHOLE, "expires_in": float("nan")},
        {**WHOLE, "expires_in": 10**30},
        {**WHOLE, "refresh_token": 7},
        {**WHOLE, "refresh_token": "a b"},
    ],
)
def test_what_is_no_token_is_never_one(body: Any) -> None:
    with pytest.raises((TokenRefused, TokenDelayed)) as caught:
        judge_token_answer(answer(body), target="acme/xero")
    assert "acme/xero" in caught.value.message
    assert caught.value.hint
    assert caught.value.exchange is not None


@pytest.mark.parametrize("status", [None, 199, 302, 400, 401, 403, 404, 429, 500, 503])
def test_a_token_in_an_answer_that_failed_is_none(status: int) -> None:
    with pytest.raises((TokenRefused, TokenDelayed)):
        judge_token_answer(answer(WHOLE, status))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant"}, TokenRefused),
        (200, {"error": "invalid_code"}, TokenRefused),  # Zoho answers errors with 200
        (401, {"error": "invalid_client"}, TokenRefused),
        (401, {"Title": "Unauthorized"}, TokenRefused),
        (400, {"error": "Access Denied"}, TokenDelayed),
        (400, {"error": "temporarily_unavailable"}, TokenDelayed),
        (403, "<html>blocked</html>", TokenDelayed),
        (200, "<html>wifi</html>", TokenDelayed),
        (429, {"error": "invalid_grant"}, TokenDelayed),
        (503, None, TokenDelayed),
        (None, None, TokenDelayed),
    ],
)
def test_failures_for_good_and_for_now_are_told_apart(status: int, body: Any, kind: Any) -> None:
    with pytest.raises(kind):
        judge_token_answer(answer(body, status))


def test_the_app_s_fault_is_not_mended_by_signing_in() -> None:
    with pytest.raises(TokenRefused) as caught:
        judge_token_answer(answer({"error": "invalid_client"}, 401), target="acme/xero")
    assert caught.value.hint == "syncdoctor diagnose acme/xero"


def test_a_wait_that_the_provider_asks_for_is_kept() -> None:
    with pytest.raises(TokenDelayed) as caught:
        judge_token_answer(answer(None, 429, {"retry-after": "17"}))
    assert caught.value.retry_after_s == 17


def test_words_from_outside_cannot_steer_the_terminal() -> None:
    body = {"error": "bad\x1b[2J", "error_description": "a\r\nb" + "x" * 500}
    words = said(answer(body, 400).exchange)
    assert words.isprintable()
    assert len(words) < 260


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"access_token": ""}', "{", '"x"'])
def test_a_damaged_token_is_said(text: str) -> None:
    with pytest.raises(StoreError, match="damaged"):
        Token.from_json(text)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_any_body_is_a_token_or_a_failure_with_a_hint(value: str) -> None:
    body = {"access_token": value, "expires_in": value, "refresh_token": value}
    try:
        token = judge_token_answer(answer(body), now=NOW)
    except (TokenRefused, TokenDelayed) as error:
        hint = error.hint
    else:
        hint = token.access_token
        assert hint == value
    assert hint


def test_a_short_life_has_a_short_margin() -> None:
    token = Token("a", "r", NOW + timedelta(seconds=10), NOW)
    assert token.fresh(NOW + timedelta(seconds=8.5))
    assert not token.fresh(NOW + timedelta(seconds=9.5))
