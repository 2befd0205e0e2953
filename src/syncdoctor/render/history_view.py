"""What ``history`` shows: totals, the syncs, what fails now; and the same as JSON."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from syncdoctor.engine.record import Operation
from syncdoctor.render.terminal import THEME
from syncdoctor.store.rows import Change, Day, Failure, Summary, Sync, SyncStatus

SCHEMA = "syncdoctor.history/1"
STYLES: Mapping[SyncStatus, str] = {
    SyncStatus.SUCCEEDED: "ok",
    SyncStatus.PARTIAL: "warn",
    SyncStatus.FAILED: "bad",
    SyncStatus.INTERRUPTED: "warn",
    SyncStatus.RUNNING: "dim",
}
PAGE_WIDTH = 110
BAR = 40  # characters of the longest day


@dataclass(frozen=True, slots=True)
class History:
    """What was asked for. ``target`` is None for all connections."""

    target: str | None
    since: datetime | None
    summary: Summary
    syncs: tuple[Sync, ...]
    failures: tuple[Failure, ...]
    days: tuple[Day, ...] | None = None


def history_view(history: History) -> RenderableType:
    """Totals, the latest syncs, and since when what fails."""
    parts: list[RenderableType] = [_totals(history)]
    if history.days is not None:
        parts += [Text(), _plot(history.days)]
    if history.syncs:
        named = "/" not in (history.target or "")
        parts += [Text(), _table(history.syncs, named=named)]
    parts += [line for failure in history.failures for line in _failing(failure)]
    return Group(*parts)


def history_page(history: History) -> str:
    """The same as a page of its own, without any request; rich escapes what is in it."""
    console = Console(
        file=io.StringIO(), record=True, width=PAGE_WIDTH, theme=THEME, highlight=False
    )
    console.print(history_view(history))
    return console.export_html(inline_styles=True)


def empty_view(target: str | None) -> RenderableType:
    """What to do when nothing was synced yet."""
    name = target if target and "/" in target else f"{target}/xero" if target else "acme/xero"
    return Text.assemble(
        "No sync has run yet.\n  → ", (f"syncdoctor resync {name} --dry-run", "command")
    )


def sync_view(sync: Sync, operations: Sequence[Operation]) -> RenderableType:
    """One sync with its records."""
    counts = sync.counts
    lines = [
        Text.assemble(
            (f"Sync {sync.id} of {sync.target}: ", "heading"),
            (str(sync.status), STYLES[sync.status]),
        ),
        Text(f"  {sync.trigger}, {_time(sync.started)} to {_time(sync.ended)} UTC"),
        Text(
            f"  {counts.confirmed} sent, {counts.unchanged} unchanged, {counts.rejected} refused, "
            f"{counts.unknown} without an answer"
            + (f", {counts.pulled} pulled" * bool(counts.pulled))
        ),
    ]
    if sync.message:
        lines.append(Text(f"  {sync.message}"))
    parts: list[RenderableType] = [*lines]
    if operations:
        table = _plain_table("Record", "Outcome", "Cause", "Message")
        for o in operations:
            table.add_row(f"{o.kind} {o.key}", o.state, o.cause or "", o.message or "")
        parts += [Text(), table]
    return Group(*parts)


def history_document(history: History, now: datetime) -> dict[str, Any]:
    """The document of ``history``."""
    from syncdoctor.render import json_v1  # it knows findings too, which the tables do not need

    summary = history.summary
    document = {
        **json_v1.header(SCHEMA, 0, now),
        "target": history.target,
        "since": _iso(history.since),
        "total": summary.total,
        "success_rate": None if summary.success_rate is None else round(summary.success_rate, 4),
        "by_status": {str(status): getattr(summary, status.value) for status in SyncStatus},
        "failing": [_failure(failure) for failure in history.failures],
        "syncs": [_sync(sync) for sync in history.syncs],
    }
    if history.days is not None:
        document["days"] = [
            {"date": day.date, "total": day.total, "succeeded": day.succeeded, "bad": day.bad}
            for day in history.days
        ]
    return document


def sync_document(sync: Sync, operations: Sequence[Operation], now: datetime) -> dict[str, Any]:
    """The document of ``history --sync``."""
    from syncdoctor.render import json_v1

    return {
        **json_v1.header(SCHEMA, 0, now),
        "sync": _sync(sync),
        "records": [
            {
                "kind": o.kind,
                "key": o.key,
                "outcome": str(o.state),
                "provider_id": o.provider_id,
                "cause": o.cause,
                "message": o.message,
            }
            for o in operations
        ],
    }


def _totals(history: History) -> Text:
    summary = history.summary
    rate = summary.success_rate
    parts = [
        f"{getattr(summary, status.value)} {status}"
        for status in SyncStatus
        if getattr(summary, status.value)
    ]
    since = f" since {_time(history.since)} UTC" if history.since else ""
    return Text.assemble(
        (f"{history.target or 'All connections'}: ", "heading"),
        f"{summary.total} sync{'' if summary.total == 1 else 's'}{since}",
        f", {_percent(rate)} succeeded" if rate is not None else "",
        f" ({', '.join(parts)})." if parts else ".",
    )


def _percent(rate: float) -> str:
    # Rounded down, so that 100 % is said only when all succeeded.
    return f"{int(rate * 1000) / 10:g} %"


def _table(syncs: Sequence[Sync], *, named: bool) -> Table:
    """One line a sync; ``named`` when they may be of several connections."""
    table = _plain_table("Sync", *(["Connection"] if named else []))
    for name in ("Started (UTC)", "Type", "Status"):
        table.add_column(name, no_wrap=True)
    pulled = any(sync.counts.pulled for sync in syncs)
    for name in ("Sent", "Unchanged", "Refused", *(["Pulled"] if pulled else [])):
        table.add_column(name, justify="right")
    table.add_column("Why")
    for sync in syncs:
        table.add_row(
            str(sync.id),
            *([sync.target] if named else []),
            _time(sync.started),
            str(sync.trigger),
            Text(str(sync.status), STYLES[sync.status]),
            str(sync.counts.confirmed),
            str(sync.counts.unchanged),
            str(sync.counts.rejected),
            *([str(sync.counts.pulled)] if pulled else []),
            str(sync.cause or ""),
        )
    return table


def _plot(days: Sequence[Day]) -> Table:
    """One line a day: good syncs solid, bad ones light."""
    table = _plain_table("Day", "Syncs", "")
    most = max((day.total for day in days), default=1)
    for day in days:
        good = round(day.succeeded * BAR / most)
        bad = max(round(day.bad * BAR / most), 1 if day.bad else 0)
        table.add_row(
            day.date,
            Text.assemble(("█" * good, "ok"), ("░" * bad, "bad")),
            f"{day.total}" + (f", {day.bad} failed" if day.bad else ""),
        )
    return table


def _failing(failure: Failure) -> list[Text]:
    count = f"{failure.syncs} sync{'' if failure.syncs == 1 else 's'}"
    good = (
        f"the last good one was at {_time(failure.last_good)}"
        if failure.last_good
        else ("none has succeeded yet")
    )
    lines = [
        Text(),
        Text.assemble(
            (f"{failure.target} has failed since {_time(failure.began)} UTC", "bad"),
            f" ({count}); {good}.",
        ),
    ]
    if failure.changes:
        lines.append(Text("  What changed before that:"))
        lines += [Text(f"    {_time(c.at)}  {c.what}") for c in failure.changes]
    lines.append(Text.assemble("  → ", (f"syncdoctor diagnose {failure.target}", "command")))
    return lines


def _plain_table(*columns: str) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="heading"
    )
    for column in columns:
        table.add_column(column)
    return table


def _sync(sync: Sync) -> dict[str, Any]:
    return {
        "id": sync.id,
        "target": sync.target,
        "uid": sync.connection_uid,
        "trigger": str(sync.trigger),
        "status": str(sync.status),
        "started": _iso(sync.started),
        "ended": _iso(sync.ended),
        "confirmed": sync.counts.confirmed,
        "rejected": sync.counts.rejected,
        "unknown": sync.counts.unknown,
        "unchanged": sync.counts.unchanged,
        "pulled": sync.counts.pulled,
        "cause": str(sync.cause) if sync.cause else None,
        "message": sync.message,
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "target": failure.target,
        "uid": failure.connection_uid,
        "began": _iso(failure.began),
        "syncs": failure.syncs,
        "last_good": _iso(failure.last_good),
        "changes": [_change(change) for change in failure.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    return {"at": _iso(change.at), "what": change.what}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "now"
