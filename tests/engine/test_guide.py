from __future__ import annotations

from pathlib import Path

import pytest

from syncdoctor.engine.guide import Advice, Guide, list_guides, load_guide
from syncdoctor.errors import ConfigError, NotFound
from syncdoctor.model import Cause, State

OWN = """
name = "mine"
product = "Mine"
sources = ["Mine's help"]
[states]
healthy = "Fine"
[places]
shelf = "Mine → Shelf"
[support]
address = "help at Mine"
[plans]
xero = ["Gold"]
[cause.reconnect-needed]
title = "Join {provider} again"
steps = ["Open {place.shelf} and {place.integrations}.", "Run {command}"]
[cause.reconnect-needed.provider.xero]
steps = ["Ask Xero."]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.toml").write_text(OWN, encoding="utf-8")
    return tmp_path


def test_own_words_over_the_default(folder: Path, default_guide: Guide) -> None:
    guide = load_guide("mine", folder)
    assert (guide.name, guide.product, guide.support) == ("mine", "Mine", "help at Mine")
    assert guide.ask_for == default_guide.ask_for
    assert guide.plans == {"xero": ("Gold",)}
    assert guide.shown(State.HEALTHY, "Healthy") == "Fine"
    assert guide.shown(State.VERIFYING, "Verifying") == "Verifying"
    assert guide.advice(Cause.RECONNECT_NEEDED, "myob").title == "Join {provider} again"
    special = guide.advice(Cause.RECONNECT_NEEDED, "xero")
    assert (special.title, special.steps) == ("Join {provider} again", ("Ask Xero.",))
    assert guide.advice(Cause.CLOCK_SKEW, None) == default_guide.advice(Cause.CLOCK_SKEW, None)


def test_placeholders_are_filled(folder: Path) -> None:
    advice = load_guide("mine", folder).advice(Cause.RECONNECT_NEEDED, None)
    values = {"provider": "P", "place.shelf": "S", "place.integrations": "I", "command": "c {x}"}
    filled = advice.filled(values)
    assert filled.title == "Join P again"
    assert filled.steps == ("Open S and I.", "Run c {x}")


def test_a_sentence_that_begins_with_no_name_has_a_capital() -> None:
    advice = Advice("{provider} asks for a pause", ("{provider} will answer.", "Ask {provider}."))
    unknown = advice.filled({"provider": "the provider"})
    assert unknown.title == "The provider asks for a pause"
    assert unknown.steps == ("The provider will answer.", "Ask the provider.")
    assert advice.filled({"provider": "freee"}).title == "freee asks for a pause"


def test_the_names_with_the_users_own(folder: Path) -> None:
    assert {"default", "mine"} <= set(list_guides(folder))
    assert "mine" not in list_guides()


def test_an_unknown_name_suggests_the_closest(folder: Path) -> None:
    with pytest.raises(NotFound) as caught:
        load_guide("mien", folder)
    assert caught.value.hint is not None
    assert "mine" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "{place.shelf}",
            "{place.shelves}",
            r"cause\.reconnect-needed: steps: unknown placeholder",
        ),
        ("{provider}", "{token}", r"cause\.reconnect-needed: title: unknown placeholder"),
        ('name = "mine"', 'name = "other"', "name: must be the name of the file"),
        ("[places]", "[place]", "place: unknown key; did you mean places"),
        ("reconnect-needed]", "reconect-needed]", "reconect-needed: unknown key"),
        ('"Ask Xero."', "", "steps: a cause needs at least one step"),
        ("healthy", "happy", "states: happy: unknown key"),
        ('product = "Mine"', "", "product: is missing"),
        ('title = "Join', 'titel = "Join', "titel: unknown key"),
    ],
)
def test_a_wrong_guide_is_named(folder: Path, old: str, new: str, told: str) -> None:
    (folder / "mine.toml").write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"mine\.toml: .*{told}"):
        load_guide("mine", folder)


def test_a_default_without_a_cause_does_not_load(tmp_path: Path) -> None:
    from syncdoctor.engine.guide import GUIDES_DIR

    text = (GUIDES_DIR / "default.toml").read_text(encoding="utf-8")
    head, _, rest = text.partition("[cause.clock-skew]")
    _, _, tail = rest.partition("\n[")
    (tmp_path / "default.toml").write_text(f"{head}[{tail}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"cause\.clock-skew: is missing"):
        load_guide("default", tmp_path)


def test_a_kept_copy_gives_the_same(folder: Path) -> None:
    cache = folder / "cache"
    first = load_guide("mine", folder, cache)
    assert list(cache.iterdir())
    assert load_guide("mine", folder, cache).advices == first.advices
