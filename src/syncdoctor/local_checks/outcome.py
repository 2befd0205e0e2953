"""How a local check is made: a problem when one of its facts holds."""

from __future__ import annotations

from typing import Any

from syncdoctor.model import Check


def outcome(name: str, fine: str, wrong: str, **facts: Any) -> Check:
    """A check; ``fine`` and ``wrong`` say what was seen. ``facts`` are those of docs/rules.md."""
    bad = any(value is True for value in facts.values())
    return Check(name, "problem" if bad else "ok", wrong if bad else fine, None, facts)


def to_ask(name: str, question: str) -> Check:
    """A check that cannot be made before somebody answers."""
    return Check(name, "to-ask", question)
