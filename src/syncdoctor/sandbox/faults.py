"""The switchboard: faults that are switched on and off by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from syncdoctor.errors import UsageError
from syncdoctor.providers.common.embedded import ActiveFault, FaultSpec

EVERY_DOOR = ("authorize", "token", "revoke", "api", "connections")
# Taken by every fault: which calls it strikes, how often, and whether a repair by the person
# (renewing, reconnecting) leaves it on.
COMMON_PARAMS = ("times", "path", "method", "provider", "always")
RFC6749 = "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"

GENERIC = (
    FaultSpec(
        "refresh-token-revoked",
        "refresh tokens issued so far are refused with invalid_grant; a new consent heals it",
        RFC6749,
        ("token",),
    ),
    FaultSpec(
        "access-token-expired",
        "access tokens issued so far are past their lifetime; a refresh heals it",
        "https://www.rfc-editor.org/rfc/rfc6750#section-3.1",
    ),
    FaultSpec(
        "consent-declined",
        "whoever opens the consent page is sent back with access_denied",
        "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1",
        ("authorize",),
    ),
    FaultSpec("provider-down", "every call is answered with 503", "provider", (*EVERY_DOOR[1:],)),
    FaultSpec("server-error", "API calls are answered with 500", "provider"),
    FaultSpec(
        "html-error-page",
        "API calls are answered with a gateway's HTML page, status 502",
        "derived: what proxies send",
    ),
    FaultSpec("malformed-json", "answers of the API end in the middle", "derived: a cut answer"),
    FaultSpec(
        "slow",
        "answers come late",
        "derived: a slow answer",
        EVERY_DOOR,
        {"seconds": 5.0},
    ),
    FaultSpec(
        "drop-connection",
        "the connection is closed before anything is done, with no answer",
        "derived: a reset connection",
    ),
    FaultSpec(
        "lost-answer",
        "a write is done, then the connection is closed with no answer",
        "derived: a reset connection",
    ),
    FaultSpec(
        "token-answer-lost",
        "the refresh token is rotated, then the connection is closed with no answer",
        "derived: a reset connection",
        ("token",),
    ),
    FaultSpec(
        "rate-limit-minute",
        "the minute's calls are used up",
        "provider",
        ("api",),
        {"retry_after": 26},
    ),
    FaultSpec(
        "rate-limit-day",
        "the day's calls are used up",
        "provider",
        ("api",),
        {"retry_after": 36_000},
    ),
    FaultSpec(
        "rate-limit-hour",
        "the hour's calls are used up, where a provider counts them",
        "provider",
        ("api",),
        {"retry_after": 1_800},
    ),
)


@dataclass(slots=True)
class _Switched:
    fault: ActiveFault
    left: int | None


class Switchboard:
    """Which faults are on. Not locked by itself: the world's lock is held around it."""

    def __init__(self, specs: Iterable[FaultSpec]) -> None:
        """Two providers may have a fault of one name: it is switched on for both."""
        self.specs: dict[str, FaultSpec] = {}
        for spec in specs:
            known = self.specs.get(spec.name)
            self.specs[spec.name] = _both(known, spec) if known else spec
        self._on: dict[str, _Switched] = {}

    def switch_on(self, name: str, params: Mapping[str, Any], since: int) -> ActiveFault:
        """Switch a fault on, or set it anew.

        Raises:
            UsageError: no fault has that name, or it has no such parameter.
        """
        spec = self.specs.get(name)
        if spec is None:
            raise UsageError(
                f"The sandbox has no fault called {name!r}.", "syncdoctor sandbox --list-faults"
            )
        for key in params:
            if key not in spec.params and key not in COMMON_PARAMS:
                known = ", ".join((*spec.params, *COMMON_PARAMS))
                raise UsageError(
                    f"The fault {name} has no parameter {key!r}; it takes {known}.",
                    "syncdoctor sandbox --list-faults",
                )
        fault = ActiveFault(spec, {**spec.params, **params}, since)
        times = params.get("times")
        self._on[name] = _Switched(fault, None if times is None else int(times))
        return fault

    def switch_off(self, name: str) -> bool:
        """Switch a fault off; False when it was not on."""
        return self._on.pop(name, None) is not None

    def clear(self) -> None:
        """Switch every fault off."""
        self._on.clear()

    def active(self) -> dict[str, dict[str, Any]]:
        """The faults that are on, with their parameters."""
        return {name: dict(entry.fault.params) for name, entry in self._on.items()}

    def view(self, provider: str, door: str, method: str, path: str) -> FaultView:
        """The faults as one call sees them."""
        return FaultView(self, provider, door, method, path)

    def take(self, name: str, view: FaultView) -> ActiveFault | None:
        """The fault when it is on for that call; one of its ``times`` is used up."""
        entry = self._on.get(name)
        if entry is None or not _strikes(entry.fault, view):
            return None
        if entry.left is not None:
            entry.left -= 1
            if entry.left <= 0:
                del self._on[name]
        return entry.fault


@dataclass(frozen=True, slots=True)
class FaultView:
    """The switchboard as one call sees it: a fault that struck it once, stays for that call."""

    board: Switchboard
    provider: str
    door: str
    method: str
    path: str
    _told: dict[str, ActiveFault | None] = field(default_factory=dict)

    def on(self, name: str) -> ActiveFault | None:
        """The fault when it is on for this call."""
        if name not in self._told:
            self._told[name] = self.board.take(name, self)
        return self._told[name]


def _both(one: FaultSpec, other: FaultSpec) -> FaultSpec:
    doors = tuple(dict.fromkeys((*one.doors, *other.doors)))
    return replace(one, doors=doors, params={**other.params, **one.params})


def _strikes(fault: ActiveFault, view: FaultView) -> bool:
    params = fault.params
    return (
        view.door in fault.spec.doors
        and params.get("provider", view.provider) == view.provider
        and str(params.get("method", view.method)).upper() == view.method
        and str(params.get("path", "")) in view.path
    )
