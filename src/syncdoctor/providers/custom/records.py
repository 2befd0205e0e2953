"""Records at an HTTP API of somebody's own, by the convention of docs/custom.md. Pure.

``POST KINDs`` makes a record, ``GET`` and ``PUT KINDs/NUMBER`` ask for it and change it. The body
is the record as a JSON-lines source has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from syncdoctor.engine.adapter import (
    Comparison,
    ExportFile,
    Item,
    Outcome,
    Ref,
    Remote,
    Request,
    Standing,
)
from syncdoctor.engine.record import CONTACT, KINDS, Record
from syncdoctor.providers.common.plain import plain, same

_EXISTS = re.compile(r"already.?(exists|taken|used|there)|duplicate|conflict", re.IGNORECASE)
WRAPPINGS = ("data", "result", "record")


class CustomRecords:
    """See :class:`syncdoctor.engine.adapter.Adapter`."""

    kinds = KINDS
    looks_first = True  # an API of unknown making has no idempotency keys
    asks_by_address = True
    self_contained = True
    account_setting = "sales_account"

    def problem(self, record: Record) -> tuple[str, str] | None:
        """Nothing: what the API takes is its own affair."""
        del record
        return None

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """A GET for each record."""
        return tuple(Request("GET", _path(kind, ref.key)) for ref in refs)

    def found(self, kind: str, body: Any) -> tuple[Remote, ...] | None:
        """The record in an answer; None for an error with a good status."""
        element = _element(body)
        if element is None or element.get("error"):
            return None
        name = "contact_name" if kind == CONTACT else "number"
        key = str(element.get(name) or "")
        return (Remote(str(element.get("id") or key), key, None, element),) if key else ()

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """Nothing: an answer holds the whole record."""
        del kind, body
        return ()

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """A POST for one record."""
        (item,) = items
        return Request("POST", f"{kind}s", json=plain(item.record))

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """A PUT for one record."""
        (item,) = items
        return Request("PUT", _path(kind, item.record.key), json=plain(item.record))

    def outcomes(self, kind: str, count: int, body: Any) -> tuple[Outcome, ...]:
        """One record at a time; an answer that tells no error, or nothing, accepts it."""
        del kind
        said = _complaint(body)
        if said is not None:
            exists = bool(_EXISTS.search(said))
            return (Outcome(accepted=False, message=said, exists=exists),) * count
        element = _element(body) or {}
        return (Outcome(accepted=True, provider_id=str(element.get("id") or "")),) * count

    def remaining(self, item: Item, outcome: Outcome) -> Remote | None:
        """Nothing: one request does all."""
        del item, outcome
        return None

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Only what the record says is compared; the API may keep more."""
        alike = same(plain(record), remote.content)
        return Comparison(Standing.SAME if alike else Standing.DIFFERS)

    def export(self, records: Sequence[Record]) -> tuple[ExportFile, ...]:
        """Nothing: it is not known what can be imported there."""
        del records
        return ()


ADAPTER = CustomRecords()


def _path(kind: str, key: str) -> str:
    return f"{kind}s/{quote(key, safe='')}"


def _element(body: Any) -> Mapping[str, Any] | None:
    """The record itself: an API may wrap it once."""
    if not isinstance(body, Mapping):
        return None
    inner = next((body[name] for name in WRAPPINGS if isinstance(body.get(name), Mapping)), body)
    return inner if isinstance(inner, Mapping) else None


def _complaint(body: Any) -> str | None:
    """The words of an error in the forms that are common; None when there is none."""
    if not isinstance(body, Mapping):
        return None
    for name in ("error", "errors"):
        if told := body.get(name):
            return "; ".join(_words(told)) or "refused"
    return None


def _words(told: Any) -> list[str]:
    if isinstance(told, str):
        return [told]
    if isinstance(told, Mapping):
        picked = [told[n] for n in ("code", "message", "detail") if isinstance(told.get(n), str)]
        return picked or [word for value in told.values() for word in _words(value)]
    return [word for value in told for word in _words(value)] if isinstance(told, list) else []
