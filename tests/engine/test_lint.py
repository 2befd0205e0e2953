from __future__ import annotations

from collections.abc import Callable

import pytest

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.lint import alternatives, remarks, unreached
from syncdoctor.engine.samples import run_samples

Make = Callable[..., Catalogue]
Text = Callable[..., str]


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("a|b", ["a", "b"]),
        ("(a|b)c|d", ["(a|b)c", "d"]),
        (r"[|(]x|\|y|\(z", ["[|(]x", r"\|y", r"\(z"]),
        ("whole", ["whole"]),
    ],
)
def test_alternatives_are_told_apart(expression: str, parts: list[str]) -> None:
    assert alternatives(expression) == parts


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (r"message = 'period|is invalid\\b'", [r"\\b looks for a backslash"]),
        (r'message = "period|\binvalid"', ["holds the control character 8"]),
        ("message = 'period|eof'", ['"eof" is found inside other words']),
        ("url = 'api'", ['"api" is found inside other words']),
        ("header = { x-problem = 'day|daily' }", ['"day" is found inside other words']),
        ("message = 'period|locked|period'", ['"period" stands there twice']),
        (r"message = '\bperiod\b|\beof\b|(eof|tls) error|\\\\server'", []),
    ],
)
def test_doubts(made: Make, text_of: Text, when: str, said: list[str]) -> None:
    found = [one.text for one in remarks(made(text_of(when=when)).rules)]
    assert [text[: len(start)] for text, start in zip(found, said, strict=True)] == said


def test_alternatives_that_no_sample_reaches(made: Make, text_of: Text) -> None:
    sample = 'status = 400\nbody = \'{"code": "bad", "message": "no!"}\''
    catalogue = made(text_of(when="message = 'no|never said'", sample=sample))
    found = [one.text for one in unreached(run_samples(catalogue, catalogue.rules_with_samples))]
    assert found == ['no sample reaches "never said"']


def test_the_catalogue_leaves_no_doubt() -> None:
    assert list(remarks(load().rules)) == []
