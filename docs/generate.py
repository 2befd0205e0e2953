# noqa: INP001 - a script beside the pages that it writes, no package
"""Write the page of each rule into docs/rules/, their list, and the overviews beside them.

    python docs/generate.py [--check]

With ``--check`` nothing is written; the exit code is 1 when a page is missing, old or of no rule.
A cause that no guide explains, a page that another refers to in vain, or a feature of a guide that
nothing does, fails here.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from syncdoctor import local_checks, write_test
from syncdoctor.cli.register import COMMANDS
from syncdoctor.cli.register import load as load_command
from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import Guide, list_guides, load_guide
from syncdoctor.model import Cause, Rule, State
from syncdoctor.render.overview_page import coverage_page, guides_page
from syncdoctor.render.providers_page import providers_page
from syncdoctor.render.rule_page import page
from syncdoctor.render.scenarios_page import scenarios_page
from syncdoctor.sandbox.scenarios import SCENARIOS
from syncdoctor.wire import status_page

HERE = Path(__file__).parent / "rules"
# What tests/contract/test_scenarios.py met.
SCENARIOS_MET = Path(__file__).parents[1] / "tests" / "contract" / "scenarios.json"


def pages(catalogue: Catalogue) -> dict[str, str]:
    """Every page by its file name."""
    rules = sorted(catalogue.rules_with_samples, key=lambda rule: rule.id)
    guide = load_guide("default")
    for rule in rules:
        guide.advice(rule.cause, rule.provider)
    made = {f"{rule.id}.md": page(rule, catalogue) for rule in rules}
    return {"index.md": _index(rules, catalogue), **made}


def overviews(catalogue: Catalogue) -> dict[str, str]:
    """The pages beside the folder of rules, by file name."""
    products = [name for name in list_guides() if name != "default"]
    guides = [load_guide(name) for name in ("default", *products)]
    if dead := [line for guide in guides for line in dead_references(guide, catalogue)]:
        raise SystemExit("\n".join(dead))
    names = {provider.id: provider.name for provider in catalogue.providers.values()}
    met = json.loads(SCENARIOS_MET.read_text(encoding="utf-8"))
    return {
        "coverage.md": coverage_page(catalogue),
        "guides.md": guides_page(guides, names),
        "providers.md": providers_page(catalogue.providers.values(), met),
        "scenarios.md": scenarios_page(met, names),
    }


def dead_references(guide: Guide, catalogue: Catalogue) -> Iterator[str]:
    """What a guide's features name that is not there: commands, options, checks, causes …."""
    known: dict[str, Collection[str]] = {
        "check": check_names(catalogue),
        "state": set(State),
        "cause": set(Cause),
        "scenario": set(SCENARIOS),
    }
    for feature in guide.features:
        for reference in feature.by:
            word, _, name = reference.partition(" ")
            found = is_command(name.split()) if word == "syncdoctor" else name in known[word]
            if not found:
                yield f"{guide.name}.toml: feature {feature.told!r}: there is no {reference}"


def check_names(catalogue: Catalogue) -> set[str]:
    """The names that ``diagnose --check`` takes, for any provider and guide."""
    names = {"token", status_page.NAME, write_test.NAME, "channels", *local_checks.NAMES}
    for provider in catalogue.providers.values():
        names |= {probe.name for probe in provider.probes}
        names |= {f"setting-{name.replace('_', '-')}" for name in provider.required_settings}
    return names


def is_command(words: list[str]) -> bool:
    """Whether there is such a command with such options."""
    if words[0] not in COMMANDS:
        return False
    command: Any = load_command(words[0])
    if subcommands := getattr(command, "commands", {}):
        if len(words) == 1 or words[1] not in subcommands:
            return False
        command = subcommands[words[1]]
    options = {name for parameter in command.params for name in parameter.opts}
    return options.issuperset(word for word in words if word.startswith("--"))


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


def stale(made: dict[Path, str]) -> list[Path]:
    """The pages that are missing, old or of no rule."""
    there = {path: path.read_text(encoding="utf-8") for path in HERE.glob("*.md")}
    there |= {p: p.read_text(encoding="utf-8") for p in made if p.parent != HERE and p.exists()}
    return sorted(path for path in made.keys() | there.keys() if made.get(path) != there.get(path))


def main() -> int:
    """Write or check the pages; the exit code."""
    parser = argparse.ArgumentParser(description="Write the pages that are made from data.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when old")
    options = parser.parse_args()
    catalogue = load()
    made = {HERE / name: text for name, text in pages(catalogue).items()}
    made |= {HERE.parent / name: text for name, text in overviews(catalogue).items()}
    differing = stale(made)
    if options.check:
        for path in differing:
            name = path.relative_to(HERE.parent)
            sys.stderr.write(f"docs/{name} is not what the data say: make docs\n")
        return 1 if differing else 0
    HERE.mkdir(parents=True, exist_ok=True)
    for path in differing:
        if path in made:
            path.write_text(made[path], encoding="utf-8")
        else:
            path.unlink()
    sys.stderr.write(f"{len(made)} pages, {len(differing)} changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
