"""Signing secrets: the one in use, and while it is being replaced the next one as well.

A provider whose requests are signed has a module ``providers/NAME/signing.py`` with
``new_secret()``, ``check_secret(secret)`` and ``headers(secrets, message, at, body)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from syncdoctor.auth.credential import given, renewing_hint
from syncdoctor.auth.errors import TokenRefused
from syncdoctor.auth.token import Token
from syncdoctor.auth.tokens import connection_key
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import UsageError
from syncdoctor.model import Connection, CredentialKind

if TYPE_CHECKING:
    from syncdoctor.auth.vault import Vault


class Scheme(Protocol):
    """A provider's module ``signing``."""

    def new_secret(self) -> str:
        """A new random secret."""

    def check_secret(self, secret: str) -> None:
        """Refuse what is no secret."""

    def headers(
        self, signing_secrets: list[str], message: str, at: datetime, body: bytes
    ) -> Mapping[str, str]:
        """What goes with a request."""


def scheme_of(provider: Provider) -> Scheme:
    """How a provider's requests are signed."""
    name = f"syncdoctor.providers.{provider.id.replace('-', '_')}.signing"
    scheme: Any = import_module(name)
    checked: Scheme = scheme
    return checked


def next_key(connection: Connection) -> str:
    """The name of the secret that is to follow, in the store."""
    return f"{connection_key(connection)}/next"


class Secrets:
    """The signing secrets of one connection in the store."""

    def __init__(self, connection: Connection, provider: Provider, vault: Vault) -> None:
        self._connection, self._vault = connection, vault
        self._scheme = scheme_of(provider)

    def known(self) -> list[str]:
        """Those to sign with, the newest first.

        Raises:
            TokenRefused: there is none.
        """
        keys = (next_key(self._connection), connection_key(self._connection))
        kept = [Token.from_json(raw).access_token for key in keys if (raw := self._vault.get(key))]
        if not kept:
            raise TokenRefused(
                f"The signing secret of {self._connection.target} is not in the store.",
                renewing_hint(self._connection),
            )
        return kept

    def waiting(self) -> str | None:
        """The secret that is to follow once it is proven; None when none is."""
        raw = self._vault.get(next_key(self._connection))
        return Token.from_json(raw).access_token if raw else None

    def propose(self, secret: str | None) -> str:
        """Have a secret follow the one in use: from now on both sign. None: a new one is made.

        The first one of a connection is in use at once.

        Raises:
            UsageError: it is no signing secret.
        """
        chosen = secret or self._scheme.new_secret()
        self._scheme.check_secret(chosen)
        token = given(chosen, CredentialKind.SECRET)
        self._vault.check()  # a store that is not there yet is made
        first = self._vault.get(connection_key(self._connection)) is None
        key = connection_key(self._connection) if first else next_key(self._connection)
        self._vault.put(key, token.to_json())
        return chosen

    def adopt(self) -> None:
        """The next secret is proven: it alone signs from now on.

        Raises:
            UsageError: none is waiting.
        """
        raw = self._vault.get(next_key(self._connection))
        if raw is None:
            raise UsageError(
                f"No new secret of {self._connection.target} is waiting.",
                renewing_hint(self._connection),
            )
        self._vault.put(connection_key(self._connection), raw)
        self._vault.delete(next_key(self._connection))

    def withdraw(self) -> None:
        """Forget the secret that was to follow."""
        self._vault.delete(next_key(self._connection))

    def sign(self, message: str, body: bytes) -> Mapping[str, str]:
        """The headers of a request, signed with every known secret at this moment."""
        return self._scheme.headers(self.known(), message, datetime.now(UTC), body)
