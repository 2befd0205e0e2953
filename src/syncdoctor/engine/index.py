"""The rules for one provider's answers, arranged so that an answer meets few of them.

Each rule sits under its most selective condition: a code, a message, a fact, a failure of
transport, a header, an address, a status. All expressions over messages are one RE2 set, so that
they cost one pass however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from syncdoctor.engine.expressions import ExpressionSet, compiled
from syncdoctor.engine.ids import blind, spelled_by
from syncdoctor.model import Confidence, Rule, Signal

_SURENESS = {Confidence.CERTAIN: 2, Confidence.LIKELY: 1, Confidence.POSSIBLE: 0}
_NO_IDS: frozenset[int] = frozenset()

Rank = tuple[bool, bool, int, int]


def rank_of(rule: Rule) -> Rank:
    """The rank of docs/rules.md: a fact asked for, provider's own, conditions, confidence."""
    when = rule.when
    conditions = sum(len(v) if isinstance(v, dict) else 1 for v in when.values())
    return ("fact" in when, rule.provider is not None, conditions, _SURENESS[rule.confidence])


def straight(text: str) -> str:
    """The text with the apostrophes that rules are written with, for those of typographers."""
    return text if text.isascii() else text.replace("\u2019", "'")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Asked(NamedTuple):
    """What of an answer's words rules ask for: codes, and the numbers of expressions that hold."""

    codes: frozenset[str]
    messages: frozenset[int]
    urls: frozenset[int]


class Prepared:
    """One rule made ready to be compared; None stands for a condition that it does not ask."""

    __slots__ = (
        "bodies",
        "codes",
        "facts",
        "headers",
        "messages",
        "methods",
        "on_success",
        "phases",
        "rank",
        "rule",
        "statuses",
        "transports",
        "urls",
    )

    def __init__(self, rule: Rule, messages: ExpressionSet, urls: ExpressionSet) -> None:
        when = rule.when
        self.rule = rule
        self.rank = rank_of(rule)
        self.phases = _words(when, "phase")
        self.transports = _words(when, "transport")
        self.methods = _words(when, "method")
        self.bodies = _words(when, "body")
        self.codes = frozenset(c.lower() for c in _listed(when["code"])) if "code" in when else None
        self.statuses = _statuses(when["status"]) if "status" in when else None
        self.messages = messages.add(_listed(when["message"])) if "message" in when else None
        self.urls = urls.add(_listed(when["url"])) if "url" in when else None
        self.headers = tuple((n.lower(), e) for n, e in when.get("header", {}).items())
        self.facts = tuple(when.get("fact", {}).items())
        # Without an error only local facts count, or a good status that the rule itself names.
        self.on_success = bool(self.facts) or any(
            isinstance(status, int) and status < HTTPStatus.BAD_REQUEST
            for status in _listed(when.get("status", []))
        )

    @property
    def may_hold_in_silence(self) -> bool:
        """Whether it can hold for a good status whose body, of JSON or empty, has no error."""
        silent = self.codes is None and self.messages is None and not self.facts
        bodies = self.bodies is None or not self.bodies.isdisjoint(("json", "empty"))
        return self.on_success and silent and bodies

    def holds(self, signal: Signal, asked: Asked) -> bool:
        """Whether every condition holds."""
        codes, messages, urls = asked
        return (
            (self.statuses is None or signal.status in self.statuses)
            and (self.phases is None or signal.phase in self.phases)
            and (self.codes is None or not self.codes.isdisjoint(codes))
            and (self.messages is None or not self.messages.isdisjoint(messages))
            and (self.transports is None or signal.transport in self.transports)
            and (self.urls is None or not self.urls.isdisjoint(urls))
            and (self.methods is None or signal.method in self.methods)
            and (self.bodies is None or signal.body_kind in self.bodies)
            and (signal.is_error or self.on_success)
            and (not self.facts or all(_known(signal.facts, k, v) for k, v in self.facts))
            and (not self.headers or all(_header(signal, n, e) for n, e in self.headers))
        )


def _words(when: Mapping[str, Any], key: str) -> frozenset[str] | None:
    return frozenset(_listed(when[key])) if key in when else None


