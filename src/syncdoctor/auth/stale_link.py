"""Dropping the stale link at the provider, for a sign-in that hangs on it ("stuck on connect")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncdoctor.auth.organisations import identity_answer, lister_of
from syncdoctor.auth.token import said
from syncdoctor.auth.tokens import TokenKeeper
from syncdoctor.errors import StoreError, SyncdoctorError

if TYPE_CHECKING:
    from syncdoctor.auth.flow import SignIn
    from syncdoctor.auth.vault import Vault

NOT_FOUND = 404


def remove_link(sign_in: SignIn, vault: Vault) -> str:
    """Drop the organisation's link with the old token; says what came of it, for people.

    A link that cannot be dropped does not stop the sign-in: where the old token is dead, only
    somebody at the provider can drop it.

    Raises:
        StoreError: the token store cannot be opened.
    """
    connection, provider = sign_in.connection, sign_in.provider
    link_of = getattr(lister_of(provider), "link_of", None)
    by_hand = f"If the sign-in is stuck, disconnect the app in {provider.name} itself."
    if link_of is None or connection.organisation is None:
        return f"{provider.name} gives no way to drop the existing link. {by_hand}"
    from syncdoctor.wire.client import Client

    keeper = TokenKeeper(
        connection, sign_in.app, provider, vault, state_dir=sign_in.state_dir, cool_down_s=0
    )
    try:
        with Client(provider, sign_in.app, token=keeper.access_token, writable=True) as client:
            listed = identity_answer(client, provider)
            link = link_of(listed.body, connection.organisation.id) if listed.ok else None
            if link is None:
                reason = said(listed.exchange) if not listed.ok else "there is none any more"
                return f"The existing link was not dropped: {reason}. {by_hand}"
            dropped = client.send("DELETE", link, base="connections")
    except StoreError:
        raise
    except SyncdoctorError as error:
        return f"The existing link was not dropped: {error.message} {by_hand}"
    if dropped.ok or dropped.status == NOT_FOUND:
        return f"The existing link to {connection.organisation.name} was dropped."
    return f"The existing link was not dropped: {said(dropped.exchange)}. {by_hand}"
