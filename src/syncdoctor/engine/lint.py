"""What is doubtful in the expressions of rules, although they load: dead parts, and too wide ones.

An expression that holds for the empty text does not load at all (see expressions.check).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from syncdoctor.engine.expressions import compiled
from syncdoctor.engine.samples import SampleResult
from syncdoctor.model import Rule

SHORT = 3  # letters of a word that stands inside many others
_TWICE = re.compile(r"(?<!\\)(?:\\\\)+(?:[AbBz]|[dDsSwW](?![a-z]))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WORD = re.compile(rf"\w{{1,{SHORT}}}")


class Remark(NamedTuple):
    """One doubt about one expression of a rule, in a sentence."""

    rule: str
    key: str
    text: str


def remarks(rules: Iterable[Rule]) -> Iterator[Remark]:
    """Everything doubtful in the expressions of rules."""
    for rule in rules:
        for key, expression in expressions_of(rule):
            for text in _doubts(expression):
                yield Remark(rule.id, key, text)


def unreached(results: Iterable[SampleResult]) -> Iterator[Remark]:
    """Alternatives over messages that no sample of their rule shows at work: worth a sample."""
    rules: dict[str, Rule] = {}
    said: dict[str, list[str]] = {}
    for one in results:
        rules[one.rule.id] = one.rule
        said.setdefault(one.rule.id, []).extend(one.signal.messages)
    for identity, rule in rules.items():
        for key, expression in expressions_of(rule):
            if key != "message":
                continue
            for part in alternatives(expression):
                if not any(compiled(part).search(text) for text in said[identity]):
                    yield Remark(identity, key, f'no sample reaches "{part}"')


def sentence(remark: Remark) -> str:
    """A remark as one line."""
    return f"{remark.rule}: {remark.key}: {remark.text}."


def expressions_of(rule: Rule) -> Iterator[tuple[str, str]]:
    """Each expression of a rule with its key in ``when``."""
    for key in ("message", "url"):
        asked = rule.when.get(key, ())
        for expression in (asked,) if isinstance(asked, str) else asked:
            yield key, expression
    for name, expression in rule.when.get("header", {}).items():
        yield f"header.{name}", expression


def alternatives(expression: str) -> list[str]:
    """The alternatives of an expression that stand in no group."""
    parts, depth, listed, escaped = [""], 0, False, False
    for char in expression:
        if char == "|" and not (depth or listed or escaped):
            parts.append("")
            continue
        parts[-1] += char
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif listed:
            listed = char != "]"
        elif char == "[":
            listed = True
        elif char in "()":
            depth += 1 if char == "(" else -1
    return parts


def _doubts(expression: str) -> Iterator[str]:
    if found := _TWICE.search(expression):
        yield (
            f"{found[0]} looks for a backslash and never for what {found[0][-2:]} means: "
            "in single quotes one backslash is enough"
        )
    if found := _CONTROL.search(expression):
        yield (
            f"holds the control character {ord(found[0])}: "
            r"\b in double quotes is a backspace; write the expression in single quotes"
        )
    seen: set[str] = set()
    for part in alternatives(expression):
        if _WORD.fullmatch(part):
            yield f'"{part}" is found inside other words: write \\b{part}\\b'
        if part in seen:
            yield f'"{part}" stands there twice'
        seen.add(part)