def _statuses(value: Any) -> frozenset[int]:
    numbers: set[int] = set()
    for one in _listed(value):
        numbers.update(
            range(int(one[0]) * 100, int(one[0]) * 100 + 100) if isinstance(one, str) else (one,)
        )
    return frozenset(numbers)


def _known(facts: Mapping[str, Any], name: str, value: Any) -> bool:
    return name in facts and facts[name] == value


def _header(signal: Signal, name: str, expression: str) -> bool:
    text = signal.headers.get(name)
    return text is not None and compiled(expression).search(text) is not None


class Index:
    """The rules for one provider's answers, each in one bucket."""

    __slots__ = (
        "by_code",
        "by_fact",
        "by_header",
        "by_message",
        "by_status",
        "by_transport",
        "by_url",
        "header_names",
        "messages",
        "rest",
        "spelled",
        "success_statuses",
        "urls",
    )

    def __init__(self, rules: Iterable[Rule], common: Index | None = None) -> None:
        """``common`` holds the rules that any provider's answers share: they are tried once."""
        rules = tuple(rules)
        self.spelled = spelled_by(rules)
        self.messages: ExpressionSet = ExpressionSet(common.messages if common else None)
        self.urls: ExpressionSet = ExpressionSet(common.urls if common else None)
        self.by_code: dict[str, list[Prepared]] = {}
        self.by_message: dict[int, list[Prepared]] = {}
        self.by_fact: dict[str, list[Prepared]] = {}
        self.by_transport: dict[str, list[Prepared]] = {}
        self.by_header: dict[str, list[Prepared]] = {}
        self.by_url: dict[int, list[Prepared]] = {}
        self.by_status: dict[int, list[Prepared]] = {}
        self.rest: list[Prepared] = []
        # Good statuses that are not always healthy even where the body says nothing.
        self.success_statuses: frozenset[int] = frozenset()
        names: set[str] = set()
        for rule in rules:
            one = Prepared(rule, self.messages, self.urls)
            names.update(name for name, _ in one.headers)
            if one.may_hold_in_silence:
                self.success_statuses |= one.statuses or _NO_IDS
            self._place(one)
        self.header_names = tuple(sorted(names))

    def _place(self, one: Prepared) -> None:
        buckets: tuple[tuple[dict[Any, list[Prepared]], Iterable[Any] | None], ...] = (
            (self.by_code, one.codes),
            (self.by_message, one.messages),
            (self.by_fact, [one.facts[0][0]] if one.facts else None),
            (self.by_transport, one.transports),
            (self.by_header, [one.headers[0][0]] if one.headers else None),
            (self.by_url, one.urls),
            (self.by_status, one.statuses),
        )
        for bucket, keys in buckets:
            if keys is not None:
                for key in keys:
                    bucket.setdefault(key, []).append(one)
                return
        self.rest.append(one)

    def asked(self, signal: Signal) -> Asked:
        """What of a signal's words the rules ask for: ids and amounts make no difference."""
        codes = [code.lower() for code in signal.codes]
        words = [blind(straight(text), self.spelled) for text in signal.messages]
        return Asked(
            frozenset([code for code in codes if code in self.by_code]),
            self.messages.matches(words) if words else _NO_IDS,
            self.urls.matches((blind(signal.url, self.spelled),)) if signal.url else _NO_IDS,
        )

    def holding(self, signal: Signal, asked: Asked) -> list[Prepared]:
        """The rules that hold for a signal, each once, in no particular order."""
        met: dict[int, Prepared] = {id(one): one for one in self.rest}
        places: tuple[tuple[dict[Any, list[Prepared]], Iterable[Any]], ...] = (
            (self.by_code, asked.codes),
            (self.by_message, asked.messages),
            (self.by_fact, signal.facts),
            (self.by_transport, (signal.transport,)),
            (self.by_header, self.header_names),
            (self.by_url, asked.urls),
            (self.by_status, (signal.status,)),
        )
        for bucket, keys in places:
            if bucket:
                for key in keys:
                    for one in bucket.get(key, ()):
                        met[id(one)] = one
        return [one for one in met.values() if one.holds(signal, asked)]
