"""A signing secret is proven by a test event signed with it alone; only then the old one goes."""

from __future__ import annotations

import secrets as random
from datetime import UTC, datetime

from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.signing import scheme_of
from syncdoctor.auth.token import said
from syncdoctor.engine.provider import Provider
from syncdoctor.model import App, Connection
from syncdoctor.wire.address import addressed
from syncdoctor.wire.client import Answer, Client

TEST = "syncdoctor.test"
SERVER_ERROR, TOO_MANY = 500, 429
TRIES = 3


def send_test(connection: Connection, app: App, provider: Provider, signing: list[str]) -> Answer:
    """Send a test event, signed with the given secrets alone; it tells of no record."""
    scheme, now = scheme_of(provider), datetime.now(UTC)
    event = {"type": TEST, "timestamp": now.isoformat(), "data": {"connection": connection.uid}}
    with Client(addressed(provider, connection), app, writable=True, tries=TRIES) as client:
        client.keep_secret(*signing)
        client.sign_with(
            lambda message, body: scheme.headers(signing, message, datetime.now(UTC), body)
        )
        key = f"syncdoctor-test-{random.token_hex(8)}"
        return client.send("POST", json=event, idempotency_key=key)


def prove(connection: Connection, app: App, provider: Provider, secret: str) -> None:
    """The receiver accepts what is signed with the secret alone.

    Raises:
        TokenRefused: it does not.
        TokenDelayed: it could not be asked.
    """
    answer = send_test(connection, app, provider, [secret])
    if answer.ok:
        return
    words, target = said(answer.exchange), connection.target
    if answer.status is None or answer.status >= SERVER_ERROR or answer.status == TOO_MANY:
        raise TokenDelayed(
            f"The receiver of {target} could not be asked: {words}. The old secret goes on.",
            f"syncdoctor diagnose {target}",
            exchange=answer.exchange,
        )
    raise TokenRefused(
        f"The receiver of {target} did not accept a test event under the new secret; it said "
        f"{words}. The old secret goes on.",
        "Put the new secret into the receiver; then: "
        f"syncdoctor connection configure {target} --finish-rotation",
        exchange=answer.exchange,
    )
