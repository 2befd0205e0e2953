"""``syncdoctor history``: the syncs that ran, and since when what fails."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import ConfigError, NotFound, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from syncdoctor.render.history_view import History
    from syncdoctor.store.statedb import StateDB

PLOTTED = timedelta(days=30)


def attach(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(history)


@with_context
def history(
    ctx: Context,
    target: Annotated[
        str | None, typer.Argument(metavar="TARGET", help="WORKSPACE or WORKSPACE/CONNECTION")
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only syncs that did not succeed.")
    ] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="7d, 24h, 2w or 2026-11-20.")
    ] = None,
    sync: Annotated[
        int | None, typer.Option("--sync", metavar="ID", help="One sync with its records.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="How many syncs to show.")
    ] = 20,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw the syncs of each day, the last 30 days.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page as well.")
    ] = None,
) -> None:
    """Show how many syncs there were, how they ended, and since when what fails."""
    from syncdoctor.render import history_view as view
    from syncdoctor.store.rows import SyncStatus

    if sync is not None and (failed or since or plot or target):
        raise UsageError("--sync goes with no other choice.", f"syncdoctor history --sync {sync}")
    with ctx.open_state() as db:
        if sync is not None:
            one, operations = db.sync(sync), db.operations(sync)
            if ctx.json:
                ctx.print_json(view.sync_document(one, operations, db.now()))
            elif not (ctx.quiet and one.status is SyncStatus.SUCCEEDED):
                ctx.out().print(view.sync_view(one, operations))
            return
        found = _history(ctx, db, target, _since(since, db), failed=failed, limit=limit, plot=plot)
        if html is not None:
            _write(html, view.history_page(found))
        if ctx.json:
            ctx.print_json(view.history_document(found, db.now()))
        elif ctx.quiet:
            if found.failures:
                ctx.out().print(view.failing_view(found))
        elif found.summary.total == 0 and since is None:
            ctx.out().print(view.empty_view(_first(ctx, target)))
        else:
            ctx.out().print(view.history_view(found))


def _history(
    ctx: Context,
    db: StateDB,
    target: str | None,
    since: datetime | None,
    *,
    failed: bool,
    limit: int,
    plot: bool,
) -> History:
    from syncdoctor.render.history_view import History

    synced = db.synced_targets(target)
    if target is not None and not synced:
        ctx.config.resolve(target)  # removed connections keep their history; others must be there
    failures = [db.failure(uid) for _, uid in synced]
    syncs = db.syncs(target, since=since, failed=failed, limit=limit)
    return History(
        target=target,
        since=since,
        summary=db.summary(target, since=since),
        syncs=syncs,
        failures=tuple(failure for failure in failures if failure is not None),
        days=db.days(target, since or db.now() - PLOTTED) if plot else None,
        hosts=_hosts(ctx, sorted({sync.target for sync in syncs})),
    )


def _first(ctx: Context, target: str | None) -> str | None:
    return next((connection.target for connection, _ in ctx.places(target)), None)


def _hosts(ctx: Context, targets: list[str]) -> tuple[str, ...]:
    """The hosts that stand in for providers' own; of removed connections nothing is known."""
    from syncdoctor.cli.cases import stand_in_hosts

    hosts: set[str] = set()
    for target in targets:
        with suppress(NotFound, ConfigError):
            apps = ctx.config.apps()
            hosts.update(*(stand_in_hosts(apps, one) for one in ctx.config.resolve(target)))
    return tuple(sorted(hosts))


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None


def _since(text: str | None, db: StateDB) -> datetime | None:
    if text is None:
        return None
    from syncdoctor.resync.since import parse_since

    return parse_since(text, db.now())
