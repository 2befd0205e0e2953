"""What the terminal shows: consoles, and one function for each kind of result."""

from __future__ import annotations

from typing import IO

from rich.console import Console
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
