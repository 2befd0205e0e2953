"""The guides that come with the tool: complete, plain, true, and in words of their own."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from syncdoctor.engine.guide import GUIDES_DIR, Guide, list_guides, load_guide
from syncdoctor.model import Cause, State

NAMES = ("client-portal", "default", "hearlink", "link-my-books", "solido", "tradebooked")
PRODUCTS = tuple(name for name in NAMES if name != "default")
SOURCES = Path(__file__).parents[3] / "shared" / "guides"
LONGEST_TITLE = 70
SHARED_WORDS = 8

# What each product's page tells that no other does, by the place where it must be found.
FACTS: dict[str, dict[str, tuple[str, ...]]] = {
    "tradebooked": {
        "reconnect-needed": ("login for {provider}", "Only recent items", "neither doubled nor"),
        "setting-missing": ("Pick organisation", "Pick category", "Pick accounts", "deleted"),
        "verification-pending": ("1 to 3 working days", "5 working days", "business name"),
        "plan-limit": ("Pro", "Autopilot", "Solo", "iCal"),
        "provider-outage": ("Last sync failed",),
        "unknown": ("{support}",),
    },
    "solido": {
        "access-token-expired": ("Press Sync", "disconnect"),
        "reconnect-needed": ("Disconnect", "confirm", "Connect {provider}", "initial sync"),
        "network-failure": ("total of syncs", "success rate", "automatic or manual", "its time"),
        "unknown": ("{place.sync_status}", "{ask_for}"),
    },
    "client-portal": {
        "reconnect-needed": ("Configure", "Reconnect", "API Keys", "Active", "Inactive"),
        "tenant-not-connected": ("Remove", "confirm", "fiscalised", "history"),
        "plan-limit": ("licence", "tier", "monthly limit"),
        "rate-limited": ("Starter", "Growth", "Scale", "real time"),
        "api-disabled": ("{place.create}", "licence"),
    },
    "hearlink": {
        "reconnect-needed": ("reconnected",),
        "api-disabled": ("enabled",),
        "permission-denied": ("Group", "owner", "create and edit", "contacts"),
        "setting-missing": ("auto-sync", "Draft", "Authorised", "Sync now", "Export to Xero"),
        "record-invalid": ("field", "new, simple invoice"),
        "duplicate-record": ("number and details",),
        "record-locked": ("credit note",),
        "provider-outage": ("status page", "CSV"),
        "unknown": ("{ask_for}",),
    },
    "link-my-books": {
        "reconnect-needed": (
            "tab",
            "reconnect link",
            "Connect Bookkeeping Account",
            "connected apps",
        ),
        "consent-blocked": ("full user", "sales channels"),
        "permission-denied": ("not permitted", "{place.integrations}", "settlement"),
        "network-failure": ("spinner", "cache", "Firefox", "{place.settlements}"),
        "unknown": ("record your screen", "{support}"),
    },
}


def document(name: str) -> dict[str, object]:
    return tomllib.loads((GUIDES_DIR / f"{name}.toml").read_text(encoding="utf-8"))


def sentences(guide: Guide) -> list[str]:
    return [
        text for advice in guide.advices.values() for text in (advice.title, *advice.steps)
    ] + list(guide.ask_for)


def told(guide: Guide, cause: str) -> str:
    return "\n".join(
        text
        for (of, _), advice in guide.advices.items()
        if of == cause
        for text in (advice.title, *advice.steps)
    )


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def test_these_are_the_guides() -> None:
    assert list_guides() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_cause_has_a_title_and_one_to_five_steps(name: str) -> None:
    guide = load_guide(name)
    for cause in Cause:
        for provider in (None, "xero", "gocardless", "google-calendar", "custom"):
            advice = guide.advice(cause, provider)
            assert 0 < len(advice.title) <= LONGEST_TITLE
            assert 1 <= len(advice.steps) <= 5
            assert len(set(advice.steps)) == len(advice.steps)


@pytest.mark.parametrize("name", NAMES)
def test_the_command_comes_last_and_never_alone(name: str) -> None:
    for advice in load_guide(name).advices.values():
        assert not any("{command}" in step for step in advice.steps[:-1])
        assert "{command}" not in advice.steps[0]


@pytest.mark.parametrize("name", NAMES)
def test_titles_stay_short_with_the_longest_provider(name: str) -> None:
    for advice in load_guide(name).advices.values():
        title = advice.title.replace("{provider}", "Google Calendar")
        assert len(title.replace("{organisation_word}", "company file")) <= LONGEST_TITLE + 10


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_names_itself_its_source_its_places_and_its_support(name: str) -> None:
    guide = load_guide(name)
    assert guide.product
    assert guide.sources
    assert guide.places["integrations"] != load_guide("default").places["integrations"]
    assert guide.support != load_guide("default").support
    assert len(guide.ask_for) >= 3


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_tells_what_its_own_page_tells(name: str) -> None:
    guide = load_guide(name)
    for cause, facts in FACTS[name].items():
        text = told(guide, cause)
        for fact in facts:
            assert fact in text, f"{name}: cause.{cause} lacks {fact!r}"


def test_places_are_the_products_own() -> None:
    places = {name: load_guide(name).places for name in PRODUCTS}
    assert places["solido"]["integrations"] == "Settings → Integrations"
    assert places["solido"]["sync_status"] == "Settings → Sync Status"
    assert places["hearlink"]["integrations"] == "Organisation Settings > Integrations"
    assert places["link-my-books"]["integrations"] == "Settings > Account Settings"
    assert "sidebar" in places["client-portal"]["integrations"]
    assert places["tradebooked"]["resync"] == "Resync now"


def test_support_and_what_to_send() -> None:
    guides = {name: load_guide(name) for name in PRODUCTS}
    assert guides["tradebooked"].support == "support@tradebooked.co.uk"
    assert "your business name" in guides["tradebooked"].ask_for
    assert "your workspace name" in guides["solido"].ask_for
    assert "chat" in guides["link-my-books"].support
    assert any("recording" in item for item in guides["link-my-books"].ask_for)
    assert any("invoice numbers" in item for item in guides["hearlink"].ask_for)
    assert any("UID" in item for item in guides["client-portal"].ask_for)


def test_plans_that_cover_a_provider() -> None:
    plans = load_guide("tradebooked").plans
    assert set(plans) == {"xero", "freeagent", "gocardless", "google-calendar"}
    assert set(plans.values()) == {("Pro", "Autopilot")}
    assert load_guide("solido").plans == {}


def test_states_are_renamed_where_the_product_does() -> None:
    portal = load_guide("client-portal")
    assert portal.shown(State.HEALTHY, "Healthy") == "Active"
    assert portal.shown(State.RECONNECT_NEEDED, "Reconnect needed") == "Inactive"
    assert portal.shown(State.INACTIVE, "Inactive") == "Inactive"
    assert portal.shown(State.UNKNOWN, "Not checked") == "Not checked"
    assert load_guide("solido").shown(State.HEALTHY, "Healthy") == "Active"


@pytest.mark.parametrize("name", NAMES)
def test_no_place_is_named_that_the_guide_does_not_use_or_own(name: str) -> None:
    guide = load_guide(name)
    used = set(re.findall(r"\{place\.(\w+)\}", "\n".join(sentences(guide))))
    assert used <= set(guide.places)


@pytest.mark.skipif(not SOURCES.is_dir(), reason="the products' own pages are not here")
@pytest.mark.parametrize("name", NAMES)
def test_sentences_are_our_own(name: str) -> None:
    runs = set()
    for path in SOURCES.glob("*.txt"):
        text = words(path.read_text(encoding="utf-8"))
        runs |= {
            tuple(text[start : start + SHARED_WORDS])
            for start in range(len(text) - SHARED_WORDS + 1)
        }
    for sentence in sentences(load_guide(name)):
        own = words(sentence)
        for start in range(len(own) - SHARED_WORDS + 1):
            assert tuple(own[start : start + SHARED_WORDS]) not in runs, sentence
