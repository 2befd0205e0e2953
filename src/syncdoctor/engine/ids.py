"""Marks that tell one answer from the next: numbers, amounts, dates, ids.

Which invoice it was is no sign of what is wrong with it. Rules therefore see that there is a
mark and how long it is, and not which: it is made of ones to them. A mark that a rule spells
out in full, as a vendor's error number, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from syncdoctor.model import Rule

# A number may stand behind a few letters, as in INV004711, but not AADSTS700082. No mark stands
# in an escape (%20, &#8217;), an address or a version. Where it could stand bare in a structure
# that a program printed, what can be read as other things is none: 0123, and ids without dashes
# (1e45, a45). Eighteen digits are a whole number in every program.
MARK = (
    r"([0-9a-fA-Z](?<![0-9A-Za-z%.#\\].)(?:"
    r"(?<=[0-9a-f])(?<!_.)[0-9a-f]{7}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![_:])"
    r"|(?<=[0-9])[0-9]{3}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?Z?)?"
    r"|(?:(?<=[1-9])(?<!_.)|(?<=[\"/=-]0))(?:[0-9]{0,11}\.[0-9]{2}|[0-9]{3,17})"
    r"|(?<=[A-Z])(?:[A-Z]{0,2}[0-9]{4,18}|(?=[A-Z](?:[A-Z]{0,9}[0-9]){4})[A-Z][0-9][0-9A-Z]{7,19})"
    r"|(?<=[\"/=-][0-9a-f])(?=[a-f]{0,7}[0-9])[0-9a-f]{7,63}(?![_:])"
    r")(?![0-9A-Za-z]|\.[0-9A-Za-z]))"
)
_MARK = re.compile(MARK, re.ASCII)
_NUMBER = re.compile(r"[0-9]{4,}")
_DATE = re.compile(r"[0-9]{4}-")
_DIGITS = str.maketrans("0123456789", "1" * 10)
_LETTERS = str.maketrans("023456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZ", "1" * 41)


def spelled_by(rules: Iterable[Rule]) -> frozenset[str]:
    """The marks and long numbers that rules spell out in what they ask of an answer's words."""
    found: set[str] = set()
    for rule in rules:
        for key in ("code", "message", "url", "header"):
            asked = rule.when.get(key, ())
            texts = asked.values() if isinstance(asked, Mapping) else asked
            for text in (texts,) if isinstance(texts, str) else texts:
                found.update(_MARK.findall(text), _NUMBER.findall(text))
    return frozenset(found)


def blind(text: str, spelled: frozenset[str]) -> str:
    """A text in which each mark is made of ones, but those that rules spell out."""

    def ones(found: re.Match[str]) -> str:
        mark = found[1]
        if mark in spelled:
            return mark
        return mark.translate(_DIGITS if _DATE.match(mark) else _LETTERS)

    return _MARK.sub(ones, text)
