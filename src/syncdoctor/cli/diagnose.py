"""``syncdoctor diagnose``: probes, then findings with the steps of the product's guide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor import redact
from syncdoctor.cli.background import asked, with_answers, with_background
from syncdoctor.cli.bundle import Wanted, write_bundle
from syncdoctor.cli.checks import known_checks, list_checks
from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import ExitCode, NotFound, SyncdoctorError, UsageError

if TYPE_CHECKING:
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.model import Check, Diagnosis
    from syncdoctor.states import Case
    from syncdoctor.store.statedb import StateDB


def attach(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(diagnose)


@with_context
def diagnose(
    ctx: Context,
    target: Annotated[str | None, typer.Argument(help="WORKSPACE or WORKSPACE/CONNECTION.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every connection.")] = False,
    this_machine: Annotated[
        bool, typer.Option("--self", help="Check this machine: store, loopback, proxy, TLS, clock.")
    ] = False,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Judge saved exchanges; ask nobody."),
    ] = None,
    check: Annotated[
        list[str] | None, typer.Option("--check", metavar="NAME", help="Only this check; repeat.")
    ] = None,
    write_test: Annotated[
        bool,
        typer.Option("--write-test", help="Also make a draft there, read it, take it away again."),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before writing to several.")
    ] = False,
    list_only: Annotated[
        bool, typer.Option("--list-checks", help="Name the checks and end.")
    ] = False,
    guide: Annotated[
        str | None, typer.Option("--guide", help="The words of this guide instead.")
    ] = None,
    reply: Annotated[
        bool, typer.Option("--reply", help="Write the message for the customer.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Keep the redacted exchanges.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the diagnosis as a page.")
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(
            "--bundle", metavar="FILE", help="Write a zip with all that support asks for."
        ),
    ] = None,
    describe: Annotated[
        str | None, typer.Option("--describe", metavar="TEXT", help="What happens, for the bundle.")
    ] = None,
    tried: Annotated[
        str | None, typer.Option("--tried", metavar="TEXT", help="What was tried, for the bundle.")
    ] = None,
    fill: Annotated[
        list[str] | None,
        typer.Option("--fill", metavar="NAME=VALUE", help="A field of the bundle's form; repeat."),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(
            "--answer", metavar="NAME=VALUE", help="What the workspace file does not say; repeat."
        ),
    ] = None,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="error|warning|never", help="What counts as bad.")
    ] = "error",
) -> int:
    """Find out what is wrong with a connection and what to do. Changes nothing."""
    if fail_on not in {"error", "warning", "never"}:
        raise UsageError(f"--fail-on {fail_on}: it is error, warning or never.")
    if this_machine:
        return _self(ctx)
    if everything and target:
        raise UsageError("A target and --all exclude each other.", "syncdoctor diagnose --all")
    if not everything and target is None:
        raise UsageError("Name a target, or take --all.", "syncdoctor diagnose --all")
    wanted = _bundle(bundle, describe, tried, fill)
    catalogue = ctx.catalogue
    with ctx.open_state() as state:
        found = _cases(ctx, catalogue, state, target, guide)
        found = _informed(ctx, state, found, answer or [], ask=not list_only)
        if list_only:
            return list_checks(ctx, found)
        write = _writer(ctx, catalogue, found, from_file, yes=yes) if write_test else None
        results = _results(ctx, catalogue, found, from_file, check, write)
        if from_file is None and check is None:
            _keep(state, results)
    diagnoses = [(case, r) for case, r in results if not isinstance(r, SyncdoctorError)]
    failures = [(case, r) for case, r in results if isinstance(r, SyncdoctorError)]
    if failures and len(found) == 1:
        raise failures[0][1]
    for case, failure in failures:
        typer.echo(f"{case.connection.target}: {redact.text(failure.message)}", err=True)
    codes = [_code(result, fail_on) for _, result in diagnoses]
    codes += [int(failure.exit_code) for _, failure in failures]
    if wanted:
        write_bundle(ctx, wanted, diagnoses)
    _write_files(ctx, diagnoses, save, html)
    _show(ctx, diagnoses, codes, reply=reply)
    return ctx.total(codes)


def _bundle(
    file: Path | None, describe: str | None, tried: str | None, fill: list[str] | None
) -> Wanted | None:
    if file is not None:
        return Wanted(file, describe, tried, tuple(fill or ()))
    if describe or tried or fill:
        raise UsageError(
            "--describe, --tried and --fill are for the bundle.",
            "syncdoctor diagnose acme/xero --bundle bundle.zip",
        )
    return None


def _informed(
    ctx: Context, state: StateDB, found: list[Case], answers: list[str], *, ask: bool
) -> list[Case]:
    """The cases with the background and the answers; of one alone the terminal is asked."""
    cases = [with_answers(with_background(ctx, state, case), answers) for case in found]
    return [asked(ctx, case) for case in cases] if ask and len(cases) == 1 else cases


def _self(ctx: Context) -> int:
    from syncdoctor import self_check
    from syncdoctor.render import json_connections
    from syncdoctor.render.diagnose_view import check_line

    checks = []
    for check in self_check.run(ctx.open_vault, (ctx.config_dir, ctx.state_dir), _urls(ctx)):
        checks.append(check)
        if not (ctx.json or (ctx.quiet and check.outcome == "ok")):
            ctx.out().print(check_line(check))
    bad = [check for check in checks if check.outcome != "ok"]
    code = ExitCode.OK
    if bad:
        code = ExitCode.STORE if any(c.name == "store" for c in bad) else ExitCode.PROBLEM
    if ctx.json:
        ctx.print_json(json_connections.self_document(checks, code))
    return int(code)


def _urls(ctx: Context) -> list[str]:
    """The API of each provider that is connected."""
    catalogue, apps = ctx.catalogue, ctx.config.apps()
    found = []
    for connection in ctx.config.resolve(None):
        app, room = apps.get(connection.app or ""), catalogue.providers.get(connection.provider)
        if app and room:
            found.append(app.urls.get("api") or room.urls["api"])
    return found


def _cases(
    ctx: Context, catalogue: Catalogue, state: StateDB, target: str | None, guide: str | None
) -> list[Case]:
    from syncdoctor.cli.cases import cases

    found = cases(ctx, catalogue, state, target, guide)
    if not found:
        raise NotFound("There is no connection to diagnose.", "syncdoctor connection add acme/xero")
    return found


def _results(
    ctx: Context,
    catalogue: Catalogue,
    found: list[Case],
    from_file: Path | None,
    check: list[str] | None,
    write: Callable[[Case], Check] | None,
) -> list[tuple[Case, Diagnosis | SyncdoctorError]]:
    from syncdoctor import doctor
    from syncdoctor.cli.cases import opener

    if from_file is not None:
        from syncdoctor.intake.parse import exchanges

        given = list(exchanges(from_file))
        return [(case, doctor.judge_exchanges(case, catalogue, given)) for case in found]
    opened = opener(ctx, catalogue, ctx.config)
    if len(found) > 1:
        from syncdoctor.cli.progress import shown
        from syncdoctor.rounds import diagnose_all

        results = shown(ctx, diagnose_all(found, catalogue, opened, write=write), len(found))
        told = {case.connection.uid: result for case, result in results}
        return [(case, told[case.connection.uid]) for case in found]
    case = found[0]
    known_checks(case, check or [], writes=write is not None)
    with ctx.err().status(f"Asking {case.provider.name} …"):
        return [(case, doctor.diagnose(case, catalogue, opened, only=check, write=write))]


def _writer(
    ctx: Context, catalogue: Catalogue, found: list[Case], from_file: Path | None, *, yes: bool
) -> Callable[[Case], Check]:
    from syncdoctor.cli.write_test import tester

    if from_file is not None:
        raise UsageError("--from asks nobody; it goes with no --write-test.")
    return tester(ctx, catalogue, found, yes=yes)


def _code(diagnosis: Diagnosis, fail_on: str) -> int:
    from syncdoctor.states import exit_code

    return exit_code(diagnosis, fail_on)


def _keep(state: StateDB, results: list[tuple[Case, Diagnosis | SyncdoctorError]]) -> None:
    from syncdoctor.cli.cases import keep

    for case, result in results:
        if not isinstance(result, SyncdoctorError):
            keep(state, case.connection, result, "diagnose")


def _write_files(
    ctx: Context, diagnoses: list[tuple[Case, Diagnosis]], save: Path | None, html: Path | None
) -> None:
    from syncdoctor.render import json_connections
    from syncdoctor.tomlfile import write_private

    if save is not None:
        import orjson

        lines = [json_connections.exchange(e) for _, result in diagnoses for e in result.exchanges]
        write_private(save, "".join(orjson.dumps(line).decode() + "\n" for line in lines))
        ctx.err().print(f"{len(lines)} exchanges are in {save}; syncdoctor explain {save}")
    if html is not None:
        from syncdoctor.render.html import diagnosis_page

        write_private(html, diagnosis_page(diagnoses))
        ctx.err().print(f"The diagnosis is in {html}.")


def _show(
    ctx: Context, diagnoses: list[tuple[Case, Diagnosis]], codes: list[int], *, reply: bool
) -> None:
    from syncdoctor.cli.cases import stand_in_hosts
    from syncdoctor.render import json_connections

    if ctx.json:
        results = [result for _, result in diagnoses]
        ctx.print_json(json_connections.diagnose_document(results, ctx.total(codes)))
        return
    from syncdoctor.render.diagnose_view import diagnosis_view

    out, apps = ctx.out(), ctx.config.apps()
    for (case, result), code in zip(diagnoses, codes, strict=False):  # then those of the failures
        if ctx.quiet and not code:
            continue
        if reply:
            from syncdoctor.render.reply import message

            out.print(message(case.guide, result.findings), soft_wrap=True)
            continue
        hosts = stand_in_hosts(apps, case.connection)
        out.print(diagnosis_view(case, result, hosts=hosts, verbose=ctx.verbose))
