"""Which organisations a Xero token may see, from the answer of ``GET /connections``. Pure.

Fields: https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero-identity.yaml, 2026-11-22.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from syncdoctor.model import Organisation


def from_answer(body: Any, event: str | None = None) -> tuple[Organisation, ...]:
    """The organisations in an answer, in Xero's order; practices are none.

    Args:
        body: the parsed answer.
        event: keep those that were chosen in this one consent (``authEventId``).
    """
    return tuple(
        Organisation(str(link["tenantId"]), str(link.get("tenantName") or link["tenantId"]))
        for link in _links(body)
        if link.get("tenantType", "ORGANISATION") == "ORGANISATION"
        and (event is None or link.get("authEventId") == event)
    )


def link_of(body: Any, organisation_id: str) -> str | None:
    """The id under which ``DELETE /connections/ID`` drops an organisation's link."""
    for link in _links(body):
        if link["tenantId"] == organisation_id and link.get("id"):
            return str(link["id"])
    return None


def event_of(access_token: str) -> str | None:
    """The consent that an access token came from: its claim ``authentication_event_id``.

    The claim only narrows a choice, so the signature of the token is not checked.
    """
    parts = access_token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - a JWT has three parts
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    event = claims.get("authentication_event_id") if isinstance(claims, dict) else None
    return event if isinstance(event, str) else None


def _links(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list):
        return []
    return [link for link in body if isinstance(link, dict) and link.get("tenantId")]
