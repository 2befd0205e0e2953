from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.match import evidence, match
from syncdoctor.engine.read import read
from syncdoctor.model import NOTHING, Exchange, Phase, Transport

Text = Callable[..., str]
Make = Callable[..., Catalogue]


def found(catalogue: Catalogue, exchange: Exchange, facts: Any = NOTHING) -> list[str]:
    signal = read(exchange, catalogue.providers["acct"], facts)
    return [one.rule.id for one in match(catalogue, signal)]


@pytest.mark.parametrize(
    ("when", "exchange", "holds"),
    [
        ("status = 404", Exchange(status=404), True),
        ("status = 404", Exchange(status=403), False),
        ('status = ["5xx", 429]', Exchange(status=503), True),
        ('status = ["5xx", 429]', Exchange(status=429), True),
        ('code = "BAD"', Exchange(status=400, body={"code": "bad"}), True),
        ('code = ["x", "bad"]', Exchange(status=400, body={"code": "Bad"}), True),
        ('code = "bad"', Exchange(status=400, body={"code": "badly"}), False),
        (r"message = '\bLocked\b'", Exchange(status=400, body={"message": "is locked now"}), True),
        (r"message = '\bLocked\b'", Exchange(status=400, body={"message": "unlocked"}), False),
        ("message = '^a$'", Exchange(status=400, body="b\na"), True),
        ('transport = "dns"', Exchange(transport=Transport.DNS), True),
        ('transport = ["reset", "dns"]', Exchange(transport=Transport.REFUSED), False),
        ('phase = "token", status = 400', Exchange(status=400, phase=Phase.TOKEN), True),
        ('phase = "token", status = 400', Exchange(status=400, phase=Phase.API), False),
        ('method = "POST"', Exchange(status=400, method="POST"), True),
        ('method = "POST"', Exchange(status=400), False),
        ("url = '/invoices/'", Exchange(status=400, url="https://x.test/Invoices/1"), True),
        ("url = '/invoices/'", Exchange(status=400, url="https://x.test/contacts"), False),
        ("url = '/invoices/'", Exchange(status=400), False),
        ("header = { Server = '^cf' }", Exchange(status=503, headers={"server": "CF-1"}), True),
        ("header = { Server = '^cf' }", Exchange(status=503), False),
        ('body = "html"', Exchange(status=502, body="<html>x</html>"), True),
        ('body = "empty"', Exchange(status=502), True),
        ('body = "empty"', Exchange(exception="odd"), False),
        ('code = "bad", message = "x"', Exchange(status=400, body={"code": "bad"}), False),
    ],
)  # fmt: skip
def test_conditions(made: Make, text_of: Text, when: str, exchange: Exchange, holds: bool) -> None:
    assert found(made(text_of(when=when)), exchange) == (["acct.one"] if holds else [])


@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        ({"no_token": True}, True),
        ({"no_token": False}, False),
        ({}, False),
        ({"setting_gone": True}, False),
    ],
)
def test_facts(made: Make, text_of: Text, facts: dict[str, Any], holds: bool) -> None:
    catalogue = made(text_of(when="fact = { no_token = true }"))
    assert bool(found(catalogue, Exchange(), facts)) is holds
    assert bool(found(catalogue, Exchange(status=200), facts)) is holds


def test_a_good_answer_meets_no_rule_but_one_that_names_its_status(
    made: Make, text_of: Text
) -> None:
    catalogue = made(
        text_of("acct.any", when='body = "json"'), text_of("acct.good", when="status = 202")
    )
    assert found(catalogue, Exchange(status=202, body={"a": 1})) == ["acct.good"]
    assert found(catalogue, Exchange(status=200, body={"a": 1})) == []


def test_the_rank_fact_own_conditions_confidence_id(made: Make, text_of: Text) -> None:
    catalogue = made(
        text_of("acct.b-likely", when="status = 400"),
        text_of("acct.a-likely", when="status = 400"),
        text_of("acct.certain", when="status = 400", confidence="certain"),
        text_of("acct.two", when='status = 400, code = "bad"', confidence="possible"),
        text_of("acct.fact", when="fact = { after_refresh = true }", confidence="possible"),
        common=(text_of("common.three", when='status = 400, code = "bad", method = "GET"'),),
    )
    exchange = Exchange(status=400, url="https://api.acct.test/", body={"code": "bad"})
    assert found(catalogue, exchange, {"after_refresh": True}) == [
        "acct.fact",
        "acct.two",
        "acct.certain",
        "acct.a-likely",
        "acct.b-likely",
        "common.three",
    ]


def test_headers_and_facts_count_each(made: Make, text_of: Text) -> None:
    catalogue = made(
        text_of("acct.two", when="header = { a = 'x', b = 'x' }"),
        text_of("acct.one", when="status = 400", confidence="certain"),
    )
    headers = {"a": "x", "b": "x"}
    assert found(catalogue, Exchange(status=400, headers=headers)) == ["acct.two", "acct.one"]


def test_the_evidence_names_what_was_met(made: Make, text_of: Text) -> None:
    when = (
        'phase = "api", status = "4xx", code = "BAD", message = \'period \\w+\', '
        "header = { Server = 'x' }, url = '/v1/', method = 'GET', body = 'json'"
    )
    catalogue = made(text_of(when=when))
    exchange = Exchange(
        status=422,
        url="https://api.acct.test/v1/x",
        headers={"server": "xyz"},
        body={"code": "bad", "message": "The period locked yesterday"},
    )
    signal = read(exchange, catalogue.providers["acct"])
    (one,) = match(catalogue, signal)
    assert evidence(one.rule, signal) == {
        "phase": "api",
        "status": 422,
        "code": "bad",
        "message": "period locked",
        "header": {"Server": "xyz"},
        "url": "/v1/",
        "method": "GET",
        "body": "json",
    }


def test_what_is_remembered_differs_by_all_that_rules_ask(made: Make, text_of: Text) -> None:
    catalogue = made(
        text_of("acct.url", when="url = '/invoices'"),
        text_of("acct.header", when="header = { server = 'x' }"),
    )
    bare = Exchange(status=400, url="https://x.test/contacts")
    assert found(catalogue, bare) == []
    assert found(catalogue, Exchange(status=400, url="https://x.test/invoices")) == ["acct.url"]
    assert found(catalogue, Exchange(status=400, headers={"server": "x"})) == ["acct.header"]
    assert found(catalogue, bare) == []


def test_the_memory_is_bounded(made: Make, text_of: Text, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncdoctor.engine.match.REMEMBERED", 3)
    catalogue = made(text_of(when="status = 400"))
    for number in range(10):
        body = {"message": f"no {number}"}
        assert found(catalogue, Exchange(status=400, body=body)) == ["acct.one"]
    assert len(catalogue.memo["matches"]) <= 3


def test_a_thousand_expressions_miss_nothing_in_a_long_text(made: Make, text_of: Text) -> None:
    rules = [
        text_of(f"acct.r{n}", when=f"message = 'reason .*\\b{n}\\b.*here'") for n in range(1000)
    ]
    body = {"message": "reason " + "many words " * 150 + "777 right here"}
    assert found(made(*rules), Exchange(status=400, body=body)) == ["acct.r777"]
