"""The page that the browser shows when a sign-in has ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says. All of it is escaped when it is rendered, wherever it came from.

    ``joined`` is the organisation's name, shown large; ``steps`` what to do, in order; a
    ``command`` is shown to be copied.
    """

    title: str
    lines: tuple[str, ...] = ()
    good: bool = False
    joined: str | None = None
    steps: tuple[str, ...] = ()
    command: str | None = None


def render(page: Page) -> str:
    """The page as HTML: one document that loads nothing."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    source = Path(__file__).with_name("page.html.jinja").read_text(encoding="utf-8")
    return environment.from_string(source).render(page=page)
