"""What ``explain`` shows on the terminal: findings about one answer, many, or a summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from syncdoctor.engine.provider import Provider
from syncdoctor.explained import Explained, Summary
from syncdoctor.model import Finding
from syncdoctor.render.finding_view import finding_view
from syncdoctor.render.json_v1 import exchange_line

LONGEST_SAID = 600  # characters of a provider's words that are shown


def explained_view(
    one: Explained, names: Mapping[str, Provider], *, numbered: bool, verbose: bool
) -> RenderableType:
    """One exchange: the best finding in full, the others by name, or that all is well.

    Args:
        one: the exchange and what was found.
        names: the providers, for their names.
        numbered: whether it is one of several and needs a heading.
        verbose: whether to show the evidence, and the other findings in full too.
    """
    parts: list[RenderableType] = []
    if numbered:
        parts.append(Text(f"Answer {one.index + 1}: {exchange_line(one.exchange)}", style="dim"))
    if one.best is None:
        parts.append(Text("● Nothing is wrong with this answer.", style="ok"))
        return Group(*parts)
    known = names.get(one.provider or "")
    name = known.name if known else "The provider"
    shown = one.findings if verbose else one.findings[:1]
    for found in shown:
        cut = replace(found, said=_cut(found.said))
        parts.append(finding_view(cut, provider=name, verbose=verbose))
        if found.links and not verbose:
            parts.append(_links(found))
    if rest := one.findings[len(shown) :]:
        others = ", ".join(dict.fromkeys(found.rule or found.cause for found in rest))
        parts.append(Text(f"  Also fits: {others} (--verbose shows it)", style="dim"))
    return Group(*parts)


def _links(found: Finding) -> RenderableType:
    return Padding(Text("\n".join(found.links), style="command"), (0, 0, 0, 2))


def _cut(said: str) -> str:
    return said if len(said) <= LONGEST_SAID else said[:LONGEST_SAID].rstrip() + " …"


def tally(total: int, wrong: int) -> Text:
    """The line that ends a list of several answers."""
    if not wrong:
        return Text(f"{total} answers, nothing is wrong with any of them.", style="ok")
    return Text(f"{total} answers: {wrong} with something wrong, {total - wrong} healthy.")


def summary_view(summary: Summary) -> RenderableType:
    """The groups by cause, with an example of each below."""
    table = Table(pad_edge=False, header_style="heading")
    table.add_column("Count", justify="right")
    table.add_column("Share", justify="right")
    for name in ("Cause", "Provider", "First seen", "Last seen", "Next"):
        table.add_column(name, overflow="fold")
    for group in summary.groups():
        table.add_row(
            str(group.count),
            f"{group.count / summary.total:.1%}",
            group.cause,
            ", ".join(group.providers),
            _day(group.first_seen),
            _day(group.last_seen),
            group.example.action,
        )
    examples = [
        Text(f"{group.cause}: {_cut(group.example.said)}", style="dim")
        for group in summary.groups()
    ]
    return Group(table, *_spaced(examples), tally(summary.total, summary.total - summary.healthy))


def _spaced(examples: Sequence[Text]) -> list[RenderableType]:
    return [Text("For example", style="heading"), *examples, Text("")] if examples else []


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
