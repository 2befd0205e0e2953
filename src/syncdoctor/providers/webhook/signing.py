"""Signatures of the Standard Webhooks convention: HMAC-SHA256 over id, time and body. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md,
"Signature scheme" and "Webhook headers" (2026-11-22).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from syncdoctor.errors import UsageError

PREFIX = "whsec_"
ID = "webhook-id"
SHORTEST, LONGEST = 24, 64  # bytes of a signing secret, "Signature scheme"


def new_secret() -> str:
    """A new signing secret of 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_secret(secret: str) -> None:
    """Refuse what is no signing secret; it is not repeated.

    Raises:
        UsageError: it is no base64 after ``whsec_``, or too short or long.
    """
    try:
        size = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not secret.startswith(PREFIX) or not SHORTEST <= size <= LONGEST:
        raise UsageError(
            f"That is no signing secret: it is written {PREFIX} and base64 of {SHORTEST} to "
            f"{LONGEST} bytes.",
            "Leave it out, and one is made.",
        )


def headers(
    signing_secrets: Sequence[str], message: str, at: datetime, body: bytes
) -> Mapping[str, str]:
    """What goes with an event: one signature for each secret, so that one can follow the other.

    Args:
        signing_secrets: the newest first.
        message: the event's id, the same at each attempt; it has no full stop.
        at: the time of this attempt, in UTC.
        body: what is sent, byte for byte.
    """
    from standardwebhooks import Webhook

    signatures = [Webhook(one).sign(message, at, body.decode()) for one in signing_secrets]
    return {
        ID: message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
