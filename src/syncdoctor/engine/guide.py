"""A guide: what a product's customer should do about each cause, in the product's words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdoctor.engine.cache import cached
from syncdoctor.engine.table import Table, parse_file
from syncdoctor.errors import ConfigError, NotFound
from syncdoctor.model import Cause, State

GUIDES_DIR = Path(__file__).parent.parent / "guides"
DEFAULT = "default"

KEYS = tuple(
    "name product sources states places support plans tiers roles checks cause feature".split()
)
# What a guide may tell its readers to look at in the product; it is asked about only then.
TOPICS = ("licence", "invoice-limit", "auto-sync", "invoice-status", "credit-notes", "channels")
# Ends the name under which a guide has steps for a sign-on besides the token (`myob-sign-on`).
SIGN_ON = "-sign-on"
PLACEHOLDERS = frozenset(
    (
        *("provider", "product", "organisation_word", "connection", "workspace"),
        *("support", "ask_for", "command", "retry_after"),
    )
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Advice:
    """What to call a cause and what to do about it; both may hold placeholders."""

    title: str
    steps: tuple[str, ...]

    def filled(self, values: Mapping[str, str]) -> Advice:
        """The same with each placeholder replaced by its value."""

        def value(match: re.Match[str]) -> str:
            return values[match[1]]

        def sentence(text: str) -> str:
            told = _PLACEHOLDER.sub(value, text)
            # "the provider" where none is known; a name keeps the letter it has.
            return f"The {told[4:]}" if text[:1] == "{" and told.startswith("the ") else told

        return Advice(sentence(self.title), tuple(sentence(step) for step in self.steps))


@dataclass(frozen=True, slots=True)
class Roles:
    """Who may manage integrations in the product. ``word`` is its word for a role.

    ``others`` says of all other roles: ``no``, or ``ask`` where the guide leaves it to the owner.
    """

    word: str
    allowed: tuple[str, ...]
    others: str


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that the guide names, and what does it here.

    ``by`` are commands (``syncdoctor …``), or a word and a name: ``check licence``,
    ``state verifying``, ``cause plan-limit``, ``scenario healthy``.
    """

    told: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """One product's guide, with what it leaves out filled in from the default one.

    ``plans`` holds the plans that cover a provider, ``tiers`` the hours within which a sync is to
    be expected on each tier, ``checks`` the topics (``TOPICS``) that the guide speaks about.
    """

    name: str
    product: str
    sources: tuple[str, ...]
    states: Mapping[str, str]
    places: Mapping[str, str]
    support: str
    ask_for: tuple[str, ...]
    plans: Mapping[str, tuple[str, ...]]
    advices: Mapping[tuple[str, str | None], Advice]
    tiers: Mapping[str, float] = field(default_factory=dict)
    roles: Roles | None = None
    checks: frozenset[str] = frozenset()
    features: tuple[Feature, ...] = ()

    def advice(self, cause: Cause, provider: str | None) -> Advice:
        """What to do about a cause; a provider's own advice wins over that for all."""
        return self.advices.get((cause, provider)) or self.advices[cause, None]

    def shown(self, state: State, default: str) -> str:
        """The product's word for a state of a connection."""
        return self.states.get(state, default)


def list_guides(extra: Path | None = None) -> tuple[str, ...]:
    """The names of all guides: those that come with the tool and the user's own."""
    return tuple(sorted(_files(extra)))


def load_guide(name: str, extra: Path | None = None, cache_dir: Path | None = None) -> Guide:
    """A guide by name; a file of the user's in ``extra`` wins over one that comes with the tool.

    Raises NotFound for an unknown name and ConfigError, naming file and key, for a wrong file.
    """
    files = _files(extra)
    if name not in files:
        close = difflib.get_close_matches(name, files, 3)
        raise NotFound(
            f'There is no guide "{name}".',
            f"Did you mean {' or '.join(close)}?" if close else "syncdoctor guide list",
        )
    paths = [files[DEFAULT], files[name]]
    default, own = cached("guide", paths, cache_dir, lambda: _checked(paths, name))
    merged = {key: {**default.get(key, {}), **own.get(key, {})} for key in ("states", "places")}
    support = {**default["support"], **own.get("support", {})}
    return Guide(
        name=name,
        product=own["product"],
        sources=tuple(own.get("sources", ())),
        states=merged["states"],
        places=merged["places"],
        support=support["address"],
        ask_for=tuple(support["ask_for"]),
        plans={key: tuple(plans) for key, plans in own.get("plans", {}).items()},
        advices=_merged(dict(_advices(default)), dict(_advices(own))),
        tiers=own.get("tiers", {}),
        roles=_roles(own),
        checks=frozenset(own.get("checks", ())),
        features=tuple(Feature(one["told"], tuple(one["by"])) for one in own.get("feature", ())),
    )


