"""How far a long round is: a bar on stderr, on a terminal alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

    from syncdoctor.cli.common import Context

T = TypeVar("T")
FEWEST = 5  # a bar for less is gone before it is read


def shown(ctx: Context, results: Generator[T, None, None], total: int) -> Iterator[T]:
    """The results, counted by a bar; whatever ends the loop ends the work as well."""
    with closing(results):
        yield from _counted(ctx, results, total)


def _counted(ctx: Context, results: Iterable[T], total: int) -> Iterator[T]:
    console = ctx.err()
    if ctx.quiet or ctx.json or total < FEWEST or not console.is_interactive:
        yield from results
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        for result in results:
            bar.advance(task)
            yield result
