"""Tells whose answer an exchange holds: by host, by header, by the shape of the body, by name.

What identifies a provider is in its ``facts.toml``, table ``[detect]``; it is compiled once for a
catalogue. The first of these that tells one provider decides: the exchange's own word, the host of
the URL, the names of the answer's headers, the shapes and hosts in the text, the provider's name.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING

import orjson

from syncdoctor.engine.expressions import ExpressionSet
from syncdoctor.model import Exchange, Phase

if TYPE_CHECKING:
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.engine.provider import Provider

LONGEST = 64 * 1024  # characters of one text that are looked at
REMEMBERED = 1024  # hosts
_HOST = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/@?#\s]*@)?([^/:?#\s]+)", re.IGNORECASE)
_NAMED_HOST = re.compile(r"(?<![\w.-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w-])", re.IGNORECASE)
_WEBHOOK = re.compile(r"web-?hook|[?&/]wc-api=|/hooks?\b|/ipn\b|/callbacks/", re.IGNORECASE)
_WEBHOOK_WORDS = re.compile(r"\bweb-?hook|intent to receive", re.IGNORECASE)
_SPACE, _JOINED = re.escape(" "), "[ _-]?"
_MEMO = "intake.detect"
# What stands after provider and phase; dataclasses.replace takes its time, for every answer.
_REST = attrgetter(*(field.name for field in fields(Exchange)[2:]))


def provider_of(exchange: Exchange, catalogue: Catalogue) -> str | None:
    """The id of the provider whose answer it is; None when nothing tells, or two do."""
    if exchange.provider is not None:
        return exchange.provider
    signs = _signs(catalogue)
    if exchange.url and (found := signs.by_url(exchange.url)):
        return found
    for name in exchange.headers:
        if name in signs.headers:
            return signs.headers[name]
    location = exchange.headers.get("location")
    if location and (found := signs.by_url(location)):
        return found
    return signs.by_text(_text(exchange))


def phase_of(exchange: Exchange, catalogue: Catalogue) -> Phase | None:
    """The phase: as told, or webhook where the address or the words of no provider's host say so.

    For all other phases None: the engine tells them by address and answer.
    """
    if exchange.phase is not None:
        return exchange.phase
    if exchange.url:
        foreign = _signs(catalogue).by_url(exchange.url) is None
        return Phase.WEBHOOK if foreign and _WEBHOOK.search(exchange.url) else None
    said = exchange.exception
    return Phase.WEBHOOK if said and _WEBHOOK_WORDS.search(said) else None


def placed(exchange: Exchange, catalogue: Catalogue) -> Exchange:
    """The exchange with its provider and phase, as far as they can be told."""
    provider, phase = provider_of(exchange, catalogue), phase_of(exchange, catalogue)
    if provider == exchange.provider and phase == exchange.phase:
        return exchange
    return Exchange(provider, phase, *_REST(exchange))


@dataclass(frozen=True, slots=True)
class _Signs:
    """What identifies the providers of one catalogue, compiled."""

    exact: dict[str, str]
    suffixes: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    shapes: _Words
    names: _Words
    remembered: dict[str, str | None]

    def by_url(self, url: str) -> str | None:
        found = _HOST.match(url)
        return self.by_host(found[1].lower()) if found else None

    def by_host(self, host: str) -> str | None:
        try:
            return self.remembered[host]
        except KeyError:
            pass
        owner = self.exact.get(host)
        if owner is None:
            owner = next(
                (p for suffix, p in self.suffixes if host.endswith(suffix) or host == suffix[1:]),
                None,
            )
        if len(self.remembered) < REMEMBERED:
            self.remembered[host] = owner
        return owner

    def by_text(self, text: str) -> str | None:
        """The provider with most signs in a text; its name counts when there is no other sign."""
        if not text:
            return None
        found = self.shapes.count(text)
        for host in set(_NAMED_HOST.findall(text[:LONGEST])):
            if owner := self.by_host(host.lower()):
                found[owner] += 1
        return _single(found) or _single(self.names.count(text))


def _single(found: Counter[str]) -> str | None:
    """The first of a count when no other has as many."""
    best = found.most_common(2)
    if not best or (len(best) > 1 and best[0][1] == best[1][1]):
        return None
    return best[0][0]


def _signs(catalogue: Catalogue) -> _Signs:
    signs: _Signs | None = catalogue.memo.get(_MEMO)
    if signs is None:
        signs = catalogue.memo[_MEMO] = _compiled(list(catalogue.providers.values()))
    return signs


def _compiled(providers: list[Provider]) -> _Signs:
    exact: dict[str, str] = {}
    suffixes: list[tuple[str, str]] = []
    for provider in providers:
        for host in (*provider.detect.hosts, *provider.hosts):
            if host.startswith("."):
                suffixes.append((host, provider.id))
            else:
                exact.setdefault(host.lower(), provider.id)
    names = [(word, p.id) for p in providers for word in {p.name.lower(), p.id.replace("-", " ")}]
    return _Signs(
        exact=exact,
        suffixes=tuple(sorted(suffixes, key=lambda pair: -len(pair[0]))),
        headers={name.lower(): p.id for p in providers for name in p.detect.headers},
        shapes=_Words([(shape, p.id) for p in providers for shape in p.detect.shapes]),
        names=_Words([(rf"\b{re.escape(w).replace(_SPACE, _JOINED)}\b", p) for w, p in names]),
        remembered={},
    )


class _Words:
    """Expressions that each speak for a provider, tried together in one pass."""

    __slots__ = ("_owners", "_set")

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._set = ExpressionSet()
        self._owners: dict[int, set[str]] = {}
        for expression, owner in pairs:
            for number in self._set.add((expression,)):
                self._owners.setdefault(number, set()).add(owner)

    def count(self, text: str) -> Counter[str]:
        """How many expressions of each provider hold for a text."""
        numbers = self._set.matches((text,))
        return Counter(owner for number in numbers for owner in self._owners[number])


def _text(exchange: Exchange) -> str:
    """What is said in an exchange, as one text."""
    body = exchange.body
    if body is not None and not isinstance(body, str):
        body = orjson.dumps(body, default=str).decode()
    parts = (exchange.exception, body, exchange.url)
    return "\n".join(part[:LONGEST] for part in parts if part)
