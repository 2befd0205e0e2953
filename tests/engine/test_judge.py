from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.guide import Guide
from syncdoctor.engine.judge import MAX_SAID, judge
from syncdoctor.model import Action, Cause, Confidence, Connection, Exchange, Phase, Transport

Text = Callable[..., str]
Make = Callable[..., Catalogue]

CONNECTION = Connection(
    workspace="shop",
    name="books",
    uid="c-1",
    provider="acct",
    app="app",
    created=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_a_healthy_answer_has_no_finding(made: Make, text_of: Text, default_guide: Guide) -> None:
    catalogue = made(text_of())
    exchange = Exchange(provider="acct", status=200, body={"Invoices": []})
    assert judge(catalogue, default_guide, exchange) == ()
    assert judge(catalogue, default_guide, Exchange()) == ()


def test_what_is_remembered_quotes_its_own_address(
    made: Make, text_of: Text, default_guide: Guide
) -> None:
    catalogue = made(text_of(when="url = '/invoices/\\d+'"))
    for number in ("17", "18"):
        exchange = Exchange("acct", status=400, url=f"https://api.acct.test/invoices/{number}")
        (finding,) = judge(catalogue, default_guide, exchange)
        assert finding.matched == {"url": f"/invoices/{number}"}


def test_a_finding(made: Make, text_of: Text, default_guide: Guide) -> None:
    catalogue = made(text_of(more='also = ["duplicate-record"]'))
    exchange = Exchange(provider="acct", status=400, body={"code": "bad", "message": "No\x1b[2J!"})
    (finding,) = judge(catalogue, default_guide, exchange)
    assert finding.rule == "acct.one"
    assert (finding.cause, finding.action) == (Cause.RECORD_INVALID, Action.FIX_RECORD)
    assert finding.confidence is Confidence.LIKELY
    assert finding.also == (Cause.DUPLICATE_RECORD,)
    assert finding.meaning == "A meaning."
    assert finding.matched == {"code": "bad"}
    assert finding.said == "400 bad: No [2J!"
    assert finding.links == ("https://acct.test/docs",)
    assert finding.exchange is exchange
    assert finding.commands == ()
    assert any("WORKSPACE/acct" in step for step in finding.steps)


def test_the_same_again_is_the_same(made: Make, text_of: Text, default_guide: Guide) -> None:
    catalogue = made(text_of())
    exchange = Exchange(provider="acct", status=400, body={"code": "bad"})
    assert judge(catalogue, default_guide, exchange) == judge(catalogue, default_guide, exchange)


def test_with_a_connection_there_are_commands(
    made: Make, text_of: Text, default_guide: Guide
) -> None:
    catalogue = made(text_of(cause="reconnect-needed"))
    exchange = Exchange(status=400, body={"code": "bad"})
    (finding,) = judge(catalogue, default_guide, exchange, connection=CONNECTION)
    assert finding.provider == "acct"
    assert finding.commands == (("syncdoctor", "reconnect", "shop/books"),)
    assert any("syncdoctor reconnect shop/books" in step for step in finding.steps)


def test_no_rule_is_said_plainly(made: Make, text_of: Text, default_guide: Guide) -> None:
    exchange = Exchange(provider="acct", status=418, body="teapot")
    (finding,) = judge(made(text_of()), default_guide, exchange)
    assert (finding.rule, finding.cause) == (None, Cause.UNKNOWN)
    assert finding.action is Action.CONTACT_SUPPORT
    assert "Acct" in finding.meaning
    assert "Collect" in finding.meaning
    assert finding.steps


def test_an_unknown_provider_is_judged_by_the_common_rules(
    made: Make, text_of: Text, default_guide: Guide
) -> None:
    catalogue = made(text_of(), common=(text_of("common.two"),))
    exchange = Exchange(provider="oauth", status=400, body={"code": "bad"})
    (finding,) = judge(catalogue, default_guide, exchange)
    assert (finding.rule, finding.provider) == ("common.two", "oauth")


def test_the_provider_that_is_given_wins(made: Make, text_of: Text, default_guide: Guide) -> None:
    exchange = Exchange(provider="oauth", status=400, body={"code": "bad"})
    (finding,) = judge(made(text_of()), default_guide, exchange, provider="acct")
    assert finding.rule == "acct.one"


@pytest.mark.parametrize(
    ("confidence", "lowered"), [("certain", "likely"), ("likely", "possible"), ("possible",) * 2]
)
def test_two_causes_at_one_rank_lower_the_confidence(
    made: Make, text_of: Text, default_guide: Guide, confidence: str, lowered: str
) -> None:
    catalogue = made(
        text_of("acct.a", confidence=confidence),
        text_of("acct.b", confidence=confidence, cause="conflict"),
    )
    exchange = Exchange(provider="acct", status=400, body={"code": "bad"})
    (finding,) = judge(catalogue, default_guide, exchange)
    assert (finding.rule, finding.confidence) == ("acct.a", lowered)
    assert finding.also == (Cause.CONFLICT,)


def test_facts_without_an_exchange_each_give_a_finding(
    made: Make, text_of: Text, default_guide: Guide
) -> None:
    catalogue = made(
        text_of("acct.token", cause="reconnect-needed", when="fact = { no_token = true }"),
        text_of("acct.setting", cause="setting-missing", when="fact = { setting_gone = true }"),
    )
    facts = {"no_token": True, "setting_gone": True}
    findings = judge(catalogue, default_guide, Exchange(), facts=facts, provider="acct")
    assert {one.cause for one in findings} == {Cause.RECONNECT_NEEDED, Cause.SETTING_MISSING}
    assert judge(catalogue, default_guide, Exchange(), facts={"no_token": False}) == ()


def test_a_batch_has_a_finding_for_each_cause_with_counts(
    made: Make, text_of: Text, default_guide: Guide
) -> None:
    catalogue = made(
        text_of("acct.locked", cause="record-locked", when="message = 'locked'"),
        text_of("acct.name", cause="record-invalid", when="message = 'name', status = 200"),
    )

    def invoice(*messages: str) -> dict[str, Any]:
        return {"ValidationErrors": [{"Message": text} for text in messages]}

    rows = [invoice("locked"), invoice("name?"), invoice("locked"), invoice(), invoice("odd")]
    exchange = Exchange(provider="acct", status=200, body={"Invoices": rows})
    findings = judge(catalogue, default_guide, exchange)
    assert [(one.cause, one.matched["records"]) for one in findings] == [
        (Cause.RECORD_INVALID, 1),
        (Cause.RECORD_LOCKED, 2),
        (Cause.UNKNOWN, 1),
    ]


def test_what_was_said_is_short(made: Make, text_of: Text, default_guide: Guide) -> None:
    exchange = Exchange(provider="acct", status=500, body="long " * 1000)
    (finding,) = judge(made(text_of()), default_guide, exchange)
    assert len(finding.said) == MAX_SAID


def test_how_long_to_wait_is_told(made: Make, text_of: Text, default_guide: Guide) -> None:
    catalogue = made(text_of(cause="rate-limited", when="status = 429"))
    exchange = Exchange(provider="acct", status=429, headers={"retry-after": "90"})
    (finding,) = judge(catalogue, default_guide, exchange)
    assert finding.retry_after_s == 90
    assert any("2 minutes" in step for step in finding.steps)


def test_a_network_failure(made: Make, text_of: Text, default_guide: Guide) -> None:
    catalogue = made(
        common=(text_of("common.dns", cause="network-failure", when='transport = "dns"'),)
    )
    exchange = Exchange(phase=Phase.NETWORK, transport=Transport.DNS, exception="no such host")
    (finding,) = judge(catalogue, default_guide, exchange, connection=CONNECTION)
    assert finding.commands == (("syncdoctor", "diagnose", "--self"),)
    assert finding.said == "no such host"
