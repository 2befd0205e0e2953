from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.provider import Provider
from syncdoctor.engine.read import MAX_LENGTH, MAX_MESSAGES, read
from syncdoctor.model import Exchange, Phase, Transport


@pytest.fixture
def acct(made: Callable[..., Catalogue]) -> Provider:
    return made().providers["acct"]


def test_codes_and_messages_by_the_envelope(acct: Provider) -> None:
    body = {
        "Type": "ValidationException",
        "code": 57,
        "Message": "It failed",
        "Elements": [{"ValidationErrors": [{"Message": "One\n  two"}, {"Message": "One\n  two"}]}],
        "Other": "not read",
    }
    signal = read(Exchange(status=400, body=body), acct)
    assert signal.codes == ("57", "ValidationException")
    assert signal.messages == ("One two", "It failed")
    assert (signal.provider, signal.body_kind, signal.is_error) == ("acct", "json", True)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"Status": "OK"}, False),
        (200, {"code": 0, "message": "success"}, False),
        (200, {"code": "OK"}, False),
        (200, {"code": 57}, True),
        (200, {"HasErrors": False}, False),
        (200, {"x": [{"HasErrors": True}]}, True),
        (200, {"ValidationErrors": []}, False),
        (200, {"ValidationErrors": [{"Message": "x"}]}, True),
        (200, "<R><HasErrors>false</HasErrors></R>", False),
        (200, "<R><HasErrors>true</HasErrors></R>", True),
        (204, None, False),
        (304, None, False),
        (302, "", False),
        (400, None, True),
        (503, "down", True),
        (None, None, False),
        (None, {"code": "bad"}, True),
        (None, {"error": {"message": "bad"}}, True),
    ],
)
def test_what_is_an_error(acct: Provider, status: int | None, body: Any, error: bool) -> None:
    assert read(Exchange(status=status, body=body), acct).is_error is error


def test_a_good_answer_has_no_codes(acct: Provider) -> None:
    signal = read(Exchange(status=200, body={"Type": "ACCREC", "Message": "x"}), acct)
    assert (signal.codes, signal.messages) == ((), ())


def test_oauth_words_are_read_of_every_provider(acct: Provider) -> None:
    body = {"error": "invalid_grant", "error_description": "Token revoked"}
    signal = read(Exchange(status=400, body=body), acct)
    assert signal.codes == ("invalid_grant",)
    assert signal.messages == ("Token revoked",)
    assert signal.phase is Phase.TOKEN


def test_without_a_provider_the_usual_words_are_read() -> None:
    body = {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "No"}}
    signal = read(Exchange(status=403, body=body), None)
    assert set(signal.codes) >= {"403", "PERMISSION_DENIED"}
    assert signal.messages == ("No",)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"errorCode": "E0000011", "errorSummary": "Token bad"}, "E0000011", "Token bad"),
        (
            {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "x"},
            "OBJECT_NOT_FOUND",
            "x",
        ),
        ({"__type": "ThrottlingException", "message": "Slower"}, "ThrottlingException", "Slower"),
        ({"Fault": {"Error": [{"code": "3200", "Message": "m", "Detail": "Old"}]}}, "3200", "Old"),
        ({"fault": {"error": [{"code": "3200", "message": "m", "detail": "d"}]}}, "3200", "d"),
        ([{"errorCode": "INVALID_SESSION_ID", "message": "Over"}], "INVALID_SESSION_ID", "Over"),
        ([{"Message": "Access denied"}], None, "Access denied"),
    ],
)
def test_the_words_of_many_envelopes(body: Any, code: str | None, message: str) -> None:
    signal = read(Exchange(status=400, body=body), None)
    assert code is None or code in signal.codes
    assert message in signal.messages


def test_a_foreign_envelope_falls_back_to_the_usual_words(acct: Provider) -> None:
    signal = read(Exchange(status=502, body={"errors": [{"detail": "upstream failed"}]}), acct)
    assert "upstream failed" in signal.messages


