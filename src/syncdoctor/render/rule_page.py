"""The page of a rule, in Markdown: what ``rules show`` prints and what docs/rules/ holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.model import Rule, Sample


def page(rule: Rule, catalogue: Catalogue) -> str:
    """One rule with its samples as a Markdown page."""
    return "\n".join(_lines(rule, catalogue)) + "\n"


def _lines(rule: Rule, catalogue: Catalogue) -> Iterator[str]:
    provider = catalogue.providers[rule.provider].name if rule.provider else "all providers"
    yield from (f"# {rule.id}", "", rule.meaning, "")
    yield f"- Provider: {provider}"
    yield f"- Cause: `{rule.cause}` ({rule.confidence})"
    yield f"- What to do: `{rule.action}`"
    if rule.also:
        yield f"- The same words can also mean: {', '.join(f'`{cause}`' for cause in rule.also)}"
    if rule.severity != "error":
        yield f"- Severity: {rule.severity}"
    yield from ("", "## Holds when", "")
    for key, value in _conditions(rule.when):
        yield f"- {key}: {value}"
    if rule.note:
        yield from ("", "## What could fool it", "", rule.note)
    for number, sample in enumerate(rule.samples, 1):
        yield from ("", f"## Sample {number}", "")
        yield from _sample(sample)
    yield from ("", "## Sources", "")
    yield from (f"- <{source}>" if "://" in source else f"- {source}" for source in rule.sources)


def _conditions(when: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in when.items():
        if isinstance(value, Mapping):
            for name, inner in value.items():
                yield f"{key} `{name}`", f"`{_plain(inner)}`"
        else:
            listed = value if isinstance(value, list) else [value]
            yield key, " or ".join(f"`{_plain(one)}`" for one in listed)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sample(sample: Sample) -> Iterator[str]:
    told = f"<{sample.source}>" if "://" in sample.source else sample.source
    yield from (f"Origin: {sample.origin}, {told}", "", "```text")
    if sample.url or sample.method:
        yield f"{sample.method or 'GET'} {sample.url or ''}".rstrip()
    if sample.status is not None:
        yield f"HTTP {sample.status}"
    yield from (f"{name}: {value}" for name, value in sample.headers.items())
    if sample.body is not None:
        text = sample.body if isinstance(sample.body, str) else json.dumps(sample.body, indent=2)
        yield from ("", text)
    if sample.exception is not None:
        yield sample.exception
    yield from (f"{name} = {_plain(value)}" for name, value in sample.facts.items())
    yield "```"
