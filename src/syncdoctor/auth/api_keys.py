"""API keys of a custom integration: the one in use, and those that the API itself keeps.

Where the API has a door for keys (``keys`` below its base URL, or the setting ``keys_path``), keys
are made and revoked there: ``GET`` lists, ``POST {"name": …}`` makes one and shows it whole this
once, ``DELETE keys/ID`` revokes. Where it has none, a person makes keys elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from syncdoctor.auth.credential import given
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.token import REFUSING_STATUSES, Token, said
from syncdoctor.auth.tokens import connection_key
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import NotFound, StoreError, UsageError
from syncdoctor.model import App, Connection, CredentialKind
from syncdoctor.wire.address import addressed
from syncdoctor.wire.client import Answer, Client

if TYPE_CHECKING:
    from syncdoctor.auth.vault import Vault

PATH = "keys_path"
NO_DOOR = frozenset({404, 405, 501})
_KEY, _MASKED = ("key", "secret", "token", "api_key"), ("masked", "hint", "prefix", "last4")
_CREATED, _USED = ("created_at", "created"), ("last_used_at", "last_used")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key as it may be shown. ``here``: it is the one that the connection uses."""

    id: str | None
    name: str | None
    masked: str
    created: str | None = None
    last_used: str | None = None
    here: bool = False


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was just made; ``text`` is shown this once."""

    id: str | None
    name: str | None
    token: Token


class ApiKeys:
    """The keys of one connection."""

    def __init__(self, connection: Connection, app: App, provider: Provider, vault: Vault) -> None:
        self._connection, self._app, self._vault = connection, app, vault
        self._provider = addressed(provider, connection)
        self._path = str(connection.settings.get(PATH, "keys")).strip("/")

    def stored(self) -> Token | None:
        """The key in use; None when there is none."""
        raw = self._vault.get(connection_key(self._connection))
        return Token.from_json(raw) if raw else None

    def keep(self, token: Token) -> None:
        """Have the connection use a key from now on."""
        self._vault.put(connection_key(self._connection), token.to_json())

    def forget(self) -> None:
        """Delete the key in use from the store."""
        self._vault.delete(connection_key(self._connection))

    def further(self) -> dict[str, Token]:
        """The keys in the store that the connection does not use, by their ids.

        Raises:
            StoreError: they cannot be read.
        """
        raw = self._vault.get(further_key(self._connection))
        try:
            kept = dict(json.loads(raw)) if raw else {}
        except (ValueError, TypeError):
            raise StoreError(
                f"The further keys of {self._connection.target} in the store are damaged.",
                "syncdoctor store check",
            ) from None
        return {identity: Token.from_json(text) for identity, text in kept.items()}

    def keep_further(self, keys: Mapping[str, Token]) -> None:
        """Have the store hold these keys besides the one in use, and no others."""
        name = further_key(self._connection)
        if keys:
            self._vault.put(name, json.dumps({i: token.to_json() for i, token in keys.items()}))
        else:
            self._vault.delete(name)

    def listed(self) -> tuple[tuple[ApiKey, ...], bool]:
        """The keys, and whether it is the API that lists them; else only the one in use is known.

        Raises:
            TokenRefused: the API does not accept the key in use.
            TokenDelayed: it could not be asked.
        """
        token = self.stored()
        further = tuple(own(one, here=False) for one in self.further().values())
        kept = (own(token), *further) if token else further
        if token is None:
            return kept, False
        answer = self._send(token, "GET", self._path)
        if answer.status in NO_DOOR:
            return kept, False
        self._check(answer, "list the keys")
        found = _elements(answer.body)
        if found is None:
            return kept, False
        known = str(token.extra.get("id") or "") or self._id_in(found, token)
        return tuple(_of_api(element, known) for element in found), True

    def create(self, name: str) -> MadeKey:
        """Have the API make a key.

        Raises:
            UsageError: there is no key to ask with, or the API lets nobody make keys.
            TokenRefused, TokenDelayed: it refused, or could not be asked.
        """
        token, target = self.stored(), self._connection.target
        if token is None:
            raise UsageError(
                f"{target} has no key yet with which its API could be asked to make one.",
                f"syncdoctor keys create {target} --key-file FILE",
            )
        answer = self._send(token, "POST", self._path, {"name": name})
        if answer.status in NO_DOOR:
            raise UsageError(
                f"The API of {target} lets nobody make keys.",
                f"Make one there by hand; then: syncdoctor keys rotate {target} --key-file FILE",
            )
        by_hand = f"Make one by hand; then: syncdoctor keys rotate {target} --key-file FILE"
        self._check(answer, "make a key", by_hand)
        body = _inner(answer.body)
        text = _first(body, _KEY)
        if text is None:
            raise UsageError(
                f"The API of {target} answered, but with no key that can be found in it.",
                f"Make one there by hand; then: syncdoctor keys rotate {target} --key-file FILE",
            )
        identity = _first(body, ("id",))
        made = given(text, CredentialKind.KEY)
        extra = {"id": identity, "name": name} if identity else {"name": name}
        return MadeKey(identity, name, replace(made, extra=extra))

    def prove(self, token: Token) -> None:
        """The API accepts a key.

        Raises:
            TokenRefused: it does not.
            TokenDelayed: it could not be asked.
        """
        probe = self._provider.probes[0]
        self._check(self._send(token, probe.method, probe.path), "accept the new key")

    def revoke(self, identity: str, *, by: Token | None = None) -> None:
        """Have the API revoke a key.

        Args:
            identity: the key's id at the API.
            by: the key to ask with, the one in use by default.

        Raises:
            NotFound: there is no such key.
            TokenRefused, TokenDelayed: it refused, or could not be asked.
        """
        token = by or self.stored()
        if token is None:
            raise NotFound(
                f"{self._connection.target} has no key.",
                f"syncdoctor keys list {self._connection.target}",
            )
        answer = self._send(token, "DELETE", f"{self._path}/{quote(identity, safe='')}")
        if answer.status in NO_DOOR:
            raise NotFound(
                f"The API of {self._connection.target} has no key {identity!r}.",
                f"syncdoctor keys list {self._connection.target}",
            )
        self._check(answer, "revoke the key")

    def with_id(self, text: str) -> Token:
        """A key that a person gave, as it is stored; with its id where the API tells it."""
        token = given(text, CredentialKind.KEY)
        identity = self.id_of(token, token)
        return replace(token, extra={"id": identity}) if identity else token

    def id_of(self, token: Token, by: Token) -> str:
        """The id of a key at the API, asked for with another one; empty when nobody can tell."""
        answer = self._send(by, "GET", self._path)
        return self._id_in(_elements(answer.body) or [], token) if answer.ok else ""

    def _id_in(self, found: list[Mapping[str, Any]], token: Token) -> str:
        """The id of a key among those that the API lists masked; empty when two could be it."""
        tail = token.access_token[-4:]
        alike = [e for e in found if (_first(e, _MASKED) or "").endswith(tail)]
        return _first(alike[0], ("id",)) or "" if len(alike) == 1 else ""

    def _send(self, token: Token, method: str, path: str, json: Any = None) -> Answer:
        with Client(
            self._provider, self._app, token=lambda _: token.access_token, writable=True
        ) as client:
            return client.send(method, path, json=json)

    def _check(self, answer: Answer, what: str, hint: str | None = None) -> None:
        if answer.ok:
            return
        words, target = said(answer.exchange), self._connection.target
        message = f"The API of {target} did not {what}; it said {words}."
        if answer.status in REFUSING_STATUSES:
            hint = hint or f"syncdoctor diagnose {target}"
            raise TokenRefused(message, hint, exchange=answer.exchange)
        raise TokenDelayed(message, f"syncdoctor diagnose {target}", exchange=answer.exchange)


def masked(text: str) -> str:
    """A key as it may be shown: its last four characters, if it is long enough to spare them."""
    return f"…{text[-4:]}" if len(text) >= 16 else "…"  # noqa: PLR2004


def further_key(connection: Connection) -> str:
    """The name in the store of the keys that the connection does not use."""
    return f"{connection_key(connection)}/further"


def own(token: Token, *, here: bool = True) -> ApiKey:
    """A key of ours as it may be shown."""
    created = token.obtained_at.isoformat() if token.obtained_at else None
    name, identity = token.extra.get("name"), token.extra.get("id")
    return ApiKey(identity, name, masked(token.access_token), created, here=here)


def _of_api(element: Mapping[str, Any], known: str) -> ApiKey:
    identity = _first(element, ("id",))
    shown = _first(element, _MASKED) or "…"
    whole = _first(element, _KEY)
    return ApiKey(
        identity,
        _first(element, ("name", "label", "description")),
        masked(whole) if whole else shown,
        _first(element, _CREATED),
        _first(element, _USED),
        here=bool(known) and identity == known,
    )


def _elements(body: Any) -> list[Mapping[str, Any]] | None:
    inner = body
    if isinstance(body, Mapping):
        inner = next((body[n] for n in ("data", "keys", "items") if n in body), None)
    if not isinstance(inner, list):
        return None
    return [element for element in inner if isinstance(element, Mapping)]


def _inner(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        return {}
    inner = next((body[n] for n in ("data", "key") if isinstance(body.get(n), Mapping)), body)
    return inner if isinstance(inner, Mapping) else {}


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    found = next((values[n] for n in names if isinstance(values.get(n), (str, int))), None)
    return None if found is None else str(found)
