r"""Sentences in which SDKs tell a provider's error without its body, turned back into that body.

The forms are those of the SDKs' own sources, read 2026-11-22:
googleapis/google-api-go-client (``googleapi: Error 403: message, reason``),
googleapis/google-api-dotnet-client (``Message[…] Location[…] Reason[…] Domain[…]``),
googleapis/google-api-ruby-client (``Google::Apis::ClientError: reason: message``),
googleapis/google-api-python-client (``<HttpError 403 when requesting URL returned "message"``),
golang/oauth2 (``oauth2: "code" "description"``), oauthlib (``(code) description``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

# RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, RFC 8628 section 3.5, RFC 7009 section 2.2.1
_OAUTH = (
    "invalid_grant|invalid_client|unauthorized_client|unsupported_grant_type|unsupported_response_type|"
    "invalid_scope|access_denied|redirect_uri_mismatch|invalid_token|insufficient_scope|"
    "authorization_pending|expired_token|slow_down|unsupported_token_type|deleted_client|"
    "disabled_client|org_internal|admin_policy_enforced|disallowed_useragent|interaction_required|"
    "consent_required|login_required|temporarily_unavailable"
)
Body = dict[str, Any]


def _oauth(found: re.Match[str]) -> Body:
    body: Body = {"error": found["code"]}
    if description := (found["text"] or "").strip().strip("\"'"):
        body["error_description"] = description
    return body


def _google(found: re.Match[str]) -> Body:
    groups = found.groupdict()
    message = (groups.get("text") or "").strip()
    error: Body = {"message": message}
    if status := groups.get("status"):
        error["code"] = int(status)
    if reason := groups.get("reason"):
        error["errors"] = [{"reason": reason, "message": message}]
    return {"error": error}


_PHRASES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Body]], ...] = (
    (
        re.compile(r"googleapi: Error (?P<status>\d{3}): (?P<text>.*?)(?:, (?P<reason>[A-Za-z]+))?\s*$", re.M),
        _google,
    ),
    (
        re.compile(r"Message\[(?P<text>.*?)\]\s+Location\[.*?\]\s+Reason\[(?P<reason>\w+)\]", re.S),
        _google,
    ),
    (
        re.compile(r"<HttpError (?P<status>\d{3}) when requesting \S+ returned \"(?P<text>[^\"]+)\""),
        _google,
    ),
    (
        re.compile(r"Google::Apis::\w+(?:: | \()(?P<reason>[a-z][A-Za-z]+): (?P<text>[^\n]+?)\)?$", re.M),
        _google,
    ),
    (
        re.compile(r"Error:\s*\"(?P<code>\w+)\",\s*Description:\s*\"(?P<text>[^\"]*)\""),
        _oauth,
    ),
    (
        re.compile(r"oauth2: \"(?P<code>\w+)\"(?: \"(?P<text>[^\"]*)\")?"),
        _oauth,
    ),
    (
        re.compile(rf"\((?P<code>{_OAUTH})\)\s*(?P<text>[^\n]*)"),
        _oauth,
    ),
    (
        re.compile(rf"(?<![\w/.])(?P<code>{_OAUTH})\b\"?'?(?:\s*[:,-]\s*(?P<text>[^\n]{{0,400}}))?"),
        _oauth,
    ),
)


def body_in(text: str) -> Body | None:
    """The body that a sentence of an SDK stands for, None when no such sentence is there."""
    for pattern, build in _PHRASES:
        if found := pattern.search(text):
            return build(found)
    return None
