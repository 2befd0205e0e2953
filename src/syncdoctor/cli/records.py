"""``syncdoctor records``: what a source of records has to look like, and whether one does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from syncdoctor.engine.provider import Provider
    from syncdoctor.resync.entries import Entry
    from syncdoctor.resync.sources import Source

group = typer.Typer(no_args_is_help=True, help="The files that records come from.")
SCHEMA = "syncdoctor.records/1"


def attach(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(group, name="records")


@group.command("schema")
@with_context
def schema(
    ctx: Context,
    kind: Annotated[str, typer.Argument(help="e.g. invoice or settlement")],
) -> None:
    """Print the JSON Schema of a record; a CSV has the same names as columns."""
    from syncdoctor.resync.columns import json_schema

    _check_kind(kind)
    ctx.print_json(json_schema(kind))


@group.command("check")
@with_context
def check(
    ctx: Context,
    file: Annotated[Path, typer.Argument(help="CSV or JSON lines")],
    kind: Annotated[
        str | None, typer.Option("--kind", help="Of rows that name none; invoice by default.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", help="Also name the kinds that it does not take.")
    ] = None,
) -> int:
    """Say what is wrong with a file of records, with line and column; nothing is sent."""
    from syncdoctor.resync.sources import open_source

    if kind is not None:
        _check_kind(kind)
    kinds = _provider(ctx, provider).record_kinds if provider else None
    source = open_source(file, kind)
    good, wrong, foreign = _judged(source, kinds)
    code = ExitCode.PROBLEM if wrong or foreign else ExitCode.OK
    if ctx.json:
        document = _document(file, good, wrong, source.warnings, int(code))
        ctx.print_json({**document, "not_taken": dict(foreign)})
        return int(code)
    for warning in source.warnings:
        ctx.err().print(warning, style="warn", soft_wrap=True)
    out = ctx.out()
    for entry in wrong:
        for problem in entry.problems:
            out.print(f"{file}, {problem}", soft_wrap=True)
    for name, count in foreign.items():
        taken = ", ".join(kinds or ())
        out.print(f"{count} of kind {name}: {provider} takes {taken}.", soft_wrap=True)
    if wrong or foreign or not ctx.quiet:
        out.print(f"{good} records can be sent, {len(wrong) + foreign.total()} cannot.")
    return int(code)


def _judged(source: Source, kinds: tuple[str, ...] | None) -> tuple[int, list[Entry], Counter[str]]:
    """How many are good, which are wrong, and how many are of kinds that are not taken."""
    good, wrong = 0, []
    foreign: Counter[str] = Counter()
    for entry in source.entries():
        if kinds is not None and entry.kind not in kinds:
            foreign[entry.kind] += 1
        elif entry.problems:
            wrong.append(entry)
        else:
            good += 1
    return good, wrong, foreign


def _document(
    file: Path, good: int, wrong: list[Entry], warnings: tuple[str, ...], code: int
) -> dict[str, Any]:
    from datetime import UTC, datetime

    from syncdoctor.render.json_v1 import header

    return {
        **header(SCHEMA, code, datetime.now(UTC)),
        "file": str(file),
        "good": good,
        "wrong": [
            {
                "kind": entry.kind,
                "key": entry.key,
                "problems": [
                    {"line": p.line, "column": p.column, "message": p.message}
                    for p in entry.problems
                ],
            }
            for entry in wrong
        ],
        "warnings": list(warnings),
    }


def _provider(ctx: Context, name: str) -> Provider:
    known = ctx.catalogue.providers
    if name not in known:
        raise UsageError(f"There is no provider {name!r}.", f"One of {', '.join(sorted(known))}.")
    return known[name]


def _check_kind(kind: str) -> None:
    from syncdoctor.engine.record import KINDS

    if kind not in KINDS:
        raise UsageError(f"There is no kind {kind!r}.", f"One of {', '.join(KINDS)}.")
