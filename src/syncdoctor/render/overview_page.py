"""The generated overviews of the documentation: documented errors, and the steps of the guides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.guide import Guide
from syncdoctor.engine.read import read
from syncdoctor.engine.samples import exchange_of
from syncdoctor.model import Cause, Rule, Sample

DOCUMENTED = "docs"
LONGEST = 90  # characters of a provider's sentence in a table


def coverage_page(catalogue: Catalogue) -> str:
    """Every error that a vendor's document shows, with its rule and the vendor's link."""
    lines = [
        "# Documented errors and their rules",
        "",
        "Each row is a sample that was taken from a vendor's document, and the rule that the",
        "engine finds first for it. Errors that people met in public are on the page of each rule;",
        "what else a vendor documents is in the tables of [providers](providers/).",
    ]
    rules = sorted(catalogue.rules_with_samples, key=lambda rule: rule.id)
    for provider in (*sorted(catalogue.providers), None):
        rows = list(_rows(catalogue, [rule for rule in rules if rule.provider == provider]))
        if not rows:
            continue
        name = catalogue.providers[provider].name if provider else "All providers"
        lines += ["", f"## {name}", "", f"{len(rows)} documented errors.", ""]
        lines += [
            "| what the vendor documents | rule | cause | source |",
            "| --- | --- | --- | --- |",
        ]
        lines += rows
    return "\n".join(lines) + "\n"


def _rows(catalogue: Catalogue, rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        for sample in rule.samples:
            if sample.origin == DOCUMENTED:
                said = _said(catalogue, rule, sample)
                page = f"[{rule.id}](rules/{rule.id}.md)"
                yield f"| {said} | {page} | `{rule.cause}` | [vendor]({sample.source}) |"


def _said(catalogue: Catalogue, rule: Rule, sample: Sample) -> str:
    """Status, first code and first sentence of a sample."""
    provider = catalogue.providers[rule.provider] if rule.provider else None
    signal = read(exchange_of(rule, sample), provider, sample.facts)
    parts = [str(signal.status)] if signal.status else []
    parts += [f"`{code}`" for code in signal.codes[:1]]
    sentence = next((m for m in signal.messages if m not in signal.codes), None)
    if sentence:
        parts.append(f"“{_short(sentence)}”")
    if not parts:
        parts = [f"{key} = {value}" for key, value in sample.facts.items()]
    return " ".join(parts).replace("|", "\\|") or "no answer"


def _short(sentence: str) -> str:
    words = " ".join(sentence.split()).replace("`", "'")
    return words if len(words) <= LONGEST else words[:LONGEST].rstrip() + "…"


def guides_page(guides: Sequence[Guide], names: Mapping[str, str]) -> str:
    """Which step of which guide answers which cause.

    Args:
        guides: every guide, ``default`` first.
        names: provider id → its name, for steps that only one provider has.
    """
    default, products = guides[0], guides[1:]
    lines = [
        "# What the guides say",
        "",
        "One row for each cause; a cell counts the steps that a product's guide has of its own,",
        "and is empty where it takes those of `default`. The steps themselves follow. Words in",
        "braces are filled in when they are shown.",
        "",
        "| cause | " + " | ".join(guide.product for guide in guides) + " |",
        "| --- |" + " --- |" * len(guides),
    ]
    for cause in Cause:
        cells = [str(len(default.advice(cause, None).steps))]
        cells += [_cell(default, guide, cause) for guide in products]
        lines.append(f"| `{cause}` | " + " | ".join(cells) + " |")
    for guide in guides:
        lines += ["", f"## {guide.product} (`{guide.name}`)", ""]
        lines += _facts(guide)
        lines += _features(guide)
        for cause in Cause:
            if guide is default or _own(default, guide, cause):
                lines += _advice(guide, cause, names)
    return "\n".join(lines) + "\n"


def _cell(default: Guide, guide: Guide, cause: Cause) -> str:
    return str(len(guide.advice(cause, None).steps)) if _own(default, guide, cause) else ""


def _own(default: Guide, guide: Guide, cause: Cause) -> bool:
    keys = [key for key in guide.advices if key[0] == cause]
    return any(guide.advices[key] != default.advices.get(key) for key in keys)


def _facts(guide: Guide) -> list[str]:
    rows = [f"- {name.replace('_', ' ')}: {place}" for name, place in guide.places.items()]
    rows += [f"- {provider} is in the plans {', '.join(p)}" for provider, p in guide.plans.items()]
    rows += [f"- the state `{state}` is shown as {word}" for state, word in guide.states.items()]
    rows += [f"- {told}" for told in guide_facts(guide)]
    return [*rows, f"- support: {guide.support}; it asks for {', '.join(guide.ask_for)}"]


def guide_facts(guide: Guide) -> Iterator[str]:
    """Tiers, roles and checks of a guide, each as a sentence."""
    for tier, hours in guide.tiers.items():
        yield f"a sync is expected within {hours:g} h on the tier {tier}"
    if guide.roles is not None:
        roles, word = guide.roles, guide.roles.word
        others = "no other may" if roles.others == "no" else "of others it is asked"
        yield f"the {word} {' or '.join(roles.allowed)} may manage integrations; {others}"
    if guide.checks:
        yield f"it is asked about {', '.join(sorted(guide.checks))}"


def _features(guide: Guide) -> list[str]:
    """What the product's guide names, and what does it here."""
    if not guide.features:
        return []
    rows = [f"| {one.told} | {', '.join(map(_shown, one.by))} |" for one in guide.features]
    return ["", "| what its guide names | what does it here |", "| --- | --- |", *rows]


def _shown(reference: str) -> str:
    if reference.startswith("syncdoctor "):
        return f"`{reference}`"
    word, _, name = reference.partition(" ")
    return f"{word} `{name}`"


def _advice(guide: Guide, cause: Cause, names: Mapping[str, str]) -> list[str]:
    lines = []
    for (told, provider), advice in sorted(guide.advices.items(), key=lambda i: i[0][1] or ""):
        if told != cause:
            continue
        only = f" ({names.get(provider, provider)} only)" if provider else ""
        lines += ["", f"### `{cause}`{only}: {advice.title}", ""]
        lines += [f"{number}. {step}" for number, step in enumerate(advice.steps, 1)]
    return lines
