"""What SDKs and HTTP clients of many languages print, with the provider's answer inside."""

from __future__ import annotations

from typing import Any

import pytest

from syncdoctor import redact
from syncdoctor.intake.embedded import enrich
from syncdoctor.model import Exchange

GRANT = {"error": "invalid_grant"}


def told(text: str) -> Exchange:
    return enrich(redact.exchange(exception=text))


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [
        pytest.param(
            '{"error":"Request failed with status code 403","details":{"Errors":[{"Name":"x"}]}}',
            403,
            {"Errors": [{"Name": "x"}]},
            id="middleware-passes-on",
        ),
        pytest.param(
            "GuzzleHttp\\Exception\\ClientException: Client error: `POST "
            "https://identity.xero.com/connect/token` resulted in a `400 Bad Request` response:\n"
            '{"error":"invalid_grant"}',
            400,
            GRANT,
            id="php-guzzle",
        ),
        pytest.param(
            "Client error: `GET https:\\/\\/api.xero.com\\/x` resulted in a `403 Forbidden` "
            'response:\\n{\\n \\"error\\": {\\n \\"code\\": 403,\\n \\"message\\": '
            '\\"No (truncated...)',
            403,
            {"error": {"code": 403, "message": "No"}},
            id="php-guzzle-escaped-and-cut",
        ),
        pytest.param(
            "google.auth.exceptions.RefreshError: ('invalid_grant: Bad Request', "
            "{'error': 'invalid_grant', 'error_description': None})",
            None,
            {"error": "invalid_grant", "error_description": None},
            id="python-repr",
        ),
        pytest.param(
            "oauthlib.oauth2.rfc6749.errors.InvalidGrantError: (invalid_grant) Token has expired",
            None,
            {"error": "invalid_grant", "error_description": "Token has expired"},
            id="python-oauthlib",
        ),
        pytest.param(
            "xero_python.exceptions.http_status_exceptions.HTTPStatusException: (429)\n"
            "Reason: Too Many Requests\nHTTP response headers: HTTPHeaderDict({'Retry-After': '7'})"
            '\nHTTP response body: b\'{"Detail":"slow down"}\'',
            429,
            {"Detail": "slow down"},
            id="python-generated-client",
        ),
        pytest.param(
            "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: "
            "https://api.freeagent.com/v2/company",
            401,
            None,
            id="python-requests",
        ),
        pytest.param(
            "aiohttp.client_exceptions.ClientResponseError: 401, message='Unauthorized', "
            "url='https://api.freeagent.com/v2/company'",
            401,
            None,
            id="python-aiohttp",
        ),
        pytest.param(
            "<HttpError 403 when requesting https://www.googleapis.com/calendar/v3/x?alt=json "
            "returned \"Rate Limit Exceeded\". Details: \"[{'message': 'Rate Limit Exceeded', "
            "'domain': 'usageLimits', 'reason': 'rateLimitExceeded'}]\">",
            403,
            {
                "errors": [
                    {
                        "message": "Rate Limit Exceeded",
                        "domain": "usageLimits",
                        "reason": "rateLimitExceeded",
                    }
                ]
            },
            id="python-google",
        ),
        pytest.param(
            "AxiosError: Request failed with status code 401\n    at settle (settle.js:19:12) {\n"
            "  code: 'ERR_BAD_REQUEST',\n  config: { url: 'https://api.xero.com/connections' },\n"
            "  response: {\n    status: 401,\n    headers: [Object],\n"
            "    data: { Title: 'Unauthorized', Status: 401, Detail: undefined }\n  }\n}",
            401,
            {"Title": "Unauthorized", "Status": 401, "Detail": None},
            id="node-axios",
        ),
        pytest.param(
            "GaxiosError: invalid_grant\n  response: {\n    config: {},\n"
            "    data: { error: 'invalid_grant' },\n    status: 400\n  }",
            400,
            GRANT,
            id="node-gaxios-inside-words",
        ),
        pytest.param(
            'OAuth2::Error: invalid_grant: \n{:error=>"invalid_grant", :error_uri=>nil}',
            None,
            {"error": "invalid_grant", "error_uri": None},
            id="ruby-hash",
        ),
        pytest.param(
            "Faraday::ForbiddenError (the server responded with status 403)",
            403,
            None,
            id="ruby-faraday",
        ),
        pytest.param(
            "Google::Apis::ClientError: notFound: Not Found",
            None,
            {
                "error": {
                    "message": "Not Found",
                    "errors": [{"reason": "notFound", "message": "Not Found"}],
                }
            },
            id="ruby-google",
        ),
        pytest.param(
            'oauth2: cannot fetch token: 400 Bad Request\nResponse: {"error":"invalid_grant"}',
            400,
            GRANT,
            id="go-oauth2",
        ),
        pytest.param(
            'Get "https://x": oauth2: "invalid_grant" "Token has been revoked."',
            None,
            {"error": "invalid_grant", "error_description": "Token has been revoked."},
            id="go-oauth2-sentence",
        ),
        pytest.param(
            "googleapi: Error 403: Rate Limit Exceeded, rateLimitExceeded",
            403,
            {
                "error": {
                    "message": "Rate Limit Exceeded",
                    "code": 403,
                    "errors": [{"reason": "rateLimitExceeded", "message": "Rate Limit Exceeded"}],
                }
            },
            id="go-google",
        ),
        pytest.param(
            "com.google.api.client.auth.oauth2.TokenResponseException: 400 Bad Request\n"
            'POST https://oauth2.googleapis.com/token\n{\n  "error" : "invalid_grant"\n}\n'
            "\tat com.google.api.client.auth.oauth2.TokenResponseException.from(X.java:103)",
            400,
            GRANT,
            id="java-google",
        ),
        pytest.param(
            "feign.FeignException$Unauthorized: [401 Unauthorized] during [GET] to "
            '[https://api.myob.com/accountright/] [Files#list()]: [{"Errors":[{"Name":"X"}]}]',
            401,
            {"Errors": [{"Name": "X"}]},
            id="java-feign",
        ),
        pytest.param(
            "java.io.IOException: Server returned HTTP response code: 503 for URL: https://x/y",
            503,
            None,
            id="java-url-connection",
        ),
        pytest.param(
            "System.Net.WebException: The remote server returned an error: (401) Unauthorized.\r\n"
            "   at System.Net.HttpWebRequest.GetResponse()",
            401,
            None,
            id="dotnet-web",
        ),
        pytest.param(
            "System.Net.Http.HttpRequestException: Response status code does not indicate "
            "success: 429 (Too Many Requests).",
            429,
            None,
            id="dotnet-http-client",
        ),
        pytest.param(
            'Google.Apis.Auth.OAuth2.Responses.TokenResponseException: Error:"invalid_grant", '
            'Description:"Token has been expired or revoked.", Uri:""',
            None,
            {
                "error": "invalid_grant",
                "error_description": "Token has been expired or revoked.",
            },
            id="dotnet-google",
        ),
        pytest.param(
            "upstream said: <ApiException><ErrorNumber>10</ErrorNumber></ApiException> (400)",
            400,
            "<ApiException><ErrorNumber>10</ErrorNumber></ApiException>",
            id="xml",
        ),
        pytest.param(
            "reply: HTTP/1.1 200 Connection established ... HTTP/1.1 401 Unauthorized "
            '{"error":"x"}',
            401,
            {"error": "x"},
            id="a-proxy-first",
        ),
        pytest.param("could not refresh the token: 401", 401, None, id="token-status"),
        pytest.param("could not read the resource: 500.7 ms", None, None, id="not-a-status"),
        pytest.param("POST https://api.xero.com/api.xro/2.0/Invoices 429", 429, None, id="line"),
        pytest.param("GET https://h.test/v2/company 120ms -> 503", 503, None, id="line-timed"),
        pytest.param("ERROR https://h.test/v2/company: 401", 401, None, id="line-bare"),
        pytest.param("WARN 401 GET https://h.test/v2/company", 401, None, id="line-turned"),
        pytest.param("GET https://h.test/v2/company 500ms", None, None, id="line-time-alone"),
        pytest.param("GET https://h.test/v2/company 512 bytes", None, None, id="line-size"),
        pytest.param("xero: 500", 500, None, id="name"),
        pytest.param("2026-11-22 10:00:00 ERROR xero: 500", 500, None, id="name-in-a-log"),
        pytest.param("page size: 500", None, None, id="name-of-a-number"),
        pytest.param("batch_size: 500", None, None, id="name-of-another-number"),
        pytest.param(
            'POST https://h.test/token 400 {"error":"invalid_grant"}',
            400,
            {"error": "invalid_grant"},
            id="line-with-body",
        ),
    ],
)
def test_the_answer_inside_is_found(text: str, status: int | None, body: Any) -> None:
    exchange = told(text)
    assert exchange.status == status
    assert exchange.body == body
    assert exchange.exception == text


