"""The redirect URL of a sign-in, and what it tells of a failure (RFC 6749 section 4.1.2.1)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from syncdoctor.model import Phase

_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|/|\?)\S*\Z", re.IGNORECASE)
_TOLD = ("error", "error_description", "error_uri", "error_subtype", "error_reason", "error_code")
_FOUND = 302


def told(url: str) -> dict[str, str] | None:
    """What a redirect URL says of a failure: its ``error…`` parameters; None when it has none."""
    if "error" not in url:
        return None
    try:
        split = urlsplit(url)
        pairs = [*parse_qsl(split.query), *parse_qsl(split.fragment)]
    except ValueError:
        return None
    said = {name: value for name, value in pairs if name in _TOLD}
    if not said.get("error") and split.path.endswith("/error") and "errorId" in dict(pairs):
        return {"error": "error_page"}  # IdentityServer's page, which keeps the reason to itself
    return said if said.get("error") else None


def parts(text: str) -> dict[str, Any] | None:
    """The parts of an exchange when the text is the URL that a sign-in ended on, else None."""
    text = text.strip().strip("\"'<>")
    if not _URL.match(text) or ("?" not in text and "#" not in text):
        return None
    said = told(text)
    if said is None and not ("code=" in text and "state=" in text):
        return None
    return {
        "phase": Phase.AUTHORIZE,
        "url": text,
        "status": _FOUND,
        "headers": {"location": text},
        "body": said or "",
    }
