"""A diagnosis as a page of its own: what the terminal shows, as HTML without any request."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.rule import Rule

from syncdoctor.model import Diagnosis
from syncdoctor.render.diagnose_view import diagnosis_view
from syncdoctor.render.terminal import THEME
from syncdoctor.states import Case

WIDTH = 100


def diagnosis_page(diagnoses: Sequence[tuple[Case, Diagnosis]]) -> str:
    """The page; everything that comes from outside is escaped by rich."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, theme=THEME, highlight=False)
    for case, diagnosis in diagnoses:
        console.print(diagnosis_view(case, diagnosis, verbose=True))
        console.print(Rule(style="dim"))
    return console.export_html(inline_styles=True)
