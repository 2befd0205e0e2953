"""Every form of input, through the one door."""

from __future__ import annotations

import base64
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.errors import UsageError
from syncdoctor.intake.parse import Intake, exchanges
from syncdoctor.model import Exchange, Phase

CONTRACT = {
    "provider": "xero",
    "phase": "api",
    "request": {"method": "POST", "url": "https://api.xero.com/x"},
    "response": {"status": 403, "headers": {"X-A": "b"}, "body": {"Detail": "no"}},
    "exception": None,
}


def read(data: str | bytes | Any) -> list[Exchange]:
    if not isinstance(data, (str, bytes)):
        data = json.dumps(data)
    return list(exchanges(data.encode() if isinstance(data, str) else data))


def test_the_form_of_the_contract() -> None:
    (one,) = read(CONTRACT)
    assert (one.provider, one.phase, one.method) == ("xero", Phase.API, "POST")
    assert (one.status, one.headers, one.body) == (403, {"x-a": "b"}, {"Detail": "no"})


def test_keys_may_be_absent_and_others_are_ignored() -> None:
    (one,) = read({"response": {"status": 500}, "truth": {"cause": "x"}, "id": "a"})
    assert one.provider is None
    assert one.phase is None
    assert one.status == 500


def test_no_answer_has_an_exception() -> None:
    (one,) = read({**CONTRACT, "response": None, "exception": "ECONNREFUSED"})
    assert one.status is None
    assert one.exception == "ECONNREFUSED"


@pytest.mark.parametrize(
    "value",
    [
        {"provider": "xero", "response": None, "exception": None},
        {"id": "1", "request": {"url": "https://h.test/"}, "response": None},
        {"response": {}},
    ],
)
def test_no_answer_without_a_reason_is_no_healthy_one(value: Any) -> None:
    (one,) = read(value)
    assert (one.status, one.exception) == (None, "No answer was recorded for this request.")


@pytest.mark.parametrize(
    "value",
    [
        {"response": {"status": "abc", "body": "hello"}},
        {"response": {"status": 99999999999999999999}},
        {"response": {"statusCode": 0}},
        {"status": 1000, "headers": {}, "body": "hello"},
    ],
)
def test_a_status_that_is_none_of_http_is_no_healthy_one(value: Any) -> None:
    (one,) = read(value)
    assert (one.status, one.exception) == (None, "The status of the answer is not one of HTTP.")


def test_an_answer_in_other_words_is_a_body() -> None:
    (one,) = read({"request": "x", "error": "invalid_grant"})
    assert one.body["error"] == "invalid_grant"


def test_the_provider_given_overrules() -> None:
    (one,) = exchanges(json.dumps(CONTRACT).encode(), provider="myob")
    assert one.provider == "myob"


def test_an_array_of_exchanges_and_other_things_gives_each() -> None:
    first, second = read([{"response": {"status": 500}}, 5])
    assert (first.status, second.exception) == (500, "5")


def test_an_array_of_exchanges_gives_each() -> None:
    assert [one.status for one in read([CONTRACT, {"status": 401, "body": "x"}])] == [403, 401]


@pytest.mark.parametrize(
    ("value", "status", "body"),
    [
        ({"error": "invalid_grant"}, None, {"error": "invalid_grant"}),
        ({"Status": 401, "Detail": "no"}, 401, {"Status": 401, "Detail": "no"}),
        ({"error": {"code": 403, "message": "x"}}, 403, {"error": {"code": 403, "message": "x"}}),
        ({"code": 57, "message": "no"}, None, {"code": 57, "message": "no"}),
        ([{"errorCode": "X"}], None, [{"errorCode": "X"}]),
    ],
)
def test_a_bare_body(value: Any, status: int | None, body: Any) -> None:
    (one,) = read(value)
    assert (one.status, one.body) == (status, body)


@pytest.mark.parametrize(
    "value",
    [
        {"status": 401, "data": {"error": "x"}, "headers": {"a": "b"}},
        {"statusCode": "401", "body": '{"error":"x"}'},
        {"response": {"status": 401, "data": {"error": "x"}}, "config": {"url": "https://a.b/"}},
        {"response": {"statusCode": 401, "body": {"error": "x"}, "headers": {}}},
    ],
    ids=["axios", "request", "axios-error", "xero-node"],
)
def test_what_http_clients_print(value: Any) -> None:
    (one,) = read(value)
    assert (one.status, one.body) == (401, {"error": "x"})


