"""Takes secrets out of exchanges and texts, and counts what it took.

What is secret: tokens, codes, client secrets, passphrases, cookies, signatures. What is kept: the
provider's error words, record numbers, organisation names: without them nothing can be diagnosed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from syncdoctor.model import NOTHING, Exchange, Phase, Transport
from syncdoctor.secret_shapes import (
    KEPT,
    SECRET_HEADERS,
    SECRET_KEYS,
    SHORTEST_SECRET,
    folded,
    is_secret,
    pattern_for,
)

MASK = "[redacted]"
DEPTH = 60
_CONTAINERS = (dict, list, tuple)
_CLEAN: set[str] = set()  # texts with a hint and no secret: error words come again and again
_CLEAN_KEYS: set[str] = set()  # names in bodies: the same few everywhere
_MOST_CLEAN = 4096
_LONGEST_CLEAN = 1024  # characters


def is_plain(source: bytes) -> bool:
    """Whether JSON provably holds no secret, in whatever way its texts are taken apart or parsed.

    Letters outside ASCII could be a hint in another case, and what is nested deeper than 60
    levels is cut off: with either the answer is no.
    """
    # Of an address in two parts neither need hold a hint.
    parted = b"baseURL" in source
    return not parted and source.count(b"{") + source.count(b"[") <= DEPTH and _has_no_hint(source)


def _has_no_hint(source: bytes) -> bool:
    return source.isascii() and pattern_for(source.lower()) is None


def _shallow(value: Any) -> bool:
    """Whether nothing is nested so deep that it would be cut off."""
    level = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(DEPTH):
        if not level:
            return True
        below = (v.values() if isinstance(v, dict) else v for v in level)
        level = [v for values in below for v in values if isinstance(v, _CONTAINERS)]
    return not level


class Redactor:
    """Takes out secrets by shape, and the literal secrets that it was told of."""

    __slots__ = ("_known", "count")

    def __init__(self, known: Iterable[str] = ()) -> None:
        """``known`` are literal secrets, for example the tokens just read from the store."""
        self.count = 0
        literals = sorted({k for k in known if len(k) >= 6}, key=len, reverse=True)  # noqa: PLR2004
        self._known = re.compile("|".join(map(re.escape, literals))) if literals else None

    def text(self, value: str) -> str:
        """The text without its secrets."""
        if self._known is not None:
            value, number = self._known.subn(MASK, value)
            self.count += number
        if value in _CLEAN or (pattern := pattern_for(folded(value))) is None:
            return value
        clean = pattern.sub(self._mask, value)
        if clean == value and len(_CLEAN) < _MOST_CLEAN and len(value) <= _LONGEST_CLEAN:
            _CLEAN.add(value)
        return clean

    def _mask(self, found: re.Match[str]) -> str:
        self.count += 1
        groups = found.groupdict()
        kept = next((groups[name] for name in KEPT if groups.get(name) is not None), "")
        return kept + MASK

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers with lower-case names and without secrets."""
        lines = {str(name).lower(): str(value) for name, value in headers.items()}
        # One look at all of them: where no value holds a hint, none has to be looked at alone.
        together = "\n".join(lines.values())
        plain = self._known is None and pattern_for(folded(together)) is None
        for name, value in lines.items():
            if name in SECRET_HEADERS:
                self.count += 1
                lines[name] = MASK
            elif not plain:
                lines[name] = self.text(value)
        return lines

    def value(self, value: Any, depth: int = 0) -> Any:
        """Parsed JSON without secrets; what is nested deeper than 60 levels is cut off."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            if depth >= DEPTH:
                return MASK
            return {self._key(k): self._item(k, v, depth) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return MASK if depth >= DEPTH else [self.value(v, depth + 1) for v in value]
        return value

    def _key(self, key: Any) -> Any:
        if not isinstance(key, str) or (self._known is None and key in _CLEAN_KEYS):
            return key
        clean = self.text(key)
        if clean == key and len(_CLEAN_KEYS) < _MOST_CLEAN:
            _CLEAN_KEYS.add(key)
        return clean

    def _item(self, key: Any, value: Any, depth: int) -> Any:
        if isinstance(key, str) and key.lower() in SECRET_KEYS and value not in (None, "", [], {}):
            if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                self.count += 1
                return MASK
            return self._all(value, depth + 1)
        if isinstance(key, str) and isinstance(value, str) and is_secret(key, value):
            self.count += 1
            return MASK
        return self.value(value, depth + 1)

    def _all(self, value: Any, depth: int) -> Any:
        """Everything below a secret key is secret, except error words: lists of messages."""
        if isinstance(value, list) and all(isinstance(v, str) and " " in v for v in value):
            return self.value(value, depth)
        if isinstance(value, dict):
            return self.value(value, depth)
        self.count += 1
        return MASK


class _Plain(Redactor):
    """What an exchange is made with whose source is plain: it looks at nothing."""

    __slots__ = ()

    def text(self, value: str) -> str:
        return value

    def value(self, value: Any, depth: int = 0) -> Any:  # noqa: ARG002 - as in the class above
        return value


_PLAIN = _Plain()
_remembered: set[str] = set()


def remember(*secrets: str | None) -> None:
    """Name literal secrets that :func:`text` takes out from now on, whatever their shape.

    What is shorter than twelve characters is left alone: it may be a word.
    """
    _remembered.update(s for s in secrets if s and len(s) >= SHORTEST_SECRET)


def remembered() -> frozenset[str]:
    """The literal secrets that were named so far, for what must prove to be free of them."""
    return frozenset(_remembered)


def text(value: str) -> str:
    """The text without its secrets."""
    for secret in sorted(_remembered, key=len, reverse=True):
        value = value.replace(secret, MASK)
    return Redactor().text(value)


def exchange(
    *,
    provider: str | None = None,
    phase: Phase | None = None,
    method: str = "GET",
    url: str = "",
    status: int | None = None,
    headers: Mapping[str, str] = NOTHING,
    body: Any = None,
    exception: str | None = None,
    transport: Transport | None = None,
    at: datetime | None = None,
    elapsed_s: float | None = None,
    attempt: int = 1,
    known: Iterable[str] = (),
    source: bytes | None = None,
    body_source: bytes | None = None,
) -> Exchange:
    """Make an exchange without secrets: the only way in which one is made.

    Args:
        known: literal secrets to take out besides those that are known by their shape.
        source: the JSON that all of it was read from; saves looking at each part.
        body_source: the JSON that the body was read from, likewise.
        (the others): as in :class:`syncdoctor.model.Exchange`.
    """
    known = tuple(known)
    plain = source is not None and not known and is_plain(source)
    redactor = _PLAIN if plain else Redactor(known)
    of_body = redactor
    if body_source is not None and not known and _has_no_hint(body_source) and _shallow(body):
        of_body = _PLAIN
    return Exchange(
        provider=provider,
        phase=phase,
        method=method,
        url=redactor.text(url),
        status=status,
        headers=redactor.headers(headers),
        body=of_body.value(body),
        exception=None if exception is None else redactor.text(exception),
        transport=transport,
        at=at,
        elapsed_s=elapsed_s,
        attempt=attempt,
        redactions=redactor.count,
    )
