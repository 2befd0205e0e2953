"""``explain`` for words of the catalogue: a rule, a cause, a provider's code; and ``--check``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncdoctor.cli.common import Context
from syncdoctor.errors import ConfigError, ExitCode, NotFound, UsageError
from syncdoctor.model import USUAL_ACTION, Action, Cause, Rule

if TYPE_CHECKING:
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.engine.guide import Advice, Guide
    from syncdoctor.engine.provider import Provider

COMMON = "common"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a word names: ``kind`` is rule, cause, code or provider."""

    word: str
    kind: str
    rules: tuple[Rule, ...]
    cause: Cause | None = None


def entries(ctx: Context, words: list[str], guide_name: str) -> int:
    """Print the catalogue's entry for each word.

    Raises:
        NotFound: the catalogue has no such word; close ones are named.
    """
    from syncdoctor.engine.guide import load_guide

    catalogue = ctx.catalogue
    guide = load_guide(guide_name, ctx.config_dir / "guides", ctx.cache_dir)
    found = [_entry(catalogue, word) for word in words]
    if ctx.json:
        ctx.print_document(
            "explain-entry", entries=[_entry_row(one, catalogue, guide) for one in found]
        )
        return int(ExitCode.OK)
    for one in found:
        ctx.out().print("\n".join(_lines(one, catalogue, guide)), soft_wrap=True)
    return int(ExitCode.OK)


def listing(ctx: Context) -> int:
    """List every cause, with its usual action and its rules."""
    from syncdoctor.render.json_v1 import rule

    rules = ctx.catalogue.rules
    if ctx.json:
        causes = [{"cause": cause, "action": USUAL_ACTION[cause]} for cause in Cause]
        ctx.print_document("explain-list", causes=causes, rules=[rule(one) for one in rules])
        return int(ExitCode.OK)
    out = ctx.out()
    for cause in Cause:
        out.print(f"{cause} ({USUAL_ACTION[cause]})", style="heading")
        for one in rules:
            if one.cause is cause:
                out.print(f"  {one.id:<56} {one.confidence}", soft_wrap=True)
    return int(ExitCode.OK)


def check(ctx: Context, file: Path) -> int:
    """Test a rules or guide file of somebody's own.

    Raises:
        UsageError: there is no such file.
        ConfigError: the file does not load; the message names table and key.
    """
    from syncdoctor.engine.table import parse_file

    if file.is_dir():
        raise UsageError(f"{file} is a directory.", f"syncdoctor explain --check {file}/FILE")
    if not file.is_file():
        raise UsageError(f"There is no file {file}.", "syncdoctor explain --check FILE")
    remarks: list[str] = []
    document = parse_file(file)
    if not document:
        raise ConfigError(f"{file} is empty: it holds neither rules nor a guide.")
    if "rule" in document:
        problems, remarks = _rule_problems(file)
    else:
        problems = _guide_problems(file)
    code = int(ExitCode.PROBLEM if problems else ExitCode.OK)
    if ctx.json:
        ctx.print_document(
            "explain-check", code, file=str(file), problems=problems, remarks=remarks
        )
        return code
    for told in (*problems, *remarks):
        ctx.out().print(told, soft_wrap=True, markup=False)
    if not ctx.quiet and not problems:
        ctx.out().print(f"{file} is good.", style="ok", soft_wrap=True)
    return code


def _rule_problems(file: Path) -> tuple[list[str], list[str]]:
    """What fails in a file of rules, and what is only doubtful."""
    from syncdoctor.engine import lint
    from syncdoctor.engine.catalogue import load
    from syncdoctor.engine.samples import run_samples

    catalogue = load(file)
    own = tuple(r for r in catalogue.rules_with_samples if Path(r.origin_file) == file)
    problems = [
        f"{one.rule.id} sample {one.number}: {one.problem}"
        for one in run_samples(catalogue, own)
        if one.problem
    ]
    return problems, [lint.sentence(remark) for remark in lint.remarks(own)]


def _guide_problems(file: Path) -> list[str]:
    from syncdoctor.engine.guide import load_guide

    if file.suffix != ".toml":
        raise UsageError(f"{file}: the name of a guide's file ends in .toml.")
    load_guide(file.stem, file.parent)
    return []


