"""Bodies that were pasted without their status: never called healthy when they complain."""

from __future__ import annotations

from typing import Any

import pytest

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.engine.read import read
from syncdoctor.model import Cause, Exchange


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"summary": "Too many", "status_code": 429}, 429),
        ({"type": "about:blank", "status": 403}, 403),
        ({"errors": [{"status": "422", "detail": "x"}]}, 422),
        ([{"httpStatusCode": 500}], 500),
        ({"error": {"code": 401, "message": "x"}}, 401),
        ({"message": "Forbidden"}, 403),
        ({"error": "Shop API error: 429"}, 429),
        ({"status": 200, "data": []}, None),
        ({"code": 1002, "message": "Contact does not exist."}, None),
        ({"status": "4" * 5000}, None),
        ({"status": True, "code": 404.0}, None),
    ],
)
def test_a_status_that_the_body_tells(body: Any, status: int | None) -> None:
    assert read(Exchange(body=body), None).status == status


@pytest.mark.parametrize(
    "body",
    [
        {"Organisations": [{"Name": "Expired Token Ltd", "Status": "ACTIVE"}]},
        {"status": "ok"},
        {"message": "success"},
        {"message": "Invoice was successfully created"},
        {"success": True, "data": {"title": "Access denied, a novel"}},
        {"summary": "Talk about revoked tokens", "status": "confirmed"},
    ],
)
def test_a_body_that_does_not_complain_is_no_error(catalogue: Catalogue, body: Any) -> None:
    assert judge(catalogue, load_guide("default"), Exchange(body=body)) == ()


@pytest.mark.parametrize(
    ("exchange", "cause"),
    [
        (Exchange(body={"message": "Refresh Token has been revoked"}), Cause.RECONNECT_NEEDED),
        (Exchange(body={"message": "Forbidden"}), Cause.PERMISSION_DENIED),
        (Exchange(body={"message": "The flux is off"}), Cause.UNKNOWN),
        (Exchange(body="<html><body>No idea</body></html>"), Cause.UNKNOWN),
        (Exchange(status=200, body={"success": False}), Cause.UNKNOWN),
        (Exchange(status=200, body={"status": "error", "reason": "x"}), Cause.UNKNOWN),
    ],
)
def test_a_body_that_complains_is_judged(
    catalogue: Catalogue, exchange: Exchange, cause: Cause
) -> None:
    first, *_ = judge(catalogue, load_guide("default"), exchange)
    assert first.cause is cause


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("requests.HTTPError: (403, {'error': 'x'})", 403),
        ("SDKException(429, 'slow down')", 429),
        ("Array ( [status_code] => 401 [x] => y )", 401),
        ("{ code: 404, errors: [Array] }", 404),
        ("GaxiosError: x\n  code: 403,", 403),
        ("exit code 500 of the job", None),
    ],
)
def test_a_status_in_an_exception(text: str, status: int | None) -> None:
    assert read(Exchange(exception=text), None).status == status


def test_a_method_that_nobody_told_is_not_known() -> None:
    assert read(Exchange(exception="boom"), None).method is None
    assert read(Exchange(exception="boom", method="POST"), None).method == "POST"
    assert read(Exchange(status=400, url="https://api.example.com/"), None).method == "GET"


def test_a_sentence_where_a_code_is_said_is_a_message_too(catalogue: Catalogue) -> None:
    xero = catalogue.providers["xero"]
    signal = read(Exchange(status=400, body={"error": "the refresh token was revoked"}), xero)
    assert "the refresh token was revoked" in signal.messages
    assert read(Exchange(status=400, body={"error": "invalid_grant"}), xero).messages == ()


@pytest.mark.parametrize("apostrophe", ["'", "\u2019"])
def test_apostrophes_of_typographers_are_read(catalogue: Catalogue, apostrophe: str) -> None:
    told = f"Contact doesn{apostrophe}t exist"
    exchange = Exchange(status=400, body={"message": told})
    first, *_ = judge(catalogue, load_guide("default"), exchange)
    assert first.cause is Cause.RECORD_NOT_FOUND
