"""What the terminal shows: consoles, and one function for each kind of result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

THEME = Theme(
    {
        "ok": "green",
        "bad": "bold red",
        "warn": "yellow",
        "dim": "bright_black",
        "command": "cyan",
        "heading": "bold",
    }
)


def console(
    file: IO[str], *, no_color: bool = False, quiet: bool = False, wrap: bool = True
) -> Console:
    """A console on a stream; NO_COLOR and non-terminals are honoured by rich.

    Args:
        wrap: False leaves long lines to the terminal, for sentences with paths and commands.
    """
    return Console(
        file=file,
        theme=THEME,
        no_color=no_color or None,
        quiet=quiet,
        highlight=False,
        markup=False,
        soft_wrap=not wrap,
    )


def stand_ins(hosts: Iterable[str]) -> list[Text]:
    """A line for each host that stands in for a provider's own."""
    line = "Not the provider's own host: {} (set in the configuration)"
    return [Text(line.format(host), "warn") for host in sorted(set(hosts))]


@dataclass(frozen=True, slots=True)
class Fitting:
    """A table, or where the terminal is not wide enough for it the same in another form."""

    wide: Table
    narrow: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        asked = Measurement.get(console, options.update(max_width=console.width * 10), self.wide)
        yield self.wide if asked.maximum <= options.max_width else self.narrow


def plain_table(*columns: str) -> Table:
    """A table of text columns; what is too long goes on in the next line, and nothing is cut."""
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="heading"
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
