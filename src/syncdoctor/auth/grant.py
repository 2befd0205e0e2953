"""From an answer of the token end point to a token in the store: proven first, then kept.

The old grant stays usable until then. It is revoked afterwards only where that ends nothing but
the old token: at Xero a revocation removes all the user's connections to the app, the new one
with them (https://github.com/XeroAPI/xero-node/releases/tag/4.10.1, 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncdoctor.auth.errors import TokenRefused
from syncdoctor.auth.lapse import note_grant
from syncdoctor.auth.organisations import Selection, Told, seen_by, select
from syncdoctor.auth.sign_on import headers_of
from syncdoctor.auth.token import Token, judge_token_answer
from syncdoctor.auth.token_requests import TokenRequests, oauth_of
from syncdoctor.auth.tokens import connection_key, token_lock
from syncdoctor.auth.uninterrupted import uninterrupted
from syncdoctor.engine.data_centre import SETTING, named_in, placed
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import StoreError, SyncdoctorError
from syncdoctor.model import App, Connection, Organisation

if TYPE_CHECKING:
    from syncdoctor.auth.vault import Vault
    from syncdoctor.config import Config
    from syncdoctor.wire.client import Answer


@dataclass(frozen=True, slots=True)
class Grant:
    """What a new authorisation is for, and where it is to be kept."""

    connection: Connection
    app: App
    provider: Provider
    state_dir: Path
    vault: Vault
    config: Config
    requests: TokenRequests
    redirect: Mapping[str, str] = field(default_factory=dict)  # what came besides the code


@dataclass(frozen=True, slots=True)
class Kept:
    """The connection as it is now saved."""

    connection: Connection
    organisation: Organisation | None
    revoked_old: bool
    remark: str | None


def prove_and_keep(
    grant: Grant,
    ask: Callable[[], Answer],
    selection: Selection,
    told: Callable[[Connection], None] = lambda _: None,
) -> Kept:
    """Ask for the token, judge it, compare the organisation, and only then change anything.

    ``told`` is called once all is stored, before a signal that was held back may act.

    Raises:
        SyncdoctorError: nothing has changed.
    """
    target = grant.connection.target
    token = judge_token_answer(ask(), target=target)
    if token.expires_at is not None and token.refresh_token is None:
        raise TokenRefused(
            f"{grant.provider.name} gave no refresh token, so {target} would break within hours."
            " Nothing has changed.",
            "The app's scopes must ask for lasting access (offline_access): syncdoctor app list",
        )
    centre = named_in(grant.provider, token.extra)
    seen = seen_by(token, grant.app, placed(grant.provider, centre), target, _besides(grant))
    organisation = grant.connection.organisation
    if seen is not None:
        organisation = select(seen, grant.connection, grant.provider, selection)
    # Whoever signs in again wants it to sync: a connection that was disconnected is back.
    connection = replace(grant.connection, organisation=organisation, enabled=True)
    if centre is not None:
        settings = {**connection.settings, SETTING: centre}
        connection = replace(connection, settings=settings)
    with token_lock(grant.state_dir, connection), uninterrupted():
        old = keep(grant.vault, grant.config, grant.connection, connection, token)
        told(connection)
    note_grant(grant.state_dir, connection, token)
    revoked = old is not None and old != token and _revoke(grant, old)
    remark = seen.remark if seen else f"{grant.provider.name} does not say what was joined."
    remark = remark.replace("TARGET", target) if remark else None
    return Kept(connection, organisation, revoked, remark)


def _besides(grant: Grant) -> Told:
    from syncdoctor.wire.limits import limiter_for

    return Told(
        grant.redirect,
        headers_of(grant.connection, grant.provider, grant.vault),
        limiter_for(grant.connection, grant.app, grant.provider, grant.state_dir, 0.0),
    )


def keep(
    vault: Vault, config: Config, known: Connection, connection: Connection, token: Token
) -> Token | None:
    """Store the token and what it changed of the connection, or neither; gives the old token.

    Args:
        vault: where the token goes.
        config: where the connection goes.
        known: the connection as it is in the configuration.
        connection: as it is to be.
        token: proven by now. The token's lock is held.
    """
    key = connection_key(connection)
    before: str | None = None
    with suppress(StoreError):  # a damaged old token is kept aside by the store
        before = vault.get(key)
    vault.put(key, token.to_json())
    try:
        if connection != known:
            config.save_connection(connection)
    except BaseException:
        if before is None:
            vault.delete(key)
        else:
            vault.put(key, before)
        raise
    with suppress(StoreError):
        return Token.from_json(before) if before else None
    return None


def _revoke(grant: Grant, old: Token) -> bool:
    """Revoke the old grant where that leaves the new one alone; a failure harms nobody."""
    urls = {**grant.provider.urls, **grant.app.urls}
    if oauth_of(grant.provider).revoke_ends != "token" or "revoke" not in urls:
        return False
    with suppress(SyncdoctorError):
        return grant.requests.revoke(old).ok
    return False
