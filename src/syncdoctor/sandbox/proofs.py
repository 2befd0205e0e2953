"""How an app proves who it is, and that it is the one that asked.

https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1, https://www.rfc-editor.org/rfc/rfc7636
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from hmac import compare_digest
from urllib.parse import unquote_plus


def proves(verifier: str | None, challenge: str | None) -> bool:
    """Whether a verifier is that of a PKCE challenge; without a challenge nothing is asked."""
    if challenge is None:
        return True
    if not verifier:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.encode())


def basic(encoded: str) -> tuple[str, str]:
    """Client id and secret of an Authorization header; empty ones where they cannot be read."""
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _, secret = pair.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)