@pytest.mark.parametrize(
    ("text", "method", "url"),
    [
        (
            "Client error: `PUT https://api.xero.com/a?b=c` resulted in a `400 Bad Request`",
            "PUT",
            "https://api.xero.com/a?b=c",
        ),
        (
            "HTTPSConnectionPool(host='accounts.zoho.in', port=443): Max retries exceeded "
            "with url: /oauth/v2/token (Caused by NewConnectionError)",
            "GET",
            "https://accounts.zoho.in/oauth/v2/token",
        ),
        ("401 Client Error: Unauthorized for url: https://x.test/y", "GET", "https://x.test/y"),
        ("curl: (6) Could not resolve host: api.xero.com", "GET", "https://api.xero.com/"),
        ('HTTP Request: POST https://x.test/y "HTTP/1.1 401"', "POST", "https://x.test/y"),
        ("nothing of the kind", "GET", ""),
    ],
)
def test_the_request_is_found(text: str, method: str, url: str) -> None:
    exchange = told(text)
    assert (exchange.method, exchange.url) == (method, url)


@pytest.mark.parametrize(
    "text",
    [
        "connect ECONNREFUSED 127.0.0.1:443",
        "OSError: Tunnel connection failed: 407 Proxy Authentication Required",
        "curl: (56) Received HTTP code 403 from proxy after CONNECT",
        "{ errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'api.xero.com' }",
        "Connection to api.xero.com timed out. (connect timeout=400)",
        'File "/app/sync.py", line 403, in push',
        "my invoices are not in Xero",
    ],
)
def test_where_no_answer_came_none_is_made_up(text: str) -> None:
    exchange = told(text)
    assert exchange.status is None
    assert exchange.body is None


