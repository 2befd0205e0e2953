"""A provider's public status page, read by the interface that hosted status pages share.

``GET /api/v2/status.json`` answers ``{"page": …, "status": {"indicator": …, "description": …}}``;
the indicator is none, minor, major, critical or maintenance. So documented by Atlassian Statuspage
(https://www.atlassianstatus.com/api); Xero's and GoCardless's pages are such ones. 2026-11-22.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import httpx2

from syncdoctor.model import Check
from syncdoctor.wire.failures import classify
from syncdoctor.wire.proxies import EnvironmentTransport
from syncdoctor.wire.recording import parse_body

NAME = "status-page"
LIMIT_S = 3.0
LONGEST = 200  # characters of the page's own words that are shown
_QUIET = "none"


def read(url: str, *, limit_s: float = LIMIT_S) -> Check:
    """What the page tells of now. A page that cannot be read is ``skipped``, and no error.

    Args:
        url: the page's address, as people open it.
        limit_s: seconds to wait for it.
    """
    place = urljoin(url if url.endswith("/") else f"{url}/", "api/v2/status.json")
    try:
        with httpx2.Client(transport=EnvironmentTransport(), timeout=limit_s) as client:
            answer = client.get(place)
    except httpx2.RequestError as error:
        return Check(NAME, "skipped", f"{url} could not be read: {classify(error)}")
    status = _status(parse_body(answer)) if answer.is_success else None
    if status is None:
        return Check(NAME, "skipped", f"{url} is not one that can be read; open it in a browser")
    indicator, description = status
    incident = indicator != _QUIET
    words = f"{url} says {indicator}: {description}" if incident else f"{url} says {description}"
    facts = {"incident_published": incident}
    return Check(NAME, "problem" if incident else "ok", words, None, facts)


def _status(body: Any) -> tuple[str, str] | None:
    told = body.get("status") if isinstance(body, dict) else None
    if not isinstance(told, dict) or not isinstance(told.get("indicator"), str):
        return None
    printable = "".join(c if c.isprintable() else " " for c in str(told.get("description") or ""))
    return told["indicator"][:20], printable[:LONGEST] or "nothing more"
