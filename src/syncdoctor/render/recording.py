"""What a terminal showed, as a picture or a page for whoever has to see it."""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.text import Text

WIDTH = 100
# rich's picture would fetch two fonts from a public server; any monospaced one will do.
FETCHED_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def recording(shown: str, title: str, *, svg: bool) -> str:
    """An SVG picture or an HTML page of text with ANSI colours; it asks no server for anything."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
    console.print(Text(f"$ {title}", style="bold"))
    console.print(Text.from_ansi(shown))
    if not svg:
        return console.export_html(inline_styles=True)
    return FETCHED_FONTS.sub("", console.export_svg(title=title), count=2)
