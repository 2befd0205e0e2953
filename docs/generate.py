# noqa: INP001 - a script beside the pages that it writes, no package
"""Write the page of each rule into docs/rules/, and their list.

    python docs/generate.py [--check]

With ``--check`` nothing is written; the exit code is 1 when a page is missing, old or of no rule.
A cause that no guide explains, or a page that another refers to in vain, fails here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import load_guide
from syncdoctor.model import Rule
from syncdoctor.render.rule_page import page

HERE = Path(__file__).parent / "rules"


def pages(catalogue: Catalogue) -> dict[str, str]:
    """Every page by its file name."""
    rules = sorted(catalogue.rules_with_samples, key=lambda rule: rule.id)
    guide = load_guide("default")
    for rule in rules:
        guide.advice(rule.cause, rule.provider)
    made = {f"{rule.id}.md": page(rule, catalogue) for rule in rules}
    return {"index.md": _index(rules, catalogue), **made}


def _index(rules: Iterable[Rule], catalogue: Catalogue) -> str:
    lines = ["# Rules", "", "How rules are written is told in [rules.md](../rules.md).", ""]
    current = ""
    for rule in rules:
        name = catalogue.providers[rule.provider].name if rule.provider else "All providers"
        if name != current:
            lines += ["", f"## {name}", "", "| rule | cause | confidence |", "| --- | --- | --- |"]
            current = name
        lines.append(f"| [{rule.id}]({rule.id}.md) | `{rule.cause}` | {rule.confidence} |")
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def stale(made: dict[str, str]) -> list[str]:
    """The names of pages that are missing, old or of no rule."""
    there = {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.md")}
    return sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))


def main() -> int:
    """Write or check the pages; the exit code."""
    parser = argparse.ArgumentParser(description="Write the page of each rule.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when old")
    options = parser.parse_args()
    made = pages(load())
    differing = stale(made)
    if options.check:
        for name in differing:
            sys.stderr.write(f"docs/rules/{name} is not what the rules say: make docs\n")
        return 1 if differing else 0
    HERE.mkdir(exist_ok=True)
    for name in differing:
        if name in made:
            (HERE / name).write_text(made[name], encoding="utf-8")
        else:
            (HERE / name).unlink()
    sys.stderr.write(f"{len(made)} pages, {len(differing)} changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
