"""One finding on the terminal: what was said, what it means, what to do, how sure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from syncdoctor.model import Cause, Confidence, Finding, Severity

STYLES: Mapping[Severity, str] = {
    Severity.ERROR: "bad",
    Severity.WARNING: "warn",
    Severity.INFO: "dim",
}
MARKS: Mapping[Severity, str] = {Severity.ERROR: "✖", Severity.WARNING: "▲", Severity.INFO: "•"}
SURE: Mapping[Confidence, str] = {
    Confidence.CERTAIN: "certain",
    Confidence.LIKELY: "likely",
    Confidence.POSSIBLE: "possible, not sure",
}


def finding_view(
    finding: Finding, *, provider: str, ruled_out: Sequence[Cause] = (), verbose: bool = False
) -> RenderableType:
    """A finding as indented blocks of text.

    Args:
        provider: the name to show for who said it.
        ruled_out: other meanings that a check has disproved.
    """
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(f"{provider} said" if _was_said(finding) else "Seen here", Text(finding.said))
    grid.add_row("It means", Text(finding.meaning))
    grid.add_row("How sure", Text(_sure(finding, ruled_out)))
    blocks: list[RenderableType] = [_title(finding), Padding(grid, (0, 0, 0, 2))]
    if finding.steps:
        blocks.append(Padding(Text("What to do", style="heading"), (0, 0, 0, 2)))
        blocks.append(Padding(_steps(finding.steps), (0, 0, 0, 2)))
    blocks.extend(
        Padding(Text(f"$ {command}", style="command"), (0, 0, 0, 5))
        for command in map(shlex.join, finding.commands)
        if not any(command in step for step in finding.steps)
    )
    if verbose:
        blocks.append(Padding(_evidence(finding), (0, 0, 0, 2)))
    return Group(*blocks)


def _was_said(finding: Finding) -> bool:
    """Whether somebody answered; a check of the workspace file has an empty exchange."""
    made = finding.exchange
    return made is not None and any((made.url, made.status, made.body, made.exception))


def _title(finding: Finding) -> Text:
    style = STYLES[finding.severity]
    return Text.assemble(
        (f"{MARKS[finding.severity]} {finding.title}", style), (f"  {finding.cause}", "dim")
    )


def _sure(finding: Finding, ruled_out: Sequence[Cause]) -> str:
    words = SURE[finding.confidence]
    open_ones = [cause for cause in finding.also if cause not in ruled_out]
    if open_ones:
        words += f"; it could also be {', '.join(open_ones)}"
    if ruled_out:
        words += f"; ruled out by the checks: {', '.join(ruled_out)}"
    return words


def _steps(steps: Sequence[str]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right")
    grid.add_column(overflow="fold")
    for number, step in enumerate(steps, 1):
        grid.add_row(f"{number}.", Text(step))
    return grid


def _evidence(finding: Finding) -> Text:
    matched = ", ".join(f"{key}={value}" for key, value in finding.matched.items())
    lines = [f"rule {finding.rule or 'none'}; matched {matched or 'nothing'}", *finding.links]
    return Text("\n".join(lines), style="dim")
