"""One request for consent: its URL, its secrets, and whether a redirect answers it."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, urlsplit

from syncdoctor import redact
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.token import said
from syncdoctor.auth.token_requests import oauth_of
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Cancelled, UsageError
from syncdoctor.model import App, Phase

STATE_BYTES = 32  # 256 bits
VERIFIER_BYTES = 64  # 86 characters; RFC 7636 section 4.1 takes 43 to 128
LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
PASSING_CODES = frozenset({"server_error", "temporarily_unavailable"})


@dataclass(frozen=True, slots=True)
class Authorisation:
    """A request for consent. ``state`` and ``verifier`` are secrets until it is answered."""

    redirect_uri: str
    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str | None = field(repr=False)

    def __post_init__(self) -> None:
        """Have its secrets taken out of whatever is said from now on."""
        redact.remember(self.state, self.verifier)

    def answered_by(self, parameters: Mapping[str, str]) -> bool:
        """Whether a redirect's parameters are an answer to this very request."""
        given = parameters.get("state", "")
        same = hmac.compare_digest(given.encode(), self.state.encode())
        redact.remember(parameters.get("code"))
        return same and bool(parameters.get("code") or parameters.get("error"))

    def parameters_of(self, pasted: str) -> dict[str, str]:
        """The parameters of a pasted redirect URL; :class:`UsageError` says what is wrong."""
        text = pasted.strip().strip("'\"<>")
        hint = "Copy the whole address that the browser ended at."
        try:
            parts, own = urlsplit(text), urlsplit(self.redirect_uri)
        except ValueError:
            raise UsageError("That is no address.", hint) from None
        if _place(parts) != _place(own):
            raise UsageError(f"That address does not begin with {self.redirect_uri}.", hint)
        parameters = first_values(parts.query)
        if not self.answered_by(parameters):
            raise UsageError(
                "That address does not answer this sign-in: it is of an earlier one, or cut.", hint
            )
        return parameters


def _place(parts: SplitResult) -> tuple[str, str, str]:
    """Where an address leads, without its query; a browser shows an empty path as ``/``."""
    return parts.scheme, parts.netloc.lower(), parts.path or "/"


def first_values(query: str) -> dict[str, str]:
    """A query's parameters; of one that is given twice the first counts (RFC 6749 has it once)."""
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=100):
        values.setdefault(name, value)
    return values


def authorise(app: App, provider: Provider, redirect_uri: str) -> Authorisation:
    """A new request for consent: RFC 6749 section 4.1.1 with PKCE S256 (RFC 7636)."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    facts = oauth_of(provider)
    state = secrets.token_urlsafe(STATE_BYTES)
    verifier = secrets.token_urlsafe(VERIFIER_BYTES) if facts.pkce else None
    extra = dict(facts.authorize_extra)
    if verifier is not None:
        extra["code_challenge"] = create_s256_code_challenge(verifier)
        extra["code_challenge_method"] = "S256"
    url = prepare_grant_uri(
        app.urls.get("authorize") or provider.urls["authorize"],
        app.client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=facts.scope_separator.join(app.scopes or facts.scopes) or None,
        state=state,
        **extra,
    )
    return Authorisation(redirect_uri, str(url), state, verifier)


def redirect_uri(app: App, provider: Provider) -> str:
    """The redirect URI to ask for, as registered; port 0 stands for any free one."""
    facts = oauth_of(provider)
    uri = app.redirect_uri or facts.default_redirect
    if not uri:
        raise UsageError(
            f"The app {app.name} has no redirect URI.",
            f"syncdoctor app add {app.name} --redirect-uri URI, as registered at the provider",
        )
    if facts.redirect == "any-port" and is_loopback(uri):
        return urlsplit(uri)._replace(netloc=f"{urlsplit(uri).hostname}:0").geturl()
    return uri


def is_loopback(uri: str) -> bool:
    """Whether a redirect URI comes back to this machine, where it can be listened for."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def code_in(parameters: Mapping[str, str], redirect_uri: str, provider: str, target: str) -> str:
    """The code in an answer whose state was found right; what an ``error`` means is raised."""
    if not parameters.get("error"):
        return parameters["code"]
    code = parameters["error"]
    exchange = redact.exchange(
        provider=provider,
        phase=Phase.AUTHORIZE,
        url=redirect_uri,
        status=302,
        body={"error": code, "error_description": parameters.get("error_description", "")},
    )
    words = said(exchange).removeprefix("HTTP 302, ")
    again = f"syncdoctor reconnect {target}"
    if code == "access_denied":
        raise Cancelled(f"The sign-in was declined: {words}. Nothing has changed.", again)
    if code in PASSING_CODES:
        raise TokenDelayed(f"The provider could not sign in: {words}.", again, exchange=exchange)
    raise TokenRefused(
        f"The provider refused the sign-in: {words}.",
        f"syncdoctor diagnose {target}",
        exchange=exchange,
        code=code,
    )