def test_what_the_exchange_has_is_kept() -> None:
    exchange = redact.exchange(
        status=422, url="https://a.test/", method="PUT", exception='HTTP 400: {"error":"x"}'
    )
    assert enrich(exchange).status == 422
    assert enrich(exchange).url == "https://a.test/"
    assert enrich(exchange).method == "PUT"


def test_the_body_of_a_redirect_is_what_its_location_tells() -> None:
    location = "https://app.test/cb?error=access_denied&error_description=No+thanks&state=s3cr3t"
    exchange = enrich(redact.exchange(status=302, headers={"Location": location}, body=""))
    assert exchange.body == {"error": "access_denied", "error_description": "No thanks"}


def test_a_form_body_is_read() -> None:
    exchange = enrich(redact.exchange(status=200, body="error=bad_code&error_description=Wrong"))
    assert exchange.body == {"error": "bad_code", "error_description": "Wrong"}


def test_a_text_body_that_wraps_json_is_opened() -> None:
    exchange = enrich(redact.exchange(status=500, body='upstream: {"error":{"message":"no"}}'))
    assert exchange.body == {"error": {"message": "no"}}
    assert exchange.status == 500


def test_a_text_body_that_is_a_list_stays_one() -> None:
    exchange = redact.exchange(status=401, body='[{"Message": "Access denied"}]')
    assert enrich(exchange).body == [{"Message": "Access denied"}]


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("<html><title>502 Bad Gateway</title></html>", 502),
        ("<html><h1>Error 400: redirect_uri_mismatch</h1></html>", 400),
        ("<html><title>Xero</title></html>", None),
        ("<html><title>Our 404 best recipes</title></html>", None),
    ],
)
def test_an_error_page_names_its_status(page: str, status: int | None) -> None:
    assert enrich(redact.exchange(body=page)).status == status


def test_the_error_is_chosen_and_not_the_request() -> None:
    text = (
        'POST {"Type":"ACCREC","Contact":{"Name":"A"},"Status":"AUTHORISED"} failed: '
        '{"ErrorNumber":10,"Message":"A validation exception occurred"}'
    )
    assert told(text).body["ErrorNumber"] == 10


def test_a_body_wrapped_in_a_log_record_in_a_string_is_opened() -> None:
    text = '{"msg":"push failed","response":"{\\"errors\\":[{\\"message\\":\\"Locked\\"}]}"}'
    assert told(text).body == {"errors": [{"message": "Locked"}]}


def test_secrets_inside_are_taken_out() -> None:
    text = "failed: {'refresh_token': 'abcdef0123456789', 'error': 'invalid_grant'}"
    exchange = told(text)
    assert exchange.body == {"refresh_token": "[redacted]", "error": "invalid_grant"}
    assert "abcdef0123456789" not in repr(exchange)


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [("\\ud83d\\ude00", "\N{GRINNING FACE}"), ("\\ud83d", "\ufffd"), ("\\ude00!", "\ufffd!")],
)
def test_half_characters_do_not_spread(escaped: str, plain: str) -> None:
    assert told(f'failed: {{"error":"x","message":"{escaped}"}}').body["message"] == plain
    assert told(f"failed: {{'error': 'x', 'message': '{escaped}'}}").body["message"] == plain