def _roles(document: Mapping[str, Any]) -> Roles | None:
    told = document.get("roles")
    return told and Roles(told["word"], tuple(told["allowed"]), told["others"])


def _files(extra: Path | None) -> dict[str, Path]:
    own = extra.glob("*.toml") if extra else ()
    return {path.stem: path for path in (*GUIDES_DIR.glob("*.toml"), *own)}


def _advices(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str | None], Advice]]:
    for cause, told in document.get("cause", {}).items():
        title, steps = told.get("title"), told.get("steps")
        if title is not None:
            yield (cause, None), Advice(title, tuple(steps))
        for provider, special in told.get("provider", {}).items():
            yield (
                (cause, provider),
                Advice(special.get("title", title), tuple(special.get("steps", steps))),
            )


def _merged(
    default: dict[tuple[str, str | None], Advice], own: dict[tuple[str, str | None], Advice]
) -> dict[tuple[str, str | None], Advice]:
    # A cause that the product tells in its own words is told so for every provider; a password
    # is another matter than the right that those words are about.
    told = {cause for cause, provider in own if provider is None}
    kept = {
        (cause, provider): one
        for (cause, provider), one in default.items()
        if cause not in told or (provider or "").endswith(SIGN_ON)
    }
    return kept | own


def _checked(paths: list[Path], name: str) -> list[dict[str, Any]]:
    default, own = (parse_file(path) for path in paths)
    _check(default, paths[0], DEFAULT, {})
    for cause in Cause:
        if cause not in default["cause"]:
            raise ConfigError(f"{paths[0]}: cause.{cause}: is missing.", "syncdoctor guide list")
    _check(own, paths[1], name, default)
    return [default, own]


def _check(document: dict[str, Any], path: Path, name: str, default: Mapping[str, Any]) -> None:
    table = Table(document, str(path), "", KEYS, "syncdoctor guide show NAME")
    if table.text("name") != name:
        table.fail("name", f'must be the name of the file, "{name}"')
    table.text("product")
    table.texts("sources")
    states = table.table("states", State)
    for state in states.data:
        states.text(state)
    places = {**default.get("places", {}), **table.text_map("places")}
    support = table.table("support", ("address", "ask_for"))
    if not default:
        support.text("address")
    support.texts("ask_for")
    plans = table.table("plans", table.free("plans"))
    for provider in plans.data:
        plans.texts(provider)
    _check_product_side(table)
    for number, one in enumerate(table.tables("feature")):
        feature = Table(one, str(path), f"feature[{number}]", ("told", "by"), table.hint)
        feature.text("told")
        if not feature.texts("by"):
            feature.fail("by", "a feature needs something that does it")
    _check_causes(table, default, places)


def _check_product_side(table: Table) -> None:
    for tier, hours in table.free("tiers").items():
        if not isinstance(hours, (int, float)) or isinstance(hours, bool) or hours <= 0:
            table.fail(f"tiers.{tier}", "must be a number of hours")
    if "roles" in table.data:
        roles = table.table("roles", ("word", "allowed", "others"))
        roles.text("word")
        roles.texts("allowed")
        if roles.text("others") not in {"no", "ask"}:
            roles.fail("others", "must be no or ask")
    for topic in table.texts("checks"):
        if topic not in TOPICS:
            table.fail("checks", f'"{topic}" is not one of {", ".join(TOPICS)}')


def _check_causes(table: Table, default: Mapping[str, Any], places: Mapping[str, str]) -> None:
    causes = table.table("cause", Cause)
    for cause in causes.data:
        told = causes.table(cause, ("title", "steps", "provider"))
        if "title" in told.data or "steps" in told.data or not default:
            _check_advice(told, places, whole=True)
        for provider in told.free("provider"):
            special = told.table("provider", told.free("provider")).table(
                provider, ("title", "steps")
            )
            whole = "title" not in told.data
            _check_advice(special, places, whole=whole)


def _check_advice(table: Table, places: Mapping[str, str], *, whole: bool) -> None:
    texts = []
    if whole or "title" in table.data:
        texts.append(("title", table.text("title")))
    if whole or "steps" in table.data:
        steps = table.texts("steps")
        if not steps:
            table.fail("steps", "a cause needs at least one step")
        texts.extend(("steps", step) for step in steps)
    for key, text in texts:
        for name in _PLACEHOLDER.findall(text):
            place = name.removeprefix("place.")
            if name not in PLACEHOLDERS and not (place != name and place in places):
                known = ", ".join((*sorted(PLACEHOLDERS), *(f"place.{one}" for one in places)))
                table.fail(key, f"unknown placeholder {{{name}}}; known: {known}")
