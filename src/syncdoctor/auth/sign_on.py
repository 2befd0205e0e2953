"""The sign-on that an organisation may have besides the token, such as a company file's own.

User and password lie in the token store as one entry, so that they change together. They go with
each call as a header that holds base64 of ``user:password``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syncdoctor import redact
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.token import REFUSING_STATUSES, said
from syncdoctor.engine.provider import Provider, SignOn
from syncdoctor.errors import StoreError, UsageError
from syncdoctor.model import Connection

if TYPE_CHECKING:
    from syncdoctor.auth.vault import Vault
    from syncdoctor.wire.client import Client


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and a password, which may be empty."""

    user: str = field(repr=False)
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        """Have the secret ones taken out of whatever is said from now on."""
        redact.remember(self.password, self.encoded)

    @property
    def encoded(self) -> str:
        """The value of the header."""
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


def key_of(connection: Connection) -> str:
    """The name of a connection's sign-on in the store."""
    return f"sign-on/{connection.uid}"


def facts_of(provider: Provider) -> SignOn:
    """How the provider takes it; :class:`UsageError` where there is no such thing."""
    if provider.sign_on is None:
        raise UsageError(f"{provider.name} has no sign-on besides the token.")
    return provider.sign_on


def headers_of(connection: Connection, provider: Provider, vault: Vault) -> Mapping[str, str]:
    """What is sent with each call; nothing where no sign-on was given.

    Raises:
        StoreError: the entry in the store is damaged.
    """
    if provider.sign_on is None:
        return {}
    kept = vault.get(key_of(connection))
    if kept is None:
        return {}
    try:
        given = Credentials(**json.loads(kept))
    except (ValueError, TypeError):
        raise StoreError(
            f"The sign-on of {connection.target} in the store is damaged.",
            f"syncdoctor connection configure {connection.target} "
            f"--setting {provider.sign_on.user}=NAME",
        ) from None
    return {provider.sign_on.header: given.encoded}


def prove_and_keep(
    client: Client, connection: Connection, given: Credentials, vault: Vault
) -> None:
    """Ask the provider with a new sign-on, and keep it in place of the old one when it works.

    Raises:
        TokenRefused: the provider did not accept it; nothing has changed.
        TokenDelayed: the provider could not be asked; nothing has changed.
    """
    provider = client.provider
    facts = facts_of(provider)
    probe = next(probe for probe in provider.probes if probe.name == facts.probe)
    client.also_send({facts.header: given.encoded})
    answer = client.send(probe.method, probe.path, base=probe.base)
    words, target = said(answer.exchange), connection.target
    if answer.ok:
        vault.put(key_of(connection), json.dumps({"user": given.user, "password": given.password}))
    elif answer.status in REFUSING_STATUSES:
        raise TokenRefused(
            f"{provider.name} did not accept this user and password of the "
            f"{provider.organisation_word}: {words}. Nothing has changed.",
            f"syncdoctor connection configure {target} --setting {facts.user}=NAME",
            exchange=answer.exchange,
        )
    else:
        raise TokenDelayed(
            f"{provider.name} could not be asked: {words}. Nothing has changed.",
            f"Run again. To see why: syncdoctor diagnose {target}",
            exchange=answer.exchange,
        )
