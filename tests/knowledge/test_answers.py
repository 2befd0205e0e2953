"""Answers that people met in public, each judged by somebody who read the thread first.

They were gathered apart from the rules' own samples: one JSON line each, in ``answers/``. Rules may
change so that a family of messages is understood; the lines' ``truth`` may not, to suit a rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import Guide, load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.intake.detect import provider_of
from syncdoctor.intake.parse import exchanges
from syncdoctor.model import Action, Cause, Confidence, Exchange, Finding

FILES = sorted((Path(__file__).parent / "answers").glob("*.jsonl"))
RIGHT = 0.90  # of a file's answers, at least
WRONG_AND_CERTAIN = 0.02  # of a file's answers, at most
KEYS = {"id", "provider", "source", "kind", "phase", "request", "response", "exception", "truth"}
# The files of answers from no provider of the catalogue.
ELSEWHERE = frozenset(("oauth",))

Judged = Callable[[Exchange, str], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line's judgement beside its truth."""

    line: str
    right: bool
    certain: bool
    told: str


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def guide() -> Guide:
    return load_guide("default")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def outcomes(path: Path, judged: Judged) -> list[Outcome]:
    found = []
    for line in lines(path):
        truth = line["truth"]
        form = {key: line.get(key) for key in ("phase", "request", "response", "exception")}
        exchange = next(iter(exchanges(json.dumps(form).encode(), name=line["id"])))
        first = next(iter(judged(exchange, line["provider"])), None)
        cause = str(first.cause) if first else "healthy"
        right = cause == truth["cause"] or cause in truth["accept"]
        rule = first.rule if first else None
        found.append(
            Outcome(
                line=line["id"],
                right=right,
                certain=bool(first and first.confidence is Confidence.CERTAIN),
                told=f"{line['id']}: {truth['cause']}, not {cause} by {rule}",
            )
        )
    return found


def assert_good(found: list[Outcome]) -> None:
    misses = [one.told for one in found if not one.right]
    sure = [one.told for one in found if not one.right and one.certain]
    assert len(misses) <= (1 - RIGHT) * len(found), "\n".join(misses)
    assert len(sure) <= WRONG_AND_CERTAIN * len(found), "\n".join(sure)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_cause_is_right_when_the_provider_is_given(
    path: Path, catalogue: Catalogue, guide: Guide
) -> None:
    def judged(exchange: Exchange, provider: str) -> tuple[Finding, ...]:
        given = None if provider in ELSEWHERE else provider
        return judge(catalogue, guide, exchange, provider=given)

    assert_good(outcomes(path, judged))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_cause_is_right_when_the_provider_is_detected(
    path: Path, catalogue: Catalogue, guide: Guide
) -> None:
    def judged(exchange: Exchange, provider: str) -> tuple[Finding, ...]:
        detected = replace(exchange, provider=provider_of(exchange, catalogue))
        return judge(catalogue, guide, detected)

    assert_good(outcomes(path, judged))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_lines_are_well_formed(path: Path) -> None:
    found = lines(path)
    assert len({line["id"] for line in found}) == len(found)
    for line in found:
        assert line.keys() >= KEYS, line["id"]
        assert line["kind"] in {"thread", "vendor-doc", "sdk-fixture", "help-page"}, line["id"]
        assert line["source"].startswith("https://"), line["id"]
        assert line["response"] or line["exception"], line["id"]
        truth = line["truth"]
        assert {truth["cause"], *truth["accept"]} <= set(Cause), line["id"]
        assert truth["action"] in set(Action), line["id"]
        assert truth["why"], line["id"]
