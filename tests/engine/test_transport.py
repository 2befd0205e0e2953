from __future__ import annotations

from pathlib import Path

import pytest

from syncdoctor.engine.transport import classify, status_in

CASES = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "transport.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("transport", "text"), CASES)
def test_families(transport: str, text: str) -> None:
    assert classify(text) == transport


@pytest.mark.parametrize(
    "text",
    [
        "Mandate is failed, cancelled or expired",
        "Invalid error type gocardless",
        "Access token has expired",
        "ValidationException: The Contact is archived",
        "cURL error 22: The requested URL returned error: 403",
        "Xeroizer::InvoiceNotFoundError",
        "ResourceNotFoundException: no contact with that id",
        "Unable to refresh token, please reconnect",
        "Could not resolve tax code for line 2",
        "OAuth2AuthenticationException: [invalid_token_response]",
        "InternalOAuthError: failed to fetch user profile",
    ],
)
def test_what_a_provider_said_is_no_failure_of_transport(text: str) -> None:
    assert classify(text) is None


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://x", 401),
        ("Request failed with status code 429", 429),
        ("The remote server returned an error: (403) Forbidden.", 403),
        ("resulted in a `400 Bad Request` response", 400),
        ("<HttpError 403 when requesting https://x", 403),
        ("HTTP Error 404: Not Found", 404),
        ("HTTP/1.1 503 Service Unavailable", 503),
        ("Response status code does not indicate success: 500 (Internal Server Error).", 500),
        ("[400] Client error: PUT https://x", 400),
        ("(401)\nReason: Unauthorized", 401),
        ('{"statusCode": 502}', 502),
        ("The requested URL returned error: 403", 403),
        ("Invoice 404 is locked", None),
        ("Total 500 exceeds the limit", None),
        ("HTTP 200", None),
        ("Request failed with status code Unauthorized", 401),
        ("[AcctException: StatusCode=TooManyRequests, Response=RestSharp.RestResponse]", 429),
        ("NodeApiError: Forbidden - perhaps check your credentials?", 403),
        ("Acct\\Exception: Bad Gateway", 502),
        ("Max retries exceeded (Caused by ResponseError('too many 503 error responses'))", 503),
        ('HttpClientErrorException$Unauthorized: 401 : "no body"', 401),
        ("StatusCodeError: 401 - {}", 401),
        ("Forbidden fruit is not found here", None),
        ("Not found in the ledger: invoice 7", None),
    ],
)
def test_a_status_in_words(text: str, status: int | None) -> None:
    assert status_in(text) == status
