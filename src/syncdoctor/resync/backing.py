"""What must be at the provider before a record can be sent there: a payment rests on a mandate."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncdoctor.engine.adapter import Adapter, Backed, Request, Translating, Unbacked
from syncdoctor.engine.record import Record

# Asks the provider; None when it could not be asked.
Ask = Callable[[Request], Any | None]


def is_backed(adapter: Adapter, kind: str) -> bool:
    """Whether records of a kind rest on something at the provider, and no contact is made."""
    return isinstance(adapter, Backed) and kind in adapter.backed


def once(ask: Ask) -> Ask:
    """The same, which asks for each list once."""
    known: dict[str, Any] = {}

    def asked(request: Request) -> Any | None:
        name = f"{request.path} {sorted(request.params.items())}"
        if name not in known:
            known[name] = ask(request)
        return known[name]

    return asked


def backed_by(
    adapter: Adapter, kind: str, records: Sequence[Record], ask: Ask
) -> list[Mapping[str, Any] | Unbacked] | None:
    """What each record of a kind rests on, or why there is nothing; None when nobody could tell."""
    if isinstance(adapter, Translating):
        return _translated(adapter, records, ask)
    if not isinstance(adapter, Backed) or kind not in adapter.backed:
        return [{} for _ in records]
    bodies = _answers(adapter, kind, ask) if records else []
    return None if bodies is None else [adapter.back(record, bodies) for record in records]


def _translated(
    adapter: Translating, records: Sequence[Record], ask: Ask
) -> list[Mapping[str, Any] | Unbacked] | None:
    found: list[Mapping[str, Any] | Unbacked] = []
    for record in records:
        request = adapter.ask_ids(record)
        body = None if request is None else ask(request)
        if request is not None and body is None:
            return None
        found.append({} if request is None else adapter.ids(record, body))
    return found


def _answers(adapter: Backed, kind: str, ask: Ask) -> list[Any] | None:
    bodies: list[Any] = []
    waiting = deque(adapter.ask_backing(kind))
    while waiting:
        body = ask(waiting.popleft())
        if body is None:
            return None
        bodies.append(body)
        waiting.extend(adapter.further_backing(body))
    return bodies
