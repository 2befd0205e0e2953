"""The catalogue: every provider's facts and every rule, read from TOML and checked.

What comes with the tool is in ``providers/*/facts.toml`` and ``providers/*/rules.toml``; the
user's own rules are ``*.toml`` files in one directory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from syncdoctor.engine.cache import cached
from syncdoctor.engine.facts_file import provider_of
from syncdoctor.engine.provider import Provider
from syncdoctor.engine.rule_file import COMMON, rules_of
from syncdoctor.engine.table import HINT, parse_file
from syncdoctor.errors import ConfigError, NotFound
from syncdoctor.model import Action, Cause, Confidence, Rule, Severity

PROVIDERS_DIR = Path(__file__).parent.parent / "providers"


class Catalogue:
    """Providers and rules. Cheap to make: rules, samples and indexes are built when asked for."""

    def __init__(self, facts: Mapping[str, Any], rows: list[list[Any]], files: list[Path]) -> None:
        self.providers: Mapping[str, Provider] = _Providers(facts)
        self.files = tuple(files)
        self.memo: dict[Any, Any] = {}
        """What the judgement remembers of this catalogue: indexes and answers seen before."""
        self._rows = rows

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, without its samples."""
        return tuple(_rule(row) for row in self._rows)

    @cached_property
    def rules_with_samples(self) -> tuple[Rule, ...]:
        """Every rule with its samples, which means reading all files again."""
        return tuple(
            rule
            for path in self.files
            for rule in rules_of(parse_file(path), path, _prefixes(path, set(self.providers)))
        )

    def rules_for(self, provider: str | None) -> tuple[Rule, ...]:
        """The rules that can hold for a provider's answers: its own and the common ones."""
        return tuple(_rule(row) for row in self._rows if row[1] is None or row[1] == provider)

    def rule(self, identity: str) -> Rule:
        """One rule with its samples; NotFound with the closest id when there is none."""
        for row in self._rows:
            if row[0] == identity:
                path = Path(row[-1])
                rules = rules_of(parse_file(path), path, _prefixes(path, set(self.providers)))
                return next(rule for rule in rules if rule.id == identity)
        raise NotFound(f'There is no rule "{identity}".', self._hint(identity))

    def _hint(self, identity: str) -> str:
        import difflib

        close = difflib.get_close_matches(identity, [row[0] for row in self._rows], 3)
        return f"Did you mean {' or '.join(close)}?" if close else "syncdoctor rules list"


class _Providers(Mapping[str, Provider]):
    """Providers by id, each made when first asked for."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts
        self._made: dict[str, Provider] = {}

    def __getitem__(self, key: str) -> Provider:
        made = self._made.get(key)
        if made is None:
            path, data = self._facts[key]
            made = self._made[key] = provider_of(data, Path(path))
        return made

    def __contains__(self, key: object) -> bool:
        return key in self._facts

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


def load(
    extra: Path | None = None,
    cache_dir: Path | None = None,
    *,
    only: str | None = None,
    providers_dir: Path = PROVIDERS_DIR,
) -> Catalogue:
    """Read the catalogue, with the user's rules in the directory (or file) ``extra``.

    Raises ConfigError naming file, table and key for whatever does not fit. With ``cache_dir``
    a compiled copy is kept there, keyed on the files' names, times and sizes. With ``only`` the
    rules of one provider and the common ones are read.
    """
    facts = sorted(providers_dir.glob("*/facts.toml"))
    rules = sorted(providers_dir.glob("*/rules.toml"))
    if only is not None:
        rules = [path for path in rules if _owner(path) in (only, COMMON)]
    rules.extend(_extra_files(extra))
    compiled = cached("catalogue", [*facts, *rules], cache_dir, lambda: _compile(facts, rules))
    return Catalogue(compiled["facts"], compiled["rules"], rules)


def _extra_files(extra: Path | None) -> list[Path]:
    if extra is None:
        return []
    return [extra] if extra.is_file() else sorted(extra.glob("*.toml"))


def _compile(facts_files: list[Path], rule_files: list[Path]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for path in facts_files:
        data = parse_file(path)
        facts[provider_of(data, path).id] = [str(path), data]
    rows: list[list[Any]] = []
    seen: dict[str, str] = {}
    for path in rule_files:
        for rule in rules_of(parse_file(path), path, _prefixes(path, set(facts))):
            if rule.id in seen:
                raise ConfigError(
                    f'{path}: rule "{rule.id}": id: is there already, in {seen[rule.id]}.', HINT
                )
            seen[rule.id] = str(path)
            rows.append(_row(rule))
    return {"facts": facts, "rules": rows}


def _prefixes(path: Path, providers: set[str]) -> frozenset[str]:
    if path.name == "rules.toml" and (path.parent.parent.name == PROVIDERS_DIR.name):
        return frozenset((_owner(path),))
    return frozenset((*providers, COMMON))


def _owner(path: Path) -> str:
    # A package's folder cannot have the hyphen that a provider's id has.
    return path.parent.name.replace("_", "-")


def _row(rule: Rule) -> list[Any]:
    return [
        rule.id,
        rule.provider,
        rule.cause,
        rule.confidence,
        rule.meaning,
        rule.when,
        rule.sources,
        rule.action,
        rule.severity,
        rule.also,
        rule.note,
        rule.origin_file,
    ]


def _rule(row: list[Any]) -> Rule:
    identity, provider, cause, confidence, meaning, when, sources, action, severity, also, *end = (
        row
    )
    return Rule(
        id=identity,
        provider=provider,
        cause=Cause(cause),
        confidence=Confidence(confidence),
        meaning=meaning,
        when=when,
        sources=tuple(sources),
        action=Action(action),
        severity=Severity(severity),
        also=tuple(Cause(word) for word in also),
        note=end[0],
        origin_file=end[1],
    )
