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
    """What happened, and the faults that make it so.

    ``runs`` are commands that bring it about once the faults are on; ``unset`` is what nobody
    chose for the connection. With ``passes`` the faults are over when those commands were run.
    ``of`` is the required setting that a provider must have to be concerned.
    """

    summary: str
    faults: Mapping[str, Mapping[str, Any]]
    runs: tuple[tuple[str, ...], ...] = ()
    unset: tuple[str, ...] = ()
    passes: bool = False
    of: str | None = None


_RESYNC = (("resync", "TARGET"),)
_REFUSED: Mapping[str, Mapping[str, Any]] = {
    "locked-period": {},
    "mandates-ended": {},
    "calendar-usage-limits": {},
    "record-refused": {},
}

SCENARIOS: Mapping[str, Scenario] = {
    "healthy": Scenario("everything works", {}),
    "token-expired": Scenario(
        "the access token is past its lifetime and can be renewed", {"access-token-expired": {}}
    ),
    "reconnect-needed": Scenario(
        "the grant was revoked: a person must reconnect",
        {"access-token-expired": {}, "refresh-token-revoked": {}},
    ),
    "key-revoked": Scenario("the API key was revoked", {"keys-revoked": {}}),
    "organisation-disconnected": Scenario(
        "somebody disconnected the app in the organisation's settings",
        {"organisation-disconnected": {}},
    ),
    "demo-reset": Scenario("the demo company was reset", {"demo-company-reset": {}}),
    "setup-needed": Scenario(
        "the chosen account, category, tax rate or calendar is gone",
        {
            "account-deleted": {"code": "200"},
            "tax-rate-deleted": {"type": "OUTPUT2"},
            "calendar-deleted": {},
        },
    ),
    "permission-removed": Scenario(
        "the person who connected may only read now", {"permission-removed": {}}
    ),
    "scope-missing": Scenario("the consent lacks a scope", {"scope-removed": {}}),
    "consent-declined": Scenario(
        "the person cancels on the consent page",
        {"consent-declined": {}},
        (("reconnect", "TARGET"),),
    ),
    "pick-organisation": Scenario(
        "somebody is signed in, but nobody chose the organisation",
        {},
        unset=("organisation",),
        of="organisation",
    ),
    "pick-accounts": Scenario(
        "the account for sales was deleted at the provider",
        {"account-deleted": {"code": "200"}},
        of="sales_account",
    ),
    "pick-category": Scenario(
        "the category was deleted at the provider", {"account-deleted": {}}, of="category"
    ),
    "pick-calendar": Scenario("nobody chose a calendar", {}, unset=("calendar",), of="calendar"),
    "inactive": Scenario(
        "the connection was disconnected", {}, (("connection", "disconnect", "TARGET", "--yes"),)
    ),
    "last-sync-failed": Scenario(
        "records were refused by the last sync, for a reason that has passed",
        _REFUSED,
        _RESYNC,
        passes=True,
    ),
    "locked-period": Scenario("the books are locked up to today", {"locked-period": {}}, _RESYNC),
    "calendar-deleted": Scenario("the chosen calendar was deleted", {"calendar-deleted": {}}),
    "calendar-read-only": Scenario(
        "the account may only read the chosen calendar",
        {"permission-removed": {"provider": "google-calendar"}},
    ),
    "calendar-usage-limits": Scenario(
        "the account made too many events for a while", {"calendar-usage-limits": {}}
    ),
    "sync-token-expired": Scenario(
        "Google takes the sync token no longer, once", {"sync-token-expired": {"times": 1}}
    ),
    "feed-stale": Scenario("the iCal feed is made no longer", {"feed-stale": {}}),
    "feed-broken": Scenario("the iCal feed is a web page", {"feed-broken": {}}),
    "signature-mismatch": Scenario(
        "the receiver of the webhook knows another secret", {"signature-mismatch": {}}, _RESYNC
    ),
    "endpoint-gone": Scenario(
        "the receiver of the webhook wants no more deliveries", {"endpoint-gone": {}}, _RESYNC
    ),
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
    "verifying": Scenario(
        "the provider has been verifying the account for 2 working days",
        {"verification-pending": {}},
    ),
    "verification-stuck": Scenario(
        "the provider has been verifying the account for 6 working days",
        {"verification-pending": {"working_days": 6}},
    ),
    "verification-action-required": Scenario(
        "the provider wants something from the account holder before it goes on",
        {"verification-pending": {"status": "action_required"}},
    ),
    "mandates-cancelled": Scenario("every payer cancelled the mandate", {"mandates-ended": {}}),
    "mandates-failed": Scenario(
        "the banks could set up no mandate", {"mandates-ended": {"status": "failed"}}
    ),
    "gateway-trouble": Scenario(
        "a gateway answers with its own page, then with half a body",
        {"html-error-page": {"times": 1}, "malformed-json": {"times": 1}},
    ),
}


# Faults of a sign-in and of what it gives.
OF_SIGN_IN = frozenset(
    {"access-token-expired", "refresh-token-revoked", "consent-declined", "token-answer-lost"}
)


def concerns(scenario: Scenario, provider: EmbeddedProvider) -> bool:
    """Whether a scenario has a meaning for a provider: without scopes, none can be missing."""
    limits = provider.facts.limits
    known = {spec.name for spec in (*GENERIC, *provider.faults)}
    of_others = {
        name
        for name, params in scenario.faults.items()
        if params.get("provider", provider.id) != provider.id
    }
    known -= of_others
    if scenario.of is not None and scenario.of not in provider.facts.required_settings:
        return False
    if not provider.facts.signs_in:
        known -= OF_SIGN_IN
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
