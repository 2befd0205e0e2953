"""``syncdoctor guide``: the products whose customers are helped, and what they are told to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import ExitCode

if TYPE_CHECKING:
    from syncdoctor.engine.guide import Guide


def attach(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        name="guide", help="What a product's customers are told to do.", no_args_is_help=True
    )
    group.command("list")(list_guides)
    group.command("show")(show)
    app.add_typer(group)


@with_context
def list_guides(ctx: Context) -> int:
    """List the guides."""
    from syncdoctor.engine.guide import list_guides as names
    from syncdoctor.engine.guide import load_guide

    extra = ctx.config_dir / "guides"
    guides = [load_guide(name, extra, ctx.cache_dir) for name in names(extra)]
    if ctx.json:
        named = [{"name": one.name, "product": one.product} for one in guides]
        ctx.print_document("guides", guides=named)
    else:
        for one in guides:
            ctx.out().print(f"{one.name:<20} {one.product}", soft_wrap=True)
    return int(ExitCode.OK)


@with_context
def show(
    ctx: Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The guide, e.g. solido.")],
) -> int:
    """Show one guide: its words, places, support address and steps for each cause."""
    from syncdoctor.engine.guide import load_guide

    guide = load_guide(name, ctx.config_dir / "guides", ctx.cache_dir)
    if ctx.json:
        ctx.print_document("guides", guides=[_whole(guide)])
        return int(ExitCode.OK)
    out = ctx.out()
    out.print(f"{guide.product} ({guide.name})", style="heading")
    for title, pairs in (
        ("Places", guide.places),
        ("States", guide.states),
        ("Plans", {key: ", ".join(plans) for key, plans in guide.plans.items()}),
        ("Support", {guide.support: ", ".join(guide.ask_for)}),
        ("Tiers", {tier: f"a sync within {hours:g} h" for tier, hours in guide.tiers.items()}),
        ("Roles", _roles(guide)),
        ("Asked about", {"checks": ", ".join(sorted(guide.checks))} if guide.checks else {}),
        ("Here", {one.told: ", ".join(one.by) for one in guide.features}),
    ):
        if pairs:
            out.print(f"\n{title}", style="heading")
        for key, text in pairs.items():
            out.print(f"  {key}: {text}", soft_wrap=True)
    for (cause, provider), advice in sorted(
        guide.advices.items(), key=lambda one: (one[0][0], one[0][1] or "")
    ):
        where = f"{cause}, {provider}" if provider else cause
        out.print(f"\n{where}: {advice.title}", style="heading", soft_wrap=True)
        for number, step in enumerate(advice.steps, 1):
            out.print(f"  {number}. {step}", soft_wrap=True)
    return int(ExitCode.OK)


def _roles(guide: Guide) -> dict[str, str]:
    if guide.roles is None:
        return {}
    others = {"no": "no other", "ask": "others are asked about"}[guide.roles.others]
    return {f"{guide.roles.word} {' or '.join(guide.roles.allowed)}": f"may connect; {others}"}


def _whole(guide: Guide) -> dict[str, Any]:
    return {
        "name": guide.name,
        "product": guide.product,
        "sources": list(guide.sources),
        "states": guide.states,
        "places": guide.places,
        "support": {"address": guide.support, "ask_for": list(guide.ask_for)},
        "plans": {key: list(plans) for key, plans in guide.plans.items()},
        "tiers": dict(guide.tiers),
        "roles": guide.roles
        and {
            "word": guide.roles.word,
            "allowed": list(guide.roles.allowed),
            "others": guide.roles.others,
        },
        "checks": sorted(guide.checks),
        "features": [{"told": one.told, "by": list(one.by)} for one in guide.features],
        "causes": [
            {
                "cause": cause,
                "provider": provider,
                "title": advice.title,
                "steps": list(advice.steps),
            }
            for (cause, provider), advice in guide.advices.items()
        ],
    }