def _entry(catalogue: Catalogue, word: str) -> Entry:
    known = next((one for one in catalogue.rules if one.id == word), None)
    if known is not None:
        return Entry(word, "rule", (catalogue.rule(word),), known.cause)
    if word in list(Cause):
        cause = Cause(word)
        return Entry(word, "cause", tuple(r for r in catalogue.rules if r.cause is cause), cause)
    provider, colon, code = word.partition(":")
    if provider in catalogue.providers or provider == COMMON:
        name = None if provider == COMMON else provider
        if not colon:
            return Entry(word, "provider", tuple(r for r in catalogue.rules if r.provider == name))
        if rules := _with_code(catalogue.rules_for(name), code):
            best = max(rules, key=lambda one: one.provider is not None)
            return Entry(word, "code", rules, best.cause)
    raise NotFound(f'The catalogue has no "{word}".', _close(catalogue, word))


def _codes(rule: Rule) -> list[str]:
    asked = rule.when.get("code", [])
    return [str(code) for code in (asked if isinstance(asked, list) else [asked])]


def _with_code(rules: tuple[Rule, ...], code: str) -> tuple[Rule, ...]:
    return tuple(r for r in rules if code.lower() in (known.lower() for known in _codes(r)))


def _close(catalogue: Catalogue, word: str) -> str:
    import difflib

    rules = catalogue.rules
    codes = [f"{rule.provider or COMMON}:{code}" for rule in rules for code in _codes(rule)]
    rooms = [*Cause, *(rule.id for rule in rules), *catalogue.providers]
    known = list(dict.fromkeys((*rooms, *codes)))
    close = difflib.get_close_matches(word, known, 3) or [
        one for one in known if one.partition(".")[2] == word or one.partition(":")[2] == word
    ]
    return f"Did you mean {' or '.join(close[:3])}?" if close else "syncdoctor explain --list"


def _lines(entry: Entry, catalogue: Catalogue, guide: Guide) -> list[str]:
    from syncdoctor.render.rule_page import page

    is_rule = entry.kind == "rule"
    lines = [page(entry.rules[0], catalogue)] if is_rule else [f"# {entry.word}", ""]
    advice = _advice(entry, catalogue, guide)
    if advice is not None:
        action = entry.rules[0].action if entry.kind == "rule" and entry.rules else None
        lines += [f"## What to do: {action or USUAL_ACTION[entry.cause or Cause.UNKNOWN]}", ""]
        lines += [advice.title, ""]
        lines += [f"{number}. {step}" for number, step in enumerate(advice.steps, 1)]
        lines.append("")
    if entry.kind != "rule":
        lines += ["## Rules", ""]
        lines += [
            f"- {rule.id} ({rule.cause}, {rule.confidence}): {rule.meaning}" for rule in entry.rules
        ]
    return lines


def _advice(entry: Entry, catalogue: Catalogue, guide: Guide) -> Advice | None:
    if entry.cause is None:
        return None
    rule = entry.rules[0] if entry.rules and entry.kind != "cause" else None
    known = catalogue.providers[rule.provider] if rule and rule.provider else None
    action = rule.action if rule else USUAL_ACTION[entry.cause]
    name = known.id if known else None
    return guide.advice(entry.cause, name).filled(_values(guide, entry.cause, action, known))


def _values(
    guide: Guide, cause: Cause, action: Action, provider: Provider | None
) -> dict[str, str]:
    """What placeholders of a guide say when no connection is being looked at."""
    from syncdoctor.engine.commands import typed

    name = provider.name if provider else "the provider"
    target = f"WORKSPACE/{provider.id if provider else 'CONNECTION'}"
    *most, last = guide.ask_for
    return {
        "provider": name,
        "product": guide.product,
        "organisation_word": provider.organisation_word if provider else "organisation",
        "connection": f"the connection to {name}",
        "workspace": "the workspace",
        "support": guide.support,
        "ask_for": f"{', '.join(most)} and {last}" if most else last,
        "command": " ".join(typed(cause, action, target, provider)),
        "retry_after": "a few minutes",
        **{f"place.{place}": where for place, where in guide.places.items()},
    }


def _entry_row(entry: Entry, catalogue: Catalogue, guide: Guide) -> dict[str, Any]:
    from syncdoctor.render.json_v1 import rule

    advice = _advice(entry, catalogue, guide)
    first = entry.rules[0].action if entry.rules and entry.kind == "rule" else None
    return {
        "word": entry.word,
        "kind": entry.kind,
        "cause": entry.cause,
        "action": first or (USUAL_ACTION[entry.cause] if entry.cause else None),
        "title": advice.title if advice else None,
        "steps": list(advice.steps) if advice else [],
        "rules": [rule(one) for one in entry.rules],
    }
