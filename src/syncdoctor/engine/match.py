"""Which rules hold for a signal, best first, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.expressions import compiled
from syncdoctor.engine.index import Asked, Index, Rank, straight
from syncdoctor.model import NOTHING, Rule, Signal

# How many different answers are remembered; all are forgotten when there are more.
REMEMBERED = 1_024
FRAGMENT = 200


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A rule that holds for a signal; the same one for signals that rules cannot tell apart."""

    rule: Rule
    rank: Rank


def index_of(catalogue: Catalogue, provider: str | None) -> Index:
    """The index of the rules for a provider's answers, built once."""
    index: Index | None = catalogue.memo.get(("index", provider))
    if index is None:
        common = None if provider is None else index_of(catalogue, None)
        index = Index(catalogue.rules_for(provider), common)
        catalogue.memo["index", provider] = index
    return index


def match(catalogue: Catalogue, signal: Signal) -> tuple[Match, ...]:
    """Every rule that holds, ranked as docs/rules.md says, then by id."""
    if not signal.is_error and not signal.facts and signal.status is None:
        return ()
    index = index_of(catalogue, signal.provider)
    seen: dict[Any, tuple[Match, ...]] = catalogue.memo.setdefault("matches", {})
    asked = index.asked(signal)
    key = _key(signal, index, asked)
    known = seen.get(key)
    if known is None:
        if len(seen) >= REMEMBERED:
            seen.clear()
        known = seen[key] = _ranked(index, signal, asked)
    return known


def _key(signal: Signal, index: Index, asked: Asked) -> tuple[Any, ...]:
    """What of a signal the rules of an index can tell apart."""
    return (
        signal.provider,
        signal.is_error,
        signal.status,
        signal.phase,
        asked,
        signal.transport,
        signal.body_kind,
        signal.method,
        tuple([signal.headers.get(name) for name in index.header_names]),
        tuple(signal.facts.items()) if signal.facts else None,
    )


def _ranked(index: Index, signal: Signal, asked: Asked) -> tuple[Match, ...]:
    holding = sorted(index.holding(signal, asked), key=lambda one: one.rule.id)
    holding.sort(key=lambda one: one.rank, reverse=True)
    return tuple(Match(one.rule, one.rank) for one in holding)


def evidence(rule: Rule, signal: Signal) -> Mapping[str, Any]:
    """What of the signal met each condition of a rule that holds."""
    when = rule.when
    plain = {
        "phase": signal.phase,
        "status": signal.status,
        "transport": signal.transport,
        "method": signal.method,
        "body": signal.body_kind,
    }
    found: dict[str, Any] = {key: value for key, value in plain.items() if key in when}
    if "code" in when:
        asked = {code.lower() for code in _listed(when["code"])}
        found["code"] = next((code for code in signal.codes if code.lower() in asked), None)
    if "message" in when:
        found["message"] = _fragment(_listed(when["message"]), signal.messages)
    if "url" in when and signal.url:
        found["url"] = _fragment(_listed(when["url"]), (signal.url,))
    if "header" in when:
        found["header"] = {n: signal.headers.get(n.lower()) for n in when["header"]}
    if "fact" in when:
        found["fact"] = dict(when["fact"])
    return found or NOTHING


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _fragment(expressions: list[str], texts: tuple[str, ...]) -> str | None:
    for text in texts:
        for expression in expressions:
            if hit := compiled(expression).search(straight(text)):
                return str(hit[0])[:FRAGMENT]
    return None
