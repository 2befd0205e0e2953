"""What ``history`` shows: totals, the syncs, what fails now; and the same as JSON."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from syncdoctor.engine.record import Operation
from syncdoctor.render.terminal import THEME, Fitting, plain_table, stand_ins
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
WHY = 60  # characters of a message in a table
BAR = 40  # characters of the longest day


@dataclass(frozen=True, slots=True)
class History:
    """What was asked for. ``target`` is None for all connections.

    ``hosts`` stand in for a provider's own in one of the connections.
    """

    target: str | None
    since: datetime | None
    summary: Summary
    syncs: tuple[Sync, ...]
    failures: tuple[Failure, ...]
    days: tuple[Day, ...] | None = None
    hosts: tuple[str, ...] = ()


def history_view(history: History) -> RenderableType:
    """Totals, the latest syncs, and since when what fails."""
    parts: list[RenderableType] = [_totals(history)]
    if history.days is not None:
        parts += [Text(), _plot(history.days)]
    if history.syncs:
        named = "/" not in (history.target or "")
        parts += [Text(), _table(history.syncs, named=named)]
    parts += [line for failure in history.failures for line in _failing(failure)]
    parts += stand_ins(history.hosts)
    return Group(*parts)


def failing_view(history: History) -> RenderableType:
    """Since when what fails, alone."""
    return Group(*(line for failure in history.failures for line in _failing(failure)[1:]))


def history_page(history: History) -> str:
    """The same as a page of its own, without any request; rich escapes what is in it."""
    console = Console(
        file=io.StringIO(), record=True, width=PAGE_WIDTH, theme=THEME, highlight=False
    )
    console.print(history_view(history))
    return console.export_html(inline_styles=True)


def empty_view(connection: str | None) -> RenderableType:
    """What to do when nothing was synced yet; ``connection`` is one that could be, if any is."""
    if connection is None:
        return Text.assemble(
            "No connection is set up yet.\n  → ",
            ("syncdoctor connection add acme/xero", "command"),
        )
    return Text.assemble(
        "No sync has run yet.\n  → ", (f"syncdoctor resync {connection} --dry-run", "command")
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
        table = plain_table("Record", "Outcome", "Cause", "Message")
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
        "stand_in_hosts": list(history.hosts),
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


def _table(syncs: Sequence[Sync], *, named: bool) -> Fitting:
    """One line a sync; ``named`` when they may be of several connections."""
    pulled = any(sync.counts.pulled for sync in syncs)
    first = ["Connection"] * named
    wide = plain_table("Sync", *first, "Started (UTC)", "Type", "Status")
    narrow = plain_table("Sync", "\n".join([*first, "Started (UTC)"]), "Type\nStatus")
    for table in (wide, narrow):
        for name in ("Sent", "Unchanged", "Refused", *["Pulled"] * pulled):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("Why", overflow="fold")
    for sync in syncs:
        counts = sync.counts
        numbers = [counts.confirmed, counts.unchanged, counts.rejected, *[counts.pulled] * pulled]
        place, started = [sync.target] * named, _time(sync.started)
        status = Text(str(sync.status), STYLES[sync.status])
        rest = (*map(str, numbers), _why(sync))
        wide.add_row(str(sync.id), *place, started, str(sync.trigger), status, *rest)
        both = Text.assemble(f"{sync.trigger}\n", status)
        narrow.add_row(str(sync.id), "\n".join([*place, started]), both, *rest)
    return Fitting(wide, narrow)


def _why(sync: Sync) -> str:
    """The cause, else the beginning of what was said; ``--sync`` shows it whole."""
    return str(sync.cause) if sync.cause else shorten(sync.message or "", WHY, placeholder=" …")


def _plot(days: Sequence[Day]) -> Table:
    """One line a day: good syncs solid, bad ones light."""
    table = plain_table("Day", "Syncs", "")
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
