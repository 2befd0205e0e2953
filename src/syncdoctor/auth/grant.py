"""From an answer of the token end point to a token in the store: proven first, then kept.

The old grant stays usable until then. It is revoked afterwards only where that ends nothing but
the old token: at Xero a revocation removes all the user's connections to the app, the new one
with them (https://github.com/XeroAPI/xero-node/releases/tag/4.10.1, 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncdoctor.auth.errors import TokenRefused
from syncdoctor.auth.lapse import note_grant
from syncdoctor.auth.organisations import Selection, seen_by, select
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
    seen = seen_by(token, grant.app, placed(grant.provider, centre), target)
    organisation = grant.connection.organisation
    if seen is not None:
        organisation = select(seen, grant.connection, grant.provider, selection)
    connection = replace(grant.connection, organisation=organisation)
    if centre is not None:
        settings = {**connection.settings, SETTING: centre}
        connection = replace(connection, settings=settings)
    with token_lock(grant.state_dir, connection), uninterrupted():
        old = _keep(grant, connection, token)
        told(connection)
    note_grant(grant.state_dir, connection, token)
    revoked = old is not None and old != token and _revoke(grant, old)
    remark = None if seen is not None else f"{grant.provider.name} does not say what was joined."
    return Kept(connection, organisation, revoked, remark)


def _keep(grant: Grant, connection: Connection, token: Token) -> Token | None:
    """Store the token and the organisation, or neither; the old token, for its revocation."""
    key, vault = connection_key(connection), grant.vault
    before: str | None = None
    with suppress(StoreError):  # a damaged old token is kept aside by the store
        before = vault.get(key)
    vault.put(key, token.to_json())
    try:
        if connection != grant.connection:
            grant.config.save_connection(connection)
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
