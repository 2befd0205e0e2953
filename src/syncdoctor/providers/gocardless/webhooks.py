"""The signature of GoCardless's webhooks. Pure.

The header ``Webhook-Signature`` is the HMAC-SHA256 of the raw body under the endpoint's secret, in
lower-case hexadecimal; a receiver that finds another answers 498.
https://developer.gocardless.com/getting-started/staying-up-to-date-with-webhooks/ (2026-11-22)
"""

from __future__ import annotations

import hashlib
import hmac
import json

HEADER = "Webhook-Signature"
REFUSED = 498


def signature(body: bytes, secret: str) -> str:
    """The signature of a body as it goes over the wire."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, secret: str, given: str) -> bool:
    """Whether a webhook comes from who knows the secret; takes the same time for every answer."""
    return hmac.compare_digest(signature(body, secret).encode(), given.encode())


def why_not(body: bytes, secret: str, given: str) -> str | None:
    """Why a webhook's signature does not match, as far as can be told; None when it does."""
    if is_signed(body, secret, given):
        return None
    if is_signed(body, secret, given.strip().lower()):
        return "The signature was changed on its way: it has blanks or capitals that were not sent."
    for trimmed in (body.rstrip(b"\r\n"), body.rstrip(b"\r\n") + b"\n", body.strip()):
        if is_signed(trimmed, secret, given):
            return (
                "The body has other line breaks or blanks at its ends than the one that was signed."
            )
    if any(is_signed(written, secret, given) for written in _written_anew(body)):
        return "The body was read as JSON and written anew; the raw bytes are what is signed."
    return (
        "The secret is not the endpoint's (each endpoint has its own, and the sandbox's are other"
        " ones than the live world's), or the body is not the one that was signed."
    )


def _written_anew(body: bytes) -> tuple[bytes, ...]:
    """The same JSON as libraries write it: without blanks, and with them."""
    try:
        value = json.loads(body)
    except ValueError:
        return ()
    forms = ((",", ":"), (", ", ": "))
    return tuple(
        json.dumps(value, separators=form, ensure_ascii=ascii_only).encode()
        for form in forms
        for ascii_only in (False, True)
    )
