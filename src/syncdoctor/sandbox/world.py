"""The sandbox's world: every provider's state in memory, under one lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from threading import RLock
from typing import Any

import syncdoctor.providers
from syncdoctor.errors import UsageError
from syncdoctor.providers.common.embedded import ActiveFault, EmbeddedProvider
from syncdoctor.sandbox.clock import Clock
from syncdoctor.sandbox.faults import GENERIC, Switchboard
from syncdoctor.sandbox.grants import Client
from syncdoctor.sandbox.limits import Limiter
from syncdoctor.sandbox.oauth import AuthorisationServer

CLIENT_ID = "SANDBOX0CLIENT0ID"


class Room:
    """One embedded provider with its authorisation server and its limits."""

    def __init__(self, provider: EmbeddedProvider, serial: count[int]) -> None:
        self.provider = provider
        self.facts = provider.facts
        self.oauth = AuthorisationServer(
            provider.facts.oauth,
            provider.mint,
            provider.revoked,
            lambda: next(serial),
            provider.ended,
            scheme=provider.facts.token_scheme,
            redirected=provider.told_in_redirect,
        )
        self.limiter = Limiter(provider.facts.limits)
        self.prefix = f"/{provider.id}"
        self._doors = {
            (self.prefix + path).lower(): door for door, path in self.facts.paths.items()
        }

    def door(self, path: str) -> str:
        """Which part of the provider a path belongs to: authorize, token, revoke, api, …."""
        # Case does not count: the vendor's own SDK asks Xero for /Connections.
        path = path.lower()
        if found := self._doors.get(path):
            return found
        for name in ("connections", "status"):
            own = self.facts.paths.get(name)
            if own is not None and path.startswith(f"{self.prefix}{own.rstrip('/')}/".lower()):
                return name
        return "api"

    def urls(self, base: str) -> dict[str, str]:
        """The overrides that an app's configuration needs to reach this room."""
        return {name: f"{base}{self.prefix}{path}" for name, path in self.facts.paths.items()}


class World:
    """Providers, clients, people, faults and the clock; safe to use from any thread.

    ``providers`` are the embedded providers to serve, all that exist by default.
    """

    def __init__(self, providers: Iterable[EmbeddedProvider] | None = None) -> None:
        self.lock = RLock()
        self.clock = Clock()
        self._serial = count(1)
        found = embedded_providers() if providers is None else providers
        self.rooms = {provider.id: Room(provider, self._serial) for provider in found}
        own = (spec for room in self.rooms.values() for spec in room.provider.faults)
        self.switchboard = Switchboard((*GENERIC, *own))
        self._requests: Counter[tuple[str, str, int]] = Counter()
        for name, room in self.rooms.items():
            if room.facts.signs_in:
                self.register_client(
                    name, CLIENT_ID, redirect_uris=(room.facts.oauth.default_redirect,)
                )

    def room(self, provider: str) -> Room:
        """The room of a provider.

        Raises:
            UsageError: the sandbox has no such provider.
        """
        try:
            return self.rooms[provider]
        except KeyError:
            known = ", ".join(self.rooms)
            raise UsageError(
                f"The sandbox has no provider called {provider!r}; it has {known}."
            ) from None

    def register_client(
        self,
        provider: str,
        client_id: str,
        *,
        secret: str | None = None,
        redirect_uris: Iterable[str] = (),
        scopes: Iterable[str] = (),
        name: str = "Syncdoctor",
    ) -> Client:
        """Register an app. No scopes: any.

        No secret: a public client, which must use PKCE where the provider has it; any secret that
        comes is taken.
        """
        client = Client(client_id, secret, tuple(redirect_uris), frozenset(scopes), name)
        with self.lock:
            self.room(provider).oauth.clients[client_id] = client
        return client

    def connect(
        self,
        provider: str,
        organisation: str | None = None,
        *,
        client_id: str = CLIENT_ID,
        scopes: Iterable[str] | None = None,
    ) -> dict[str, Any]:
        """Give consent without a browser and return the body of the token answer.

        ``organisation`` is a name or an id, the first one by default.
        """
        room = self.room(provider)
        with self.lock:
            view = self.switchboard.view(provider, "authorize", "POST", "")
            offered = room.provider.organisations(view)
            chosen = [o.id for o in offered if organisation in (None, o.id, o.name)][:1]
            if not chosen:
                raise UsageError(f"The sandbox's {provider} has no organisation {organisation!r}.")
            wanted = frozenset(room.facts.oauth.scopes if scopes is None else scopes)
            client = room.oauth.clients[client_id]
            consent, answer = room.oauth.connect(client, wanted, tuple(chosen), self.clock.now())
            room.provider.consented(consent)
            return answer.body

    def switch_on(self, name: str, **params: Any) -> ActiveFault:
        """Switch a fault on by name; ``times=N`` strikes the next N calls alone."""
        with self.lock:
            return self.switchboard.switch_on(name, params, next(self._serial))

    def switch_off(self, name: str) -> bool:
        """Switch a fault off; False when it was not on."""
        with self.lock:
            return self.switchboard.switch_off(name)

    def count(self, method: str, path: str, status: int) -> None:
        """Take note of an answer; status 0 means that none was sent."""
        with self.lock:
            self._requests[method, path, status] += 1

    def requests(self) -> list[dict[str, Any]]:
        """How often each method and path was called, with the statuses of the answers."""
        with self.lock:
            table: dict[tuple[str, str], dict[int, int]] = {}
            for (method, path, status), number in self._requests.items():
                table.setdefault((method, path), {})[status] = number
        return [
            {"method": method, "path": path, "count": sum(by.values()), "statuses": by}
            for (method, path), by in sorted(table.items())
        ]

    def forget_requests(self) -> None:
        """Begin counting anew."""
        with self.lock:
            self._requests.clear()

    def state(self) -> Mapping[str, Any]:
        """What every provider holds, counted."""
        with self.lock:
            return {name: room.provider.state() for name, room in self.rooms.items()}


def embedded_providers() -> list[EmbeddedProvider]:
    """Make every provider whose folder has a ``sandbox`` module with ``SANDBOX``."""
    made: list[EmbeddedProvider] = []
    for folder in sorted(Path(syncdoctor.providers.__path__[0]).iterdir()):
        if not folder.joinpath("facts.toml").is_file():
            continue
        name = f"syncdoctor.providers.{folder.name.replace('-', '_')}.sandbox"
        if find_spec(name):
            made.append(import_module(name).SANDBOX())
    return made
