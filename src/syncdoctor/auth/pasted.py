"""A credential that a person gives: proven at the provider, and only then kept.

Whatever fails on the way leaves the connection and its old credential as they were.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from syncdoctor.auth.credential import given, renewing_hint, word
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.flow import Reconnected, SignIn
from syncdoctor.auth.grant import keep
from syncdoctor.auth.organisations import Choose, Selection, identity_answer, seen_in, select
from syncdoctor.auth.token import REFUSING_STATUSES, Token, said
from syncdoctor.auth.tokens import token_lock
from syncdoctor.auth.uninterrupted import uninterrupted
from syncdoctor.engine.data_centre import SETTING, placed
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Guarded
from syncdoctor.model import App, Connection, CredentialKind, Ownership
from syncdoctor.wire.address import addressed

if TYPE_CHECKING:
    from syncdoctor.auth.vault import Vault
    from syncdoctor.config import Config
    from syncdoctor.wire.client import Answer


def replace_credential(
    sign_in: SignIn, vault: Vault, config: Config, secret: str, choose: Choose
) -> Reconnected:
    """Take a new credential in place of the old one.

    Args:
        sign_in: what it is about.
        vault: where the credential goes.
        config: where the organisation goes.
        secret: as the person gave it.
        choose: picks one of several organisations.

    Raises:
        UsageError: it has not the form of a credential.
        TokenRefused: the provider does not accept it.
        TokenDelayed: the provider could not be asked.
        Guarded: it is for another organisation than before, or the connection is borrowed.
    """
    connection = sign_in.connection
    if connection.ownership is Ownership.BORROWED or connection.settings.get("token_command"):
        raise Guarded(
            f"The {word(connection)} of {connection.target} is borrowed: the product owns it.",
            "Change it in the product.",
        )
    vault.check()
    token = given(secret, connection.credential)
    provider = placed(sign_in.provider, connection.settings.get(SETTING))
    provider = addressed(provider, connection)
    selection = Selection(sign_in.organisation, sign_in.allow_other_organisation, choose)
    organisation, seen = connection.organisation, None
    if connection.credential is CredentialKind.FEED:
        token = replace(token, access_token=_read(token.access_token, connection))
    else:
        answer = _proven(token, sign_in.app, provider, connection)
        seen = seen_in(provider, answer.body)
    if seen is not None:
        organisation = select(seen, connection, provider, selection)
    changed = replace(connection, organisation=organisation, enabled=True)
    with token_lock(sign_in.state_dir, connection), uninterrupted():
        keep(vault, config, connection, changed, token)
    return Reconnected(changed, organisation, revoked_old=False)


def _read(address: str, connection: Connection) -> str:
    """Read the feed at an address, and give the address as it is kept.

    Raises:
        UsageError: no feed can be at such an address.
        TokenRefused: something else than a feed is there.
        TokenDelayed: nobody answers there.
    """
    from syncdoctor.wire import feed

    url = feed.address_of(address)
    wrong = next((c for c in feed.checks(url, datetime.now(UTC)) if c.outcome == "problem"), None)
    if wrong is None or wrong.facts.get("feed") in {"stale", "partly-broken"}:
        return url
    if wrong.facts.get("feed"):
        words = f"{wrong.summary[:1].upper()}{wrong.summary[1:]}. Nothing has changed."
        raise TokenRefused(words, renewing_hint(connection), exchange=wrong.exchange)
    raise TokenDelayed(
        f"The feed of {connection.target} does not answer: {wrong.summary}. Nothing has changed.",
        "Run the same command again later.",
        exchange=wrong.exchange,
    )


def _proven(token: Token, app: App, provider: Provider, connection: Connection) -> Answer:
    """What the provider says to whoever shows the credential.

    Raises:
        TokenRefused: it is not accepted.
        TokenDelayed: the provider could not be asked.
    """
    from syncdoctor.wire.client import Client

    with Client(provider, app, token=lambda _: token.access_token, tries=3) as client:
        client.keep_secret(token.access_token)
        answer = identity_answer(client, provider)
    if answer.ok:
        return answer
    words, target = said(answer.exchange), connection.target
    if answer.status in REFUSING_STATUSES:
        raise TokenRefused(
            f"{provider.name} did not accept the new {word(connection)}: {words}."
            " Nothing has changed.",
            renewing_hint(connection),
            exchange=answer.exchange,
        )
    raise TokenDelayed(
        f"{provider.name} could not be asked about the new {word(connection)}: {words}."
        " Nothing has changed.",
        f"Run again. To see why: syncdoctor diagnose {target}",
        exchange=answer.exchange,
    )
