"""The common rules alone: what they say of answers whose provider's own rules are left out.

They are what judges a wording that no provider's rule knows. How many of the kept answers they get
right shows whether their families stay general.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.knowledge.test_answers import ELSEWHERE, outcomes

from syncdoctor.engine import catalogue as engine
from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.guide import Guide, load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.engine.rule_file import COMMON
from syncdoctor.intake.parse import exchanges
from syncdoctor.model import Cause, Exchange, Finding

HERE = Path(__file__).parent
# Of the answers in each file, at least this share, a little under what is reached.
RIGHT = {
    "freeagent": 0.85,
    "gocardless": 0.86,
    "google-calendar": 0.88,
    "help-pages": 0.92,
    "myob": 0.85,
    "oauth": 0.96,
    "webhook": 0.88,
    "xero": 0.85,
    "zoho-books": 0.86,
}
RIGHT_SENTENCES = 0.95
# Sentences of our own, each with the causes that are right for it.
SENTENCES = [line.split("\t") for line in (HERE / "families.tsv").read_text("utf-8").splitlines()]
QUIET = (HERE / "quiet.txt").read_text("utf-8").splitlines()


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return engine.load(only=COMMON)


@pytest.fixture(scope="module")
def guide() -> Guide:
    return load_guide("default")


def pasted(text: str) -> list[Exchange]:
    return list(exchanges(text.encode(), name="pasted"))


@pytest.mark.parametrize("name", RIGHT)
def test_the_kept_answers_without_their_providers_rules(
    name: str, catalogue: Catalogue, guide: Guide
) -> None:
    def judged(exchange: Exchange, provider: str) -> tuple[Finding, ...]:
        given = None if provider in ELSEWHERE else provider
        return judge(catalogue, guide, exchange, provider=given)

    found = outcomes(HERE / "answers" / f"{name}.jsonl", judged)
    misses = [one.told for one in found if not one.right]
    assert len(misses) <= (1 - RIGHT[name]) * len(found), "\n".join(misses)


def test_sentences_of_every_family(catalogue: Catalogue, guide: Guide) -> None:
    wrong = []
    for causes, sentence in SENTENCES:
        first = next(iter(judge(catalogue, guide, pasted(sentence)[0])), None)
        if first is None or str(first.cause) not in causes.split(","):
            wrong.append(f"{sentence}: {causes}, not {first and first.cause}")
    assert len(wrong) <= (1 - RIGHT_SENTENCES) * len(SENTENCES), "\n".join(wrong)


@pytest.mark.parametrize("line", QUIET)
def test_lines_without_an_error_are_given_no_cause(
    line: str, catalogue: Catalogue, guide: Guide
) -> None:
    for exchange in pasted(line):
        told = [finding.cause for finding in judge(catalogue, guide, exchange)]
        assert told in ([], [Cause.UNKNOWN])