def test_a_structured_log_record() -> None:
    (one,) = read(
        {"level": "error", "ts": 1795322400, "msg": "push failed", "error": 'x: {"error":"bad"}'}
    )
    assert one.body == {"error": "bad"}
    assert one.at == datetime(2026, 11, 22, 4, 40, tzinfo=UTC)


def test_json_lines_are_streamed() -> None:
    line = json.dumps(CONTRACT).encode() + b"\n"
    taken = 0

    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            nonlocal taken
            at = taken % len(line)
            size = min(len(buffer), len(line) - at)
            buffer[:size] = line[at : at + size]
            taken += size
            return size

    intake = Intake(io.BufferedReader(Endless()))
    assert intake.is_lines
    found = intake.exchanges()
    assert [next(found).status for _ in range(5)] == [403] * 5
    assert taken < 2_000_000


@pytest.mark.parametrize(
    ("data", "is_lines"),
    [
        ('{"error":"x"}', False),
        ('{"error":"x"}\n', False),
        ('{"error":"x"}\n\n{"error":"y"}', True),
        ('{\n"error":"x"\n}', False),
        ("[1]\n[2]\n", True),
    ],
)
def test_lines_are_told_from_one_document(data: str, is_lines: bool) -> None:
    assert Intake(data.encode()).is_lines is is_lines


def test_one_line_in_a_file_of_lines_is_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"error":"x"}\n')
    intake = Intake(path)
    assert intake.is_lines
    assert len(list(intake.exchanges())) == 1


def test_the_same_said_has_one_key_whenever_it_was() -> None:
    first = {**CONTRACT, "at": "2026-11-22T04:00:00Z", "id": 1}
    second = {**CONTRACT, "at": "2026-11-22T05:00:00Z", "id": 2}
    other = {**CONTRACT, "exception": "x"}
    text = "\n".join(json.dumps(one) for one in (first, second, other))
    keys = [pending.told().key for pending in Intake(text.encode()).pending()]
    assert keys[0] == keys[1] != keys[2]


def test_a_header_that_passes_is_left_out_of_the_key_but_not_where_time_counts() -> None:
    def key(headers: dict[str, str], at: str) -> bytes | None:
        value = {"at": at, "response": {"status": 429, "headers": headers}}
        data = f"{json.dumps(value)}\n[]".encode()
        return next(iter(Intake(data).pending(passing=frozenset(("date",))))).told().key

    assert key({"Date": "a"}, "2026-01-01T00:00:00Z") == key({"Date": "b"}, "2026-01-02T00:00:00Z")
    limited = {"Retry-After": "a"}
    assert key(limited, "2026-01-01T00:00:00Z") != key(limited, "2026-01-02T00:00:00Z")
    seconds = {"Retry-After": "60"}
    assert key(seconds, "2026-01-01T00:00:00Z") == key(seconds, "2026-01-02T00:00:00Z")


def har(**response: Any) -> dict[str, Any]:
    entry = {
        "startedDateTime": "2026-11-22T04:00:00.000Z",
        "time": 120,
        "request": {"method": "PUT", "url": "https://api.xero.com/x", "headers": []},
        "response": {
            "status": 400,
            "headers": [{"name": "Content-Type", "value": "a/b"}],
            **response,
        },
    }
    return {"log": {"version": "1.2", "entries": [entry]}}


def test_har() -> None:
    packed = base64.b64encode(b'{"error":"x"}').decode()
    (one,) = read(har(content={"text": packed, "encoding": "base64"}))
    assert (one.method, one.status, one.body) == ("PUT", 400, {"error": "x"})
    assert one.headers == {"content-type": "a/b"}
    assert one.at == datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    assert one.elapsed_s == 0.12


def test_har_without_an_answer() -> None:
    (one,) = read(har(status=0, _error="net::ERR_CONNECTION_REFUSED"))
    assert one.status is None
    assert one.exception == "net::ERR_CONNECTION_REFUSED"