def test_without_any_known_word_all_texts_are_messages(acct: Provider) -> None:
    signal = read(Exchange(status=400, body={"x": {"y": "Sorry, locked_period"}}), acct)
    assert signal.messages == ("Sorry, locked_period",)
    assert signal.codes == ("locked_period",)


def test_a_redirect_with_an_error(acct: Provider) -> None:
    where = "https://app.test/cb?error=access_denied&error_description=No%20way&state=1"
    signal = read(Exchange(status=302, headers={"location": where}), acct)
    assert signal.is_error
    assert (signal.codes, signal.messages) == (("access_denied",), ("No way",))
    assert signal.phase is Phase.AUTHORIZE


def test_a_callback_address_with_an_error(acct: Provider) -> None:
    signal = read(Exchange(url="https://app.test/cb#error=access_denied"), acct)
    assert (signal.codes, signal.is_error) == (("access_denied",), True)


def test_an_api_address_with_such_a_parameter_is_none(acct: Provider) -> None:
    exchange = Exchange(phase=Phase.API, url="https://api.acct.test/v1/x?error=1", status=200)
    assert not read(exchange, acct).is_error


def test_plain_text_gives_lines_codes_and_the_whole(acct: Provider) -> None:
    body = "Error code: 500\nError: unauthorized_client : Unknown client"
    signal = read(Exchange(status=500, body=body), acct)
    assert signal.codes == ("unauthorized_client",)
    assert signal.messages[:2] == tuple(body.splitlines())
    assert signal.messages[2] == body.replace("\n", " ")
    assert signal.body_kind == "text"


def test_an_exception_is_a_failure_of_transport(acct: Provider) -> None:
    signal = read(Exchange(exception="cURL error 56: Connection reset by peer"), acct)
    assert signal.transport is Transport.RESET
    assert (signal.phase, signal.status, signal.body_kind) == (Phase.NETWORK, None, None)


def test_an_exception_with_a_status_is_an_answer(acct: Provider) -> None:
    signal = read(Exchange(exception="HTTPError: 504 Server Error: Gateway Time-out"), acct)
    assert (signal.transport, signal.status) == (None, 504)
    assert signal.body_kind == "text"  # its words, as no body came


def test_an_exception_of_the_network_phase_is_at_least_something(acct: Provider) -> None:
    signal = read(Exchange(phase=Phase.NETWORK, exception="it broke"), acct)
    assert signal.transport is Transport.OTHER


def test_an_exception_beside_an_answer_gives_messages_too(acct: Provider) -> None:
    exchange = Exchange(status=400, body={"Message": "One"}, exception="Two happened")
    assert read(exchange, acct).messages == ("One", "Two happened")


def test_texts_are_bounded(acct: Provider) -> None:
    signal = read(Exchange(status=400, body={"Message": "x" * 100_000}), acct)
    assert len(signal.messages[0]) == MAX_LENGTH
    many = {"ValidationErrors": [{"Message": f"no {n}"} for n in range(1_000)]}
    assert len(read(Exchange(status=400, body=many), acct).messages) == MAX_MESSAGES


def test_numbers_as_texts(acct: Provider) -> None:
    assert read(Exchange(status=400, body={"code": 57.0}), acct).codes == ("57",)
    assert read(Exchange(status=400, body={"code": 31001}), acct).codes == ("31001",)


@pytest.mark.parametrize(
    ("url", "phase"),
    [
        ("https://id.acct.test/connect/token", Phase.TOKEN),
        ("https://id.acct.test/connect/authorize?client_id=1", Phase.AUTHORIZE),
        ("https://other.test/oauth/access_token", Phase.TOKEN),
        ("https://api.acct.test/v1/invoices", Phase.API),
        ("", Phase.API),
    ],
)
def test_the_phase_by_the_address(acct: Provider, url: str, phase: Phase) -> None:
    assert read(Exchange(url=url, status=400), acct).phase is phase


def test_the_phase_that_was_told_stays(acct: Provider) -> None:
    exchange = Exchange(phase=Phase.WEBHOOK, url="https://id.acct.test/connect/token", status=400)
    assert read(exchange, acct).phase is Phase.WEBHOOK
