"""Records as events of the Standard Webhooks convention. Pure but for the clock.

Each record is one event, sent by itself: there is nothing to look up at a receiver, so what was
sent without an answer is sent again under the same ``webhook-id``, by which the receiver drops it.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
(2026-11-22)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

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
from syncdoctor.engine.record import KINDS, Record
from syncdoctor.providers.common.plain import plain

TYPES = {kind: f"{kind.replace('-', '_')}.updated" for kind in KINDS}


class WebhookRecords:
    """See :class:`syncdoctor.engine.adapter.Adapter`."""

    kinds = KINDS
    looks_first = False
    self_contained = True
    account_setting = "sales_account"

    def __init__(self, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        """``now`` stands for when a record changed where its source does not say."""
        self._now = now

    def problem(self, record: Record) -> tuple[str, str] | None:
        """Nothing: what a receiver takes is its own affair."""
        del record
        return None

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """Nothing: a receiver cannot be asked."""
        del kind, refs
        return ()

    def found(self, kind: str, body: Any) -> tuple[Remote, ...]:
        """Nothing."""
        del kind, body
        return ()

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """Nothing."""
        del kind, body
        return ()

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """The POST of one event to the endpoint itself."""
        (item,) = items
        at = item.record.updated_at or self._now()
        return Request("POST", "", json=event(TYPES[kind], at, plain(item.record)))

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """The same: an event says how a record is now."""
        return self.create(kind, items)

    def outcomes(self, kind: str, count: int, body: Any) -> tuple[Outcome, ...]:
        """Taken, if the status says so: what a receiver answers besides does not matter."""
        del kind, body
        return (Outcome(accepted=True, provider_id=""),) * count

    def remaining(self, item: Item, outcome: Outcome) -> Remote | None:
        """Nothing: one event tells all."""
        del item, outcome
        return None

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Never asked, since nothing is ever found."""
        del record, remote
        return Comparison(Standing.DIFFERS)

    def export(self, records: Sequence[Record]) -> tuple[ExportFile, ...]:
        """Nothing: nobody imports at a receiver by hand."""
        del records
        return ()


ADAPTER = WebhookRecords()


def event(kind: str, at: dt.datetime, data: dict[str, Any]) -> dict[str, Any]:
    """The payload of an event: its type, when it happened, and the data themselves."""
    return {"type": kind, "timestamp": at.astimezone(dt.UTC).isoformat(), "data": data}
