"""``syncdoctor rules``: list, show and test the rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import ExitCode, NotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.engine.samples import SampleResult
    from syncdoctor.model import Rule

PROVIDER = Annotated[
    str | None, typer.Option("--provider", metavar="NAME", help="Only this provider's, or common.")
]


def attach(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(name="rules", help="What providers' answers mean.", no_args_is_help=True)
    group.command("list")(list_rules)
    group.command("show")(show)
    group.command("test")(try_samples)
    app.add_typer(group)


@with_context
def list_rules(
    ctx: Context,
    provider: PROVIDER = None,
    cause: Annotated[
        str | None, typer.Option("--cause", metavar="CAUSE", help="Only rules of this cause.")
    ] = None,
) -> int:
    """List the rules, with their causes."""
    from syncdoctor.model import Cause

    catalogue = ctx.catalogue
    if cause is not None:
        _known(cause, [str(one) for one in Cause], "cause", "syncdoctor explain --list")
    rules = [
        rule
        for rule in _of_provider(catalogue, catalogue.rules, provider)
        if cause is None or rule.cause == cause
    ]
    if ctx.json:
        ctx.print_document("rules-list", rules=[_row(rule) for rule in rules])
        return int(ExitCode.OK)
    out = ctx.out()
    for rule in rules:
        out.print(f"{rule.id:<58} {rule.cause:<22} {rule.confidence}", soft_wrap=True)
    if not ctx.quiet:
        ctx.err().print(f"{len(rules)} rules. syncdoctor rules show ID tells more.", style="dim")
    return int(ExitCode.OK)


@with_context
def show(
    ctx: Context,
    identity: Annotated[str, typer.Argument(metavar="ID", help="The rule, e.g. xero.rate-limit.")],
) -> int:
    """Show one rule: its meaning, conditions, samples and sources."""
    from syncdoctor.render.rule_page import page

    rule = ctx.catalogue.rule(identity)
    if ctx.json:
        ctx.print_document("rules-show", rules=[_row(rule)])
    else:
        ctx.out().print(page(rule, ctx.catalogue), soft_wrap=True)
    return int(ExitCode.OK)


@with_context
def try_samples(
    ctx: Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A rules file of your own.")
    ] = None,
    provider: PROVIDER = None,
) -> int:
    """Try each rule's samples: every one must find its own rule first."""
    from syncdoctor.engine import lint
    from syncdoctor.engine.catalogue import load
    from syncdoctor.engine.samples import run_samples
    from syncdoctor.intake.embedded import enrich

    if file is not None and not file.is_file():
        raise UsageError(f"There is no file {file}.", "syncdoctor rules test FILE")
    inside = file is not None and file.resolve().parent == (ctx.config_dir / "rules").resolve()
    extra = ctx.config_dir / "rules" if file is None or inside else file
    catalogue = load(extra, only=provider if file is None else None)
    rules = tuple(_of_provider(catalogue, catalogue.rules_with_samples, provider))
    if file is not None:
        rules = tuple(r for r in rules if Path(r.origin_file).resolve() == file.resolve())
    results = list(run_samples(catalogue, rules, enrich))
    failed = [one for one in results if one.problem]
    remarks, notes = list(lint.remarks(rules)), list(lint.unreached(results))
    if ctx.json:
        code = int(ExitCode.PROBLEM if failed else ExitCode.OK)
        ctx.print_document(
            "rules-test",
            code,
            samples=[_result(one) for one in results],
            remarks=[one._asdict() for one in remarks],
            notes=[one._asdict() for one in notes],
        )
    else:
        for one in failed:
            ctx.out().print(f"{one.rule.id} sample {one.number}: {one.problem}", soft_wrap=True)
        for remark in [*remarks, *(notes if ctx.verbose else ())]:
            ctx.out().print(lint.sentence(remark), soft_wrap=True, markup=False)
        if not ctx.quiet:
            said = f"{len(rules)} rules, {len(results)} samples, {len(failed)} failed"
            ctx.err().print(said, style="bad" if failed else "ok")
    return int(ExitCode.PROBLEM if failed else ExitCode.OK)


def _of_provider(
    catalogue: Catalogue, rules: Iterable[Rule], provider: str | None
) -> Iterable[Rule]:
    if provider is None:
        return rules
    known = [*catalogue.providers, "common"]
    _known(provider, known, "provider", "syncdoctor rules list")
    return [rule for rule in rules if (rule.provider or "common") == provider]


def _known(word: str, words: list[str], kind: str, hint: str) -> None:
    import difflib

    if word not in words:
        close = difflib.get_close_matches(word, words, 3)
        raise NotFound(
            f'There is no {kind} "{word}".',
            f"Did you mean {' or '.join(close)}?" if close else hint,
        )


def _row(rule: Rule) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": rule.id,
        "provider": rule.provider,
        "cause": rule.cause,
        "also": list(rule.also),
        "action": rule.action,
        "confidence": rule.confidence,
        "severity": rule.severity,
        "meaning": rule.meaning,
        "when": rule.when,
        "note": rule.note,
        "sources": list(rule.sources),
        "file": rule.origin_file,
    }
    if rule.samples:
        row["samples"] = [{"origin": one.origin, "source": one.source} for one in rule.samples]
    return row


def _result(result: SampleResult) -> dict[str, Any]:
    return {
        "rule": result.rule.id,
        "sample": result.number,
        "ok": result.problem is None,
        "problem": result.problem,
        "found": [one.rule.id for one in result.matches],
    }
