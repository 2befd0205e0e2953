"""The requests to a token end point: client authentication as the provider wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from syncdoctor.engine.provider import OAuthFacts, Provider
from syncdoctor.errors import ConfigError, UsageError
from syncdoctor.model import App, Phase

if TYPE_CHECKING:
    from syncdoctor.auth.token import Token
    from syncdoctor.auth.vault import Vault
    from syncdoctor.wire.client import Answer, Client

METHODS = {"basic": "client_secret_basic", "body": "client_secret_post", "none": "none"}


def oauth_of(provider: Provider) -> OAuthFacts:
    """The provider's OAuth facts; :class:`UsageError` where it has no sign-in."""
    if provider.oauth is None:
        raise UsageError(
            f"{provider.name} has no sign-in to renew.",
            f"A connection of this type can: {', '.join(provider.actions) or 'nothing'}.",
        )
    return provider.oauth


class TokenRequests:
    """Asks one provider's token end point for one app. Answers are not judged here."""

    def __init__(self, app: App, provider: Provider, vault: Vault, client: Client) -> None:
        """Read the client secret; an app without one is a public client, which needs PKCE."""
        facts = oauth_of(provider)
        self._app, self._client = app, client
        self._secret = vault.get(f"app/{app.name}") if facts.client_auth != "none" else None
        self._method = METHODS[facts.client_auth if self._secret else "none"]
        if self._secret is None and facts.client_auth != "none" and not facts.pkce:
            raise ConfigError(
                f"There is no client secret for the app {app.name}.",
                f"syncdoctor app add {app.name}",
            )
        client.keep_secret(self._secret or "")

    def ask_at(self, provider: Provider) -> None:
        """Ask at these URLs from now on: a redirect has told of another data centre."""
        self._client.provider = provider

    def refresh(self, token: Token) -> Answer:
        """Ask for a new token with the refresh token (RFC 6749 section 6)."""
        value = token.refresh_token or ""
        return self._ask("token", {"grant_type": "refresh_token", "refresh_token": value}, value)

    def exchange(self, code: str, redirect_uri: str, verifier: str | None) -> Answer:
        """Give an authorisation code for a token (RFC 6749 section 4.1.3, RFC 7636)."""
        data = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        if verifier is not None:
            data["code_verifier"] = verifier
        return self._ask("token", data, code, verifier or "")

    def device(self, device_code: str) -> Answer:
        """Ask whether the person has approved the device (RFC 8628 section 3.4)."""
        grant = "urn:ietf:params:oauth:grant-type:device_code"
        data = {"grant_type": grant, "device_code": device_code}
        return self._ask("token", data, device_code)

    def begin_device(self, scope: str) -> Answer:
        """Ask for a code that the person types in on another device (RFC 8628 section 3.1)."""
        return self._ask("device", {"client_id": self._app.client_id, "scope": scope})

    def revoke(self, token: Token) -> Answer:
        """Revoke a token (RFC 7009), the refresh token where there is one."""
        value = token.refresh_token or token.access_token
        kind = "refresh_token" if token.refresh_token else "access_token"
        return self._ask("revoke", {"token": value, "token_type_hint": kind}, value)

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def _ask(self, base: str, data: dict[str, str], *secrets: str) -> Answer:
        from authlib.oauth2 import ClientAuth

        self._client.keep_secret(*secrets)
        headers: dict[str, str] = {}
        auth = ClientAuth(self._app.client_id, self._secret, self._method)
        try:
            _, headers, body = auth.prepare("POST", "", headers, urlencode(data))
        except UnicodeEncodeError:
            raise ConfigError(
                f"The client secret of the app {self._app.name} has characters that none has.",
                f"syncdoctor app add {self._app.name}",
            ) from None
        form = dict(parse_qsl(body, keep_blank_values=True))
        return self._client.send(
            "POST", base=base, phase=Phase.TOKEN, data=form, headers={**headers}
        )
