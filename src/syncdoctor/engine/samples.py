"""The samples of rules as tests: each must find its own rule first, and alone at its rank."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.match import Match, match
from syncdoctor.engine.read import read
from syncdoctor.model import Exchange, Rule, Sample, Signal


@dataclass(frozen=True, slots=True)
class SampleResult:
    """What the catalogue made of one sample. ``problem`` is None when it found its rule."""

    rule: Rule
    number: int
    signal: Signal
    matches: tuple[Match, ...]
    problem: str | None


def exchange_of(rule: Rule, sample: Sample) -> Exchange:
    """The exchange that a sample stands for."""
    return Exchange(
        provider=rule.provider,
        phase=sample.phase,
        method=sample.method or "GET",
        url=sample.url or "",
        status=sample.status,
        headers=sample.headers,
        body=sample.body,
        exception=sample.exception,
    )


def run_samples(
    catalogue: Catalogue,
    rules: tuple[Rule, ...],
    prepare: Callable[[Exchange], Exchange] = lambda exchange: exchange,
) -> Iterator[SampleResult]:
    """Try every sample of some rules; ``prepare`` does what intake would do to the exchange."""
    for rule in rules:
        provider = catalogue.providers[rule.provider] if rule.provider else None
        for number, sample in enumerate(rule.samples, 1):
            signal = read(prepare(exchange_of(rule, sample)), provider, sample.facts)
            matches = match(catalogue, signal)
            yield SampleResult(rule, number, signal, matches, _problem(rule, signal, matches))


def _problem(rule: Rule, signal: Signal, matches: tuple[Match, ...]) -> str | None:
    if not matches:
        return f"no rule holds for {_seen(signal)}"
    first = matches[0]
    if first.rule.id != rule.id:
        found = any(one.rule.id == rule.id for one in matches)
        why = "which ranks before it" if found else f"and its own does not hold for {_seen(signal)}"
        return f"found {first.rule.id} first, {why}"
    for other in matches[1:]:
        if other.rank == first.rank and other.rule.cause is not rule.cause:
            return f"{other.rule.id} ({other.rule.cause}) holds at the same rank"
    return None


def _seen(signal: Signal) -> str:
    parts = {
        "phase": signal.phase,
        "status": signal.status,
        "transport": signal.transport,
        "codes": list(signal.codes),
        "messages": list(signal.messages),
        "body": signal.body_kind,
        "error": signal.is_error,
    }
    return ", ".join(f"{name} {value}" for name, value in parts.items() if value not in (None, []))
