"""``syncdoctor status``: a table of connections, their states and the next command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.cli.streams import reader_gone
from syncdoctor.errors import ExitCode, NotFound, SyncdoctorError, UsageError

if TYPE_CHECKING:
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.model import Diagnosis
    from syncdoctor.states import Case, Row
    from syncdoctor.store.statedb import StateDB

KEPT_TOGETHER = 50  # evidence written at once: each write waits for the disk


def attach(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


@with_context
def status(
    ctx: Context,
    target: Annotated[
        str | None, typer.Argument(help="WORKSPACE or WORKSPACE/CONNECTION; all without it.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every connection.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Ask the providers now, all at the same time.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="N",
            min=1,
            max=64,
            help="Calls to one provider under way at the same time (16); with --live.",
        ),
    ] = None,
    problems: Annotated[
        bool, typer.Option("--problems", help="Only what needs something.")
    ] = False,
    watch: Annotated[
        int | None, typer.Option("--watch", metavar="SECONDS", help="Look again and again.", min=1)
    ] = None,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="error|warning|never", help="What counts as bad.")
    ] = "error",
) -> int:
    """Show every connection: uid, type, created, status, last sync, age, next command."""
    if everything and target:
        raise UsageError("A target and --all exclude each other.", "syncdoctor status --all")
    if fail_on not in {"error", "warning", "never"}:
        raise UsageError(
            f"--fail-on {fail_on}: it is error, warning or never.", "syncdoctor status --help"
        )
    if jobs and not live:
        raise UsageError("--jobs goes with --live.", "syncdoctor status --live --jobs 4")
    if target is not None and not ctx.config.workspace_names():
        raise NotFound(
            f"There is no workspace {target!r}: nothing is set up yet.",
            "syncdoctor connection add acme/xero",
        )
    while True:
        rows = rows_for(ctx, target, live=live, jobs=jobs)
        code = _code(ctx, rows, fail_on)
        _show(ctx, rows, code, problems=problems, lines=watch is not None)
        if watch is None or reader_gone():
            return code
        time.sleep(watch)


def rows_for(
    ctx: Context, target: str | None, *, live: bool = False, jobs: int | None = None
) -> list[Row]:
    """The lines of ``status``; from what is known, or after asking."""
    from datetime import UTC, datetime

    from syncdoctor.cli.cases import cases, stand_in_hosts
    from syncdoctor.states import known_row, lapses_soon

    catalogue = ctx.catalogue
    with ctx.open_state() as state:
        found = cases(ctx, catalogue, state, target)
        failed = _ask(ctx, catalogue, state, found, jobs) if live and found else {}
        evidence, grants = state.all_evidence(), state.grants()
    rows, now, apps = [], datetime.now(UTC), ctx.config.apps()
    for case in found:
        uid = case.connection.uid
        lapses_at = lapses_soon(case, grants.get(uid), now)
        row = known_row(case, evidence.get(uid), stand_in_hosts(apps, case.connection), lapses_at)
        rows.append(row.failed(failed[uid]) if uid in failed else row)
    return rows


def _code(ctx: Context, rows: list[Row], fail_on: str) -> int:
    if fail_on == "never":
        return int(ExitCode.OK)
    codes = [row.exit_code for row in rows]
    if fail_on == "warning":
        codes += [int(ExitCode.PROBLEM) for row in rows if row.warned]
    return ctx.total(codes)


def _show(ctx: Context, rows: list[Row], code: int, *, problems: bool, lines: bool) -> None:
    from datetime import UTC, datetime

    from syncdoctor.render import json_connections

    shown = [r for r in rows if r.exit_code or r.error or r.lapses_at] if problems else rows
    if ctx.json:
        document = json_connections.status_document(shown, code)
        ctx.print_json_line(document) if lines else ctx.print_json(document)
        return
    from syncdoctor.render import status_view

    if ctx.quiet:
        shown = [row for row in rows if row.exit_code or row.error]
    if not rows and not ctx.quiet:
        ctx.out().print(status_view.empty_state())
    elif shown:
        ctx.out().print(status_view.status_table(shown, datetime.now(UTC)))
    elif not ctx.quiet:
        ctx.out().print(f"No problem is known in {len(rows)} connections.")


def _ask(
    ctx: Context, catalogue: Catalogue, state: StateDB, found: list[Case], jobs: int | None
) -> dict[str, SyncdoctorError]:
    """Diagnose all at the same time and keep what was found; failures of checking by uid."""
    from syncdoctor.cli.cases import opener
    from syncdoctor.cli.progress import shown
    from syncdoctor.rounds import JOBS, diagnose_all

    failed: dict[str, SyncdoctorError] = {}
    found_out: list[tuple[Case, Diagnosis]] = []
    opened = opener(ctx, catalogue, ctx.config)
    round_ = diagnose_all(found, catalogue, opened, jobs=jobs or JOBS)
    try:
        for case, result in shown(ctx, round_, len(found)):
            if isinstance(result, SyncdoctorError):
                failed[case.connection.uid] = result
                continue
            found_out.append((case, result))
            if len(found_out) >= KEPT_TOGETHER:
                _keep(state, found_out)
    finally:
        _keep(state, found_out)  # also what was known before an interruption
    return failed


def _keep(state: StateDB, found_out: list[tuple[Case, Diagnosis]]) -> None:
    """Write what was found in one transaction, and forget it here: exchanges take memory."""
    from syncdoctor.cli.cases import keep

    with state.transaction():
        for case, result in found_out:
            keep(state, case.connection, result, "live")
    found_out.clear()
