"""Every rule of the tool against every sample of its own, and against healthy answers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import Guide
from syncdoctor.engine.judge import judge
from syncdoctor.engine.samples import SampleResult, run_samples
from syncdoctor.intake.embedded import enrich
from syncdoctor.model import Cause, Exchange, Phase, Rule


@cache
def catalogue() -> Catalogue:
    return load()


def _rules() -> list[Rule]:
    return list(catalogue().rules_with_samples)


def _results() -> list[SampleResult]:
    return list(run_samples(catalogue(), catalogue().rules_with_samples, enrich))


@pytest.mark.parametrize("result", _results(), ids=lambda one: f"{one.rule.id}-{one.number}")
def test_each_sample_finds_its_own_rule_first(result: SampleResult) -> None:
    assert result.problem is None


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule.id)
def test_each_rule_is_whole(rule: Rule, default_guide: Guide) -> None:
    assert rule.sources
    assert rule.samples
    assert rule.meaning.rstrip().endswith((".", "?"))
    assert rule.cause not in rule.also
    assert default_guide.advice(rule.cause, rule.provider).steps


def test_every_provider_with_facts_has_rules() -> None:
    with_rules = {rule.provider for rule in catalogue().rules}
    assert with_rules >= {*catalogue().providers, None}


def test_every_cause_has_a_rule_or_is_unknown() -> None:
    assert {rule.cause for rule in catalogue().rules} >= {*Cause} - {Cause.UNKNOWN}


QUIET = [
    orjson.loads(line) for line in (Path(__file__).parent / "quiet.jsonl").read_bytes().splitlines()
]


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("answer", QUIET, ids=lambda one: one["url"])
def test_a_healthy_answer_meets_no_rule(
    default_guide: Guide, answer: dict[str, Any], as_text: bool
) -> None:
    body = answer["body"]
    if as_text and isinstance(body, dict | list):
        body = orjson.dumps(body).decode()
    exchange = Exchange(
        provider=answer["provider"],
        phase=Phase(answer["phase"]),
        url=answer["url"],
        status=answer["status"],
        body=body,
    )
    assert judge(catalogue(), default_guide, exchange) == ()
