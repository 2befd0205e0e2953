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

# RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, RFC 8628 section 3.5, RFC 7009 section
# 2.2.1, and https://developers.google.com/identity/protocols/oauth2/web-server#error-codes
_OAUTH = "|".join(
    """
    invalid_grant invalid_client unauthorized_client unsupported_grant_type invalid_scope
    unsupported_response_type access_denied redirect_uri_mismatch invalid_token insufficient_scope
    authorization_pending expired_token slow_down unsupported_token_type deleted_client
    disabled_client org_internal admin_policy_enforced disallowed_useragent interaction_required
    consent_required login_required temporarily_unavailable
    """.split()
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
        re.compile(
            r"googleapi: Error (?P<status>\d{3}): (?P<text>.{0,2000}?)"
            r"(?:, (?P<reason>[A-Za-z]{3,60}))?[ \t]{0,4}$",
            re.MULTILINE,
        ),
        _google,
    ),
    (
        re.compile(
            r"Message\[(?P<text>[^\]]{0,2000})\]\s{1,4}Location\[[^\]]{0,200}\]\s{1,4}"
            r"Reason\[(?P<reason>\w{1,60})\]"
        ),
        _google,
    ),
    (
        re.compile(
            r"<HttpError (?P<status>\d{3}) when requesting \S{1,4000} returned "
            r"\"(?P<text>[^\"]{1,2000})"
        ),
        _google,
    ),
    (
        re.compile(
            r"Google::Apis::\w{1,40}(?:: | \()(?P<reason>[a-z][A-Za-z]{2,60}): "
            r"(?P<text>[^\n]{1,2000})"
        ),
        _google,
    ),
    (
        re.compile(
            r"Error:\s?\"(?P<code>\w{1,60})\",\s{0,4}Description:\s?\"(?P<text>[^\"]{0,2000})\""
        ),
        _oauth,
    ),
    (re.compile(r"oauth2: \"(?P<code>\w{1,60})\"(?: \"(?P<text>[^\"]{0,2000})\")?"), _oauth),
    (re.compile(rf"\((?P<code>{_OAUTH})\)[ \t]{{0,4}}(?P<text>[^\n]{{0,2000}})"), _oauth),
    (
        re.compile(
            rf"(?<![\w/.&?=])(?P<code>{_OAUTH})\b[\"']{{0,2}}"
            r"(?:\s{0,4}[:,-]\s{0,4}(?P<text>[^\n]{0,400}))?"
        ),
        _oauth,
    ),
)


def body_in(text: str) -> Body | None:
    """The body that a sentence of an SDK stands for, None when no such sentence is there."""
    for pattern, build in _PHRASES:
        if found := pattern.search(text):
            return build(found)
    return None
