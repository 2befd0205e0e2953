"""Records that were changed in the product and at the provider since the last sync. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from syncdoctor.engine.adapter import Remote
from syncdoctor.errors import UsageError

SETTING = "conflicts"


class Rule(StrEnum):
    """Whose change stands. ``skip`` leaves both sides as they are, and is the usual one."""

    SKIP = "skip"
    PRODUCT = "product"
    PROVIDER = "provider"


_WORDS = {
    Rule.SKIP: "Nothing was changed on either side.",
    Rule.PRODUCT: "The product's version was sent, as conflicts=product asks.",
    Rule.PROVIDER: "The provider's version stays, as conflicts=provider asks.",
}


def rule_of(
    given: str | None, settings: Mapping[str, Any], hint: str = f"--setting {SETTING}=skip"
) -> Rule:
    """The rule that was asked for, else the connection's.

    Args:
        given: what was asked for, if anything.
        settings: those of the connection.
        hint: how to choose another one.

    Raises:
        UsageError: there is no such rule.
    """
    word = given or str(settings.get(SETTING) or Rule.SKIP)
    if word not in set(Rule):
        raise UsageError(
            f"{SETTING} is {word!r}; it is one of {', '.join(Rule)}.",
            hint,
        )
    return Rule(word)


def both_changed(remote: Remote, base: str | None) -> bool:
    """Whether the provider's record is another than the one that the last sync left.

    Without a ``base`` nobody knows what it was, which is no better.
    """
    return remote.version is not None and remote.version != base


def words(key: str, why: str, rule: Rule) -> str:
    """What is told of one conflict."""
    said = why or "was changed on both sides since the last sync"
    return f"{key} {said}. {_WORDS[rule]}"
