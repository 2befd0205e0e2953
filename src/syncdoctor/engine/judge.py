"""The judgement: what an exchange means and what to do about it. Read, match and guide in one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.commands import renewal, safe, switching_on, typed
from syncdoctor.engine.guide import SIGN_ON, Guide
from syncdoctor.engine.match import REMEMBERED, Match, evidence, index_of, match
from syncdoctor.engine.provider import Provider
from syncdoctor.engine.read import is_plainly_healthy, read
from syncdoctor.engine.records import failed_records
from syncdoctor.model import (
    NOTHING,
    USUAL_ACTION,
    Action,
    Cause,
    Confidence,
    Connection,
    CredentialKind,
    Exchange,
    Finding,
    Severity,
    Signal,
)

MAX_SAID = 300
_LOWER = {Confidence.CERTAIN: Confidence.LIKELY, Confidence.LIKELY: Confidence.POSSIBLE}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


def judge(
    catalogue: Catalogue,
    guide: Guide,
    exchange: Exchange,
    *,
    facts: Mapping[str, Any] = NOTHING,
    connection: Connection | None = None,
    provider: str | None = None,
) -> tuple[Finding, ...]:
    """What is wrong with an exchange, best finding first; empty when it is healthy.

    The provider is the one given, else the exchange's, else the connection's; one that the
    catalogue does not know is judged by the common rules. A batch has a finding for each
    cause among its records. When no rule holds there is one finding of cause ``unknown``.
    """
    name = provider or exchange.provider or (connection.provider if connection else None)
    known = catalogue.providers.get(name or "")
    index = index_of(catalogue, known.id if known else None)
    silent = not facts and exchange.status not in index.success_statuses
    if silent and is_plainly_healthy(exchange, known):
        return ()
    signal = read(exchange, known, facts)
    case = _Case(guide, known, name, connection, catalogue.memo.setdefault("advices", {}))
    if known and signal.is_error and known.envelope.records:
        records = failed_records(exchange, known)
        if records:
            return _of_records(catalogue, case, exchange, [read(r, known, facts) for r in records])
    matches = match(catalogue, signal)
    if not matches and not signal.is_error:
        return ()
    told = _remembered(catalogue, case, matches, signal)
    return tuple(Finding(**parts, exchange=exchange) for parts in told)


def recalled(
    catalogue: Catalogue, guide: Guide, connection: Connection, cause: Cause, said: str
) -> Finding:
    """What a sync met that no answer shows any more, with the steps that belong to its cause."""
    provider = catalogue.providers.get(connection.provider)
    case = _Case(guide, provider, connection.provider, connection, {})
    told = case.advice(cause, USUAL_ACTION[cause], Signal(provider=connection.provider))
    return Finding(
        rule=None,
        confidence=Confidence.LIKELY,
        severity=Severity.ERROR,
        meaning="The last sync met this. What is asked now does not show whether it still holds.",
        **{**told, "said": said},
    )


def _remembered(
    catalogue: Catalogue, case: _Case, matches: tuple[Match, ...], signal: Signal
) -> list[dict[str, Any]]:
    """The findings of matches; kept where they name no connection, because many say the same."""
    if case.connection is not None:
        return case.findings(matches, signal)
    seen: dict[Any, list[dict[str, Any]]] = catalogue.memo.setdefault("findings", {})
    quoted = (signal.status, signal.codes, signal.messages, signal.body_kind)
    # Without local facts only the best match is told of, and what it quotes of the address.
    quotes_url = signal.facts or (matches and "url" in matches[0].rule.when)
    url = signal.url if quotes_url else None
    key = (case.key, matches, quoted, url, signal.retry_after_s)
    told = seen.get(key)
    if told is None:
        if len(seen) >= REMEMBERED:
            seen.clear()
        told = seen[key] = case.findings(matches, signal)
    return told


def _of_records(
    catalogue: Catalogue, case: _Case, exchange: Exchange, signals: list[Signal]
) -> tuple[Finding, ...]:
    """One finding for each cause among the records of a batch, with how many records have it."""
    groups: dict[Cause, list[tuple[tuple[Match, ...], Signal]]] = {}
    for signal in signals:
        matches = match(catalogue, signal)
        cause = matches[0].rule.cause if matches else Cause.UNKNOWN
        groups.setdefault(cause, []).append((matches, signal))

    def order(group: list[tuple[tuple[Match, ...], Signal]]) -> Any:
        best = group[0][0]
        return (bool(best), best[0].rank if best else (), len(group))

    findings = []
    for group in sorted(groups.values(), key=order, reverse=True):
        parts = case.findings(*group[0])[0]
        parts["matched"] = {**parts.get("matched", NOTHING), "records": len(group)}
        findings.append(Finding(**parts, exchange=exchange))
    return tuple(findings)


class _Case:
    """What stays the same over the findings about one provider, guide and connection."""

    __slots__ = ("advices", "connection", "guide", "key", "name", "provider", "target")

    def __init__(
        self,
        guide: Guide,
        provider: Provider | None,
        name: str | None,
        connection: Connection | None,
        advices: dict[Any, dict[str, Any]],
    ) -> None:
        self.guide = guide
        self.provider = provider
        self.name = name
        self.connection = connection
        self.target = connection.target if connection else f"WORKSPACE/{name or 'CONNECTION'}"
        self.key = (guide, name)
        self.advices = advices if connection is None else {}

    def findings(self, matches: tuple[Match, ...], signal: Signal) -> list[dict[str, Any]]:
        """The best match, then whatever local facts say besides, each cause once."""
        if not matches:
            return [self._unknown(signal)]
        chosen = {matches[0].rule.cause: matches[0]}
        for one in matches[1:]:
            if "fact" in one.rule.when:
                chosen.setdefault(one.rule.cause, one)
        first = matches[0]
        tied = [m.rule.cause for m in matches[1:] if m.rank == first.rank]
        return [self._finding(one, signal, tied if one is first else ()) for one in chosen.values()]

    def _finding(self, match: Match, signal: Signal, tied: Iterable[Cause]) -> dict[str, Any]:
        rule = match.rule
        also = dict.fromkeys((*(c for c in tied if c is not rule.cause), *rule.also))
        rivals = any(cause is not rule.cause for cause in tied)
        sure = _LOWER.get(rule.confidence, rule.confidence) if rivals else rule.confidence
        return {
            "rule": rule.id,
            "confidence": sure,
            "severity": rule.severity,
            "meaning": rule.meaning,
            "links": tuple(source for source in rule.sources if "://" in source),
            "also": tuple(also),
            "matched": evidence(rule, signal),
            **self.advice(rule.cause, rule.action, signal),
        }

    def _unknown(self, signal: Signal) -> dict[str, Any]:
        who = self.provider.name if self.provider else "this provider"
        return {
            "rule": None,
            "confidence": Confidence.POSSIBLE,
            "severity": Severity.ERROR,
            "meaning": f"No rule knows this answer of {who}. Collect the request's method and "
            "address, the status, the headers and the body, and when it happened.",
            **self.advice(Cause.UNKNOWN, Action.CONTACT_SUPPORT, signal),
        }

    def advice(self, cause: Cause, action: Action, signal: Signal) -> dict[str, Any]:
        """What to call a cause and what to do about it."""
        key = (self.key, cause, action, signal.retry_after_s)
        told = self.advices.get(key)
        if told is None:
            if len(self.advices) >= REMEMBERED:
                self.advices.clear()
            told = self.advices[key] = self._filled(cause, action, signal)
        return {**told, "said": said(signal)}

    def _filled(self, cause: Cause, action: Action, signal: Signal) -> dict[str, Any]:
        command = self._command(cause, action)
        unasked = safe(cause, action, self.target, self.provider)
        advice = self.guide.advice(cause, self._advised(cause, action))
        advice = advice.filled(self._values(command, signal))
        return {
            "cause": cause,
            "action": action,
            "provider": self.name,
            "title": advice.title,
            "steps": advice.steps,
            "commands": (unasked,) if self.connection else (),
            "retry_after_s": signal.retry_after_s,
        }

    def _command(self, cause: Cause, action: Action) -> tuple[str, ...]:
        one, room = self.connection, self.provider
        if one is not None and room is not None and action is Action.CONFIGURE:
            if cause is Cause.API_DISABLED and not one.enabled:
                return switching_on(one.credential, one.target, room)
            nowhere = one.organisation is None and "organisation" in room.required_of(one)
            if cause is Cause.SETTING_MISSING and nowhere:  # it is chosen by signing in
                return renewal(one.credential, one.target)
        return typed(cause, action, self.target, self.provider)

    def _advised(self, cause: Cause, action: Action) -> str | None:
        """Whose steps a guide is asked for: some of a provider's troubles have their own."""
        if self.connection is not None and self.connection.credential is CredentialKind.FEED:
            return f"{self.name}-feed"  # no sign-in
        signs_on = self.provider is not None and self.provider.sign_on is not None
        if signs_on and (cause, action) == (Cause.PERMISSION_DENIED, Action.CONFIGURE):
            return f"{self.name}{SIGN_ON}"  # a password, and no right
        return self.name

    def _values(self, command: tuple[str, ...], signal: Signal) -> dict[str, str]:
        guide, provider = self.guide, self.provider
        name = provider.name if provider else "the provider"
        return {
            "provider": name,
            "product": guide.product,
            "organisation_word": provider.organisation_word if provider else "organisation",
            "connection": self.target if self.connection else f"the connection to {name}",
            "workspace": self.connection.workspace if self.connection else "the workspace",
            "support": guide.support,
            "ask_for": _and(guide.ask_for),
            "command": shlex.join(command),
            "retry_after": _duration(signal.retry_after_s),
            **{f"place.{name}": place for name, place in guide.places.items()},
        }


def said(signal: Signal) -> str:
    """A short quote of what the provider said: status, codes, messages. No control characters."""
    parts = [str(signal.status)] if signal.status is not None else []
    if signal.body_kind in ("json", "xml") or not signal.messages:
        told = str(signal.status)  # which many bodies repeat
        parts.extend([code for code in signal.codes if code != told][:3])
    quoted = " ".join(parts)
    messages = [text for text in signal.messages if text not in signal.codes][:3]
    if messages:
        told = " / ".join(messages)
        quoted = f"{quoted}: {told}" if quoted else told
    quoted = _CONTROL.sub(" ", quoted).strip()
    return quoted if len(quoted) <= MAX_SAID else quoted[: MAX_SAID - 1] + "…"


def _and(words: tuple[str, ...]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "a few minutes"
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            count = -(-int(seconds) // size)
            return f"{count} {word}" + ("s" if count > 1 else "")
    return "a second"
