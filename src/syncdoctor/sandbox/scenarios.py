"""Scenarios: named sets of faults, each a story that a support desk knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncdoctor.errors import UsageError
from syncdoctor.providers.common.embedded import EmbeddedProvider
from syncdoctor.sandbox.faults import GENERIC
from syncdoctor.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happened, and the faults that make it so."""

    summary: str
    faults: Mapping[str, Mapping[str, Any]]


SCENARIOS: Mapping[str, Scenario] = {
    "healthy": Scenario("everything works", {}),
    "token-expired": Scenario(
        "the access token is past its lifetime and can be renewed", {"access-token-expired": {}}
    ),
    "reconnect-needed": Scenario(
        "the grant was revoked: a person must reconnect",
        {"access-token-expired": {}, "refresh-token-revoked": {}},
    ),
    "organisation-disconnected": Scenario(
        "somebody disconnected the app in the organisation's settings",
        {"organisation-disconnected": {}},
    ),
    "demo-reset": Scenario("the demo company was reset", {"demo-company-reset": {}}),
    "setup-needed": Scenario(
        "the chosen account, category or tax rate is gone",
        {"account-deleted": {"code": "200"}, "tax-rate-deleted": {"type": "OUTPUT2"}},
    ),
    "permission-removed": Scenario(
        "the person who connected may only read now", {"permission-removed": {}}
    ),
    "scope-missing": Scenario("the consent lacks a scope", {"scope-removed": {}}),
    "consent-declined": Scenario(
        "the person cancels on the consent page", {"consent-declined": {}}
    ),
    "locked-period": Scenario("the books are locked up to today", {"locked-period": {}}),
    "provider-down": Scenario("the provider is down", {"provider-down": {}}),
    "organisation-offline": Scenario(
        "the organisation is offline for a while", {"organisation-offline": {}}
    ),
    "rate-limited": Scenario(
        "the minute's calls are used up, twice",
        {"rate-limit-minute": {"times": 2, "retry_after": 1}},
    ),
    "quota-exhausted": Scenario(
        "the day's calls, or the hour's, are used up",
        {"rate-limit-day": {}, "rate-limit-hour": {}},
    ),
    "lost-answers": Scenario(
        "a write and a token refresh are done, but their answers are lost",
        {"lost-answer": {"times": 1}, "token-answer-lost": {"times": 1}},
    ),
    "gateway-trouble": Scenario(
        "a gateway answers with its own page, then with half a body",
        {"html-error-page": {"times": 1}, "malformed-json": {"times": 1}},
    ),
}


def concerns(scenario: Scenario, provider: EmbeddedProvider) -> bool:
    """Whether a scenario has a meaning for a provider: without scopes, none can be missing."""
    limits = provider.facts.limits
    known = {spec.name for spec in (*GENERIC, *provider.faults)}
    if limits.per_day is None:
        known.discard("rate-limit-day")
    if limits.per_hour is None:
        known.discard("rate-limit-hour")
    return not scenario.faults or not known.isdisjoint(scenario.faults)


def play(world: World, name: str) -> Scenario:
    """Switch on what a scenario needs, and everything else off.

    Raises:
        UsageError: there is no such scenario.
    """
    scenario = find(name)
    with world.lock:
        world.switchboard.clear()
        for fault, params in scenario.faults.items():
            world.switch_on(fault, **params)
    return scenario


def find(name: str) -> Scenario:
    """A scenario by its name.

    Raises:
        UsageError: there is no such scenario.
    """
    if name not in SCENARIOS:
        raise UsageError(
            f"The sandbox has no scenario called {name!r}.", "syncdoctor sandbox --list-scenarios"
        )
    return SCENARIOS[name]
