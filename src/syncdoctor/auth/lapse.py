"""When a grant that nobody uses comes to its end, and which ones are to be renewed before."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from syncdoctor.auth.token import Token
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import SyncdoctorError
from syncdoctor.model import Connection

# A machine that is off for some weeks, or for half of a short life, must not cost a sign-in.
RENEW_AFTER = 0.25


def note_grant(state_dir: Path, connection: Connection, token: Token) -> None:
    """Remember in the state database when a token was given, for forecasts without the store.

    A forecast is worth no failure: what goes wrong here is not said, and a damaged database is
    left for a command that can say so.
    """
    from syncdoctor.store import place
    from syncdoctor.store.statedb import StateDB

    if token.obtained_at is None:
        return
    with suppress(SyncdoctorError), StateDB(place.of(state_dir), mend=False) as state:
        state.note_grant(connection.uid, token.obtained_at)


def is_due(token: Token, provider: Provider, now: datetime) -> bool:
    """Whether to renew a token now, so that its refresh token does not lapse unused.

    That is after a quarter of its life, or at once where it is not known how old it is.
    """
    days = provider.oauth.refresh_lifetime_days if provider.oauth else None
    if days is None or token.refresh_token is None:
        return False
    if token.obtained_at is None:
        return True
    return now - token.obtained_at >= timedelta(days=days) * RENEW_AFTER