def test_har_with_a_zip_bomb_is_refused() -> None:
    bomb = base64.b64encode(gzip.compress(bytes(20_000_000))).decode()
    with pytest.raises(UsageError, match=r"log\.entries\[0\].*more than 8 MiB"):
        read(har(content={"text": bomb, "encoding": "base64"}))


@pytest.mark.parametrize("entries", [[], [{"request": None}], ["x"]])
def test_har_without_requests_is_refused(entries: Any) -> None:
    with pytest.raises(UsageError, match="HAR"):
        read({"log": {"entries": entries}})


CASSETTE = """\
interactions:
- request:
    body: null
    headers: {Authorization: [Bearer abcdef.0123456789]}
    method: GET
    uri: https://api.xero.com/connections
  response:
    body: {string: '{"Status":401}'}
    headers: {content-type: [application/json]}
    status: {code: 401, message: Unauthorized}
version: 1
"""


def test_a_vcrpy_cassette() -> None:
    (one,) = read(CASSETTE)
    assert (one.url, one.status) == ("https://api.xero.com/connections", 401)
    assert one.body == {"Status": 401}
    assert "abcdef" not in repr(one)


def test_a_packed_body_in_a_cassette() -> None:
    packed = base64.b64encode(gzip.compress(b'{"error":"x"}')).decode()
    (one,) = read(CASSETTE.replace("'{\"Status\":401}'", f"!!binary {packed}"))
    assert one.body == {"error": "x"}


def test_a_ruby_vcr_cassette_as_json() -> None:
    (one,) = read(
        {
            "http_interactions": [
                {
                    "request": {"method": "post", "uri": "https://a.test/"},
                    "response": {
                        "status": {"code": 422, "message": "x"},
                        "headers": {},
                        "body": {"encoding": "UTF-8", "string": "{}"},
                    },
                    "recorded_at": "Sun, 22 Nov 2026 04:00:00 GMT",
                }
            ]
        }
    )
    assert (one.method, one.status) == ("POST", 422)


@pytest.mark.parametrize(
    "text",
    [
        "interactions:\n" + "[" * 50_000,
        "interactions: []\n",
        "interactions:\n- {}\n",
        "interactions:\n\t- x",
    ],
    ids=["deep", "empty", "no-request", "no-yaml"],
)
def test_what_is_no_cassette_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="<stdin>"):
        read(text)


def test_yaml_makes_no_objects() -> None:
    with pytest.raises(UsageError, match="YAML"):
        read("interactions:\n- !!python/object/apply:os.system ['true']\n")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("http://localhost:8765/callback?error=access_denied&state=x1y2z3", "access_denied"),
        ("https://app.test/cb#error=server_error&state=x1y2z3\n", "server_error"),
        ("?error=invalid_scope&error_description=No", "invalid_scope"),
        (
            "2026-11-22 04:00:00 ERROR callback /cb?error=access_denied&state=x1y2z3",
            "access_denied",
        ),
    ],
)
def test_the_redirect_of_a_failed_sign_in(text: str, error: str) -> None:
    (one,) = read(text)
    assert one.body["error"] == error
    assert "x1y2z3" not in repr(one)


def test_the_redirect_of_a_good_sign_in_shows_no_code() -> None:
    (one,) = read("http://localhost/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=x1y2z3")
    assert one.status == 302
    assert not one.body
    assert "SplxlOBeZQQYbYS6WxSbIA" not in repr(one)


@pytest.mark.parametrize(
    "text", ["<ApiException><Message>x</Message></ApiException>", "<!doctype html><p>Sorry</p>"]
)
def test_markup_is_a_body(text: str) -> None:
    (one,) = read(text)
    assert one.body == text


def test_words_are_an_exception() -> None:
    (one,) = read("my invoices are not in Xero")
    assert one.exception == "my invoices are not in Xero"
    assert one.body is None


def test_text_that_begins_like_json_is_text() -> None:
    (one,) = read("[2026-11-22 04:00:00] production.ERROR: HTTP 401 Unauthorized\n#0 x.php(3)\n")
    assert one.status == 401


def test_a_json_string_is_the_text_in_it() -> None:
    (one,) = read(json.dumps('Client error: resulted in a `400 Bad Request`: {"error":"x"}'))
    assert (one.status, one.body) == (400, {"error": "x"})
