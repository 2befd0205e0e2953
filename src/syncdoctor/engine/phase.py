"""Where in the life of an integration an exchange took place, when nobody said."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from syncdoctor.engine.provider import Provider
from syncdoctor.model import Exchange, Phase, Transport

# Paths of token and authorisation end points, as RFC 8414 documents and habits have them.
_TOKEN_ENDS = ("/token", "/access_token", "/token_endpoint", "/oauth2/v1/authorize", "/tokens")
_AUTHORIZE_PARTS = ("/authorize", "/approve_app", "/oauth/v2/auth", "/o/oauth2/", "/callback")
_TOKEN_ERRORS = frozenset(
    ("invalid_grant", "invalid_client", "unauthorized_client", "unsupported_grant_type")
)
_WORDS = ("error", "error_description", "error_subtype")


def error_in_url(exchange: Exchange) -> dict[str, str]:
    """The error that a redirect or the address of a callback carries; empty when there is none."""
    location = exchange.headers.get("location", "")
    if "error=" in location:
        return _error(location)
    if "error=" in exchange.url and exchange.phase in (None, Phase.AUTHORIZE):
        return _error(exchange.url)
    return {}


def _error(url: str) -> dict[str, str]:
    try:
        parts = urlsplit(url)
        pairs = dict((*parse_qsl(parts.query), *parse_qsl(parts.fragment)))
    except ValueError:
        return {}
    return {name: pairs[name] for name in _WORDS if name in pairs} if pairs.get("error") else {}


def phase_of(
    exchange: Exchange,
    provider: Provider | None,
    shape: Any,
    status: int | None,
    transport: Transport | None,
    *,
    redirected: bool,
) -> Phase | None:
    """The phase: as told, by the address, by the words of the answer; None when nothing tells."""
    if exchange.phase is not None:
        return exchange.phase
    if redirected:
        return Phase.AUTHORIZE
    if exchange.url and (phase := _by_url(exchange, provider)):
        return phase
    error = shape.get("error") if type(shape) is dict else None
    if type(error) is str and error in _TOKEN_ERRORS:
        return Phase.TOKEN
    if status is not None:
        return Phase.API
    return Phase.NETWORK if transport else None


def _by_url(exchange: Exchange, provider: Provider | None) -> Phase | None:
    path = exchange.url.partition("?")[0].partition("#")[0].rstrip("/")
    if provider:
        for name, phase in (("token", Phase.TOKEN), ("authorize", Phase.AUTHORIZE)):
            known = provider.urls.get(name, "").rstrip("/")
            if known and path == known:
                return phase
    if path.endswith(_TOKEN_ENDS):
        return Phase.TOKEN
    if any(part in path for part in _AUTHORIZE_PARTS):
        return Phase.AUTHORIZE
    return None
