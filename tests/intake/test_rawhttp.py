from __future__ import annotations

from syncdoctor.intake.parse import exchanges
from syncdoctor.model import Exchange, Phase

VERBOSE = """\
* Host api.xero.com:443 was resolved.
*   Trying 192.0.2.1:443...
* Connected to api.xero.com (192.0.2.1) port 443
> POST /api.xro/2.0/Invoices HTTP/2
> Host: api.xero.com
> Authorization: Bearer sEcReT.t0ken-value
>
} [12 bytes data]
* We are completely uploaded and fine
< HTTP/2 403
< content-type: application/json
< retry-after: 5
<
{ [95 bytes data]
{"title":"Forbidden","status":403,
 "detail":"AuthenticationUnsuccessful"}* Connection #0 to host api.xero.com left intact
"""


def read(text: str) -> list[Exchange]:
    return list(exchanges(text.encode()))


def test_curl_i() -> None:
    (one,) = read(
        "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"
        "Date: Sun, 22 Nov 2026 04:55:16 GMT\r\n\r\n" + '{"Status":401}\r\n'
    )
    assert one.status == 401
    assert one.headers["content-type"] == "application/json"
    assert one.body == {"Status": 401}


def test_curl_v() -> None:
    (one,) = read(VERBOSE)
    assert one.method == "POST"
    assert one.url == "https://api.xero.com/api.xro/2.0/Invoices"
    assert one.status == 403
    assert one.headers == {"content-type": "application/json", "retry-after": "5"}
    assert one.body == {"title": "Forbidden", "status": 403, "detail": "AuthenticationUnsuccessful"}
    assert "sEcReT" not in repr(one)


def test_what_a_proxy_and_100_say_is_passed_over() -> None:
    (one,) = read(
        "HTTP/1.1 200 Connection established\n\nHTTP/1.1 100 Continue\n\n"
        "HTTP/1.1 422 Unprocessable Entity\n\n{}"
    )
    assert one.status == 422


def test_a_chain_of_redirects_is_one_exchange_each() -> None:
    found = read("HTTP/1.1 302 Found\nLocation: /x\n\nHTTP/1.1 404 Not Found\n\ngone")
    assert [one.status for one in found] == [302, 404]
    assert found[1].body == "gone"


def test_request_and_answer_as_httpie_and_editors_save_them() -> None:
    found = read(
        "GET /v2/company HTTP/1.1\nHost: api.freeagent.com\n\nHTTP/1.1 401 Unauthorized\n\n"
        '{"errors":{}}\n\nDELETE https://api.xero.com/connections/1\n\nHTTP/1.1 204 No Content\n\n'
    )
    assert [(one.method, one.url, one.status) for one in found] == [
        ("GET", "https://api.freeagent.com/v2/company", 401),
        ("DELETE", "https://api.xero.com/connections/1", 204),
    ]


def test_where_curl_got_no_answer_its_words_are_the_exception() -> None:
    (one,) = read(
        "$ curl -X PUT https://api.xero.com/connections\n"
        "curl: (6) Could not resolve host: api.xero.com\n"
    )
    assert one.status is None
    assert one.method == "PUT"
    assert one.url == "https://api.xero.com/connections"
    assert one.exception == "curl: (6) Could not resolve host: api.xero.com"


def test_a_chunked_body_is_put_together() -> None:
    (one,) = read(
        'HTTP/1.1 400 Bad Request\nTransfer-Encoding: chunked\n\n1b\n{"error":"invalid_grant"}\n0\n'
    )
    assert one.body == {"error": "invalid_grant"}


def test_what_was_pasted_after_the_json_is_left_out() -> None:
    (one,) = read('HTTP/1.1 400 Bad Request\n\n{"error":"x"}\nthis is what I get, please help')
    assert one.body == {"error": "x"}


def test_a_callback_request_is_the_end_of_a_sign_in() -> None:
    (one,) = read("GET /callback?error=access_denied&state=abcdef HTTP/1.1\nHost: localhost\n\n")
    assert one.phase is Phase.AUTHORIZE
    assert one.body == {"error": "access_denied"}
    assert "abcdef" not in repr(one)
