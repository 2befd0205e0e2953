"""Where a browser is sent after a request for consent, and what a request must hold.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1, https://www.rfc-editor.org/rfc/rfc7636
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from syncdoctor.engine.provider import OAuthFacts
from syncdoctor.sandbox.grants import Client, Request


def back(request: Request, answer: Mapping[str, str]) -> str:
    """The redirect address with the answer, and the client's state, in its query."""
    parts = urlsplit(request.redirect_uri)
    state = {} if request.state is None else {"state": request.state}
    query = "&".join(filter(None, (parts.query, urlencode({**answer, **state}))))
    return urlunsplit(parts._replace(query=query))


def same_place(asked: str, registered: str, facts: OAuthFacts) -> bool:
    """Whether a redirect goes where the app registered it; any port, where the provider says so.

    https://www.rfc-editor.org/rfc/rfc8252#section-7.3
    """
    if facts.redirect != "any-port":
        return asked == registered
    one, other = urlsplit(asked), urlsplit(registered)
    return (one.scheme, one.hostname, one.path or "/") == (
        *(other.scheme, other.hostname),
        other.path or "/",
    )


def request_problem(form: Mapping[str, str], client: Client, *, pkce: bool) -> str | None:
    """The error of RFC 6749, section 4.1.2.1, that a request deserves; None for a good one."""
    if form.get("response_type") != "code":
        return "unsupported_response_type"
    challenge = form.get("code_challenge")
    if challenge and form.get("code_challenge_method") != "S256":
        return "invalid_request"
    if client.secret is None and pkce and not challenge:
        return "invalid_request"
    return None
