"""The sandbox's OAuth 2.0 authorisation server: codes, PKCE, rotating refresh tokens.

After RFC 6749, RFC 7636 (PKCE, S256 alone) and RFC 7009 (revocation), with the lifetimes of each
provider's ``facts.toml``. It knows no HTTP: forms come in as mappings, answers leave as
:class:`TokenAnswer` or as the address to send the browser to.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from syncdoctor.engine.provider import OAuthFacts
from syncdoctor.providers.common.embedded import TOO_OFTEN, Bearer, Consent, Faults
from syncdoctor.sandbox.grants import (
    Access,
    AuthorizeRefused,
    Client,
    Code,
    Grant,
    Refresh,
    Request,
    TokenAnswer,
)
from syncdoctor.sandbox.proofs import basic, proves
from syncdoctor.sandbox.redirects import back, request_problem, same_place

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


def _refused(error: str, status: int = 400) -> TokenAnswer:
    return TokenAnswer(status, {"error": error}, NO_STORE)


class AuthorisationServer:
    """One provider's authorisation server. The world's lock is held around every call."""

    def __init__(
        self,
        facts: OAuthFacts,
        mint: Callable[[Bearer, datetime], str],
        revoked: Callable[[str, str], None],
        serial: Callable[[], int],
        ended: Callable[[Bearer, Faults], bool] = lambda _bearer, _faults: False,
        *,
        scheme: str = "Bearer",
        redirected: Callable[[tuple[str, ...]], Mapping[str, str]] = lambda _organisations: {},
    ) -> None:
        """``ended`` tells whether the provider itself has put an end to what was consented to.

        ``scheme`` is that of the API's Authorization header; ``redirected`` tells what the
        redirect says besides the code.
        """
        self.facts = facts
        self.clients: dict[str, Client] = {}
        self.user = "Demo User"
        self._mint = mint
        self._revoked = revoked
        self._serial = serial
        self._ended = ended
        self._scheme = scheme.lower()
        self._redirected = redirected
        self._requests: dict[str, Request] = {}
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, Refresh] = {}
        self._access: dict[str, Access] = {}

    def ask(self, form: Mapping[str, str]) -> Request | str:
        """Judge a request for consent; the request to show, or where to send the browser.

        Raises:
            AuthorizeRefused: client or redirect address are not known, so nothing may be sent.
        """
        client = self.clients.get(form.get("client_id", ""))
        if client is None:
            raise AuthorizeRefused("unknown-client")
        redirect = form.get("redirect_uri", "")
        if not any(same_place(redirect, own, self.facts) for own in client.redirect_uris):
            raise AuthorizeRefused("redirect-mismatch")
        asked = form.get("scope", "").replace(self.facts.scope_separator, " ")
        scopes = frozenset(asked.split())
        if client.scopes and not scopes <= client.scopes:
            raise AuthorizeRefused("invalid-scope")
        request = Request(
            secrets.token_urlsafe(16),
            client,
            redirect,
            scopes,
            form.get("state"),
            form.get("code_challenge"),
        )
        if problem := request_problem(form, client, pkce=self.facts.pkce):
            return back(request, {"error": problem})
        self._requests[request.id] = request
        return request

    def declined(self, request_id: str) -> str | None:
        """The person said no: where to send the browser, or None for an unknown request."""
        request = self._requests.pop(request_id, None)
        return back(request, {"error": "access_denied"}) if request else None

    def approved(
        self, request_id: str, organisations: tuple[str, ...], now: datetime
    ) -> tuple[Consent, str] | None:
        """The person said yes: the consent and where to send the browser."""
        request = self._requests.pop(request_id, None)
        if request is None:
            return None
        consent, code = self._consent(request, organisations, now)
        scope = " ".join(sorted(request.scopes))
        told = self._redirected(organisations)
        return consent, back(request, {"code": code, "scope": scope, **told})

    def _consent(
        self, request: Request, organisations: tuple[str, ...], now: datetime
    ) -> tuple[Consent, str]:
        grant = Grant(request.client, self.user, request.scopes, _uuid(), self._serial())
        code = secrets.token_urlsafe(32)
        lifetime = timedelta(seconds=self.facts.code_lifetime_s)
        self._codes[code] = Code(grant, request, now + lifetime)
        client = request.client
        return Consent(
            client.client_id,
            client.name,
            grant.user,
            organisations,
            grant.scopes,
            grant.event,
            grant.serial,
            now,
        ), code

    def token(
        self, form: Mapping[str, str], authorization: str, faults: Faults, now: datetime
    ) -> TokenAnswer:
        """Answer the token end point (RFC 6749, sections 4.1.3 and 6)."""
        client = self._authenticate(form, authorization)
        if client is None:
            return _refused("invalid_client")
        if form.get("grant_type") == "authorization_code":
            return self._redeem(client, form, now)
        if form.get("grant_type") == "refresh_token":
            return self._renew(client, form, faults, now)
        return _refused("unsupported_grant_type")

    def _authenticate(self, form: Mapping[str, str], authorization: str) -> Client | None:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization.lower().startswith("basic "):
            client_id, secret = basic(authorization[6:])
        client = self.clients.get(client_id)
        if client is None:
            return None
        if client.secret is None:
            return client
        return client if compare_digest(client.secret.encode(), secret.encode()) else None

    def _redeem(self, client: Client, form: Mapping[str, str], now: datetime) -> TokenAnswer:
        code = self._codes.get(form.get("code", ""))
        if code is None or code.grant.client is not client:
            return _refused("invalid_grant")
        if code.used:
            # A code that comes twice may have been stolen: what it gave is taken back.
            # https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
            code.grant.revoked = True
            return _refused("invalid_grant")
        code.used = True
        if (
            now >= code.expires
            or form.get("redirect_uri") != code.request.redirect_uri
            or not proves(form.get("code_verifier"), code.request.challenge)
        ):
            return _refused("invalid_grant")
        return self._issue(code.grant, now)

    def _renew(
        self, client: Client, form: Mapping[str, str], faults: Faults, now: datetime
    ) -> TokenAnswer:
        token = self._refresh.get(form.get("refresh_token", ""))
        if token is None or token.grant.client is not client or token.grant.revoked:
            return _refused("invalid_grant")
        revoked = faults.on("refresh-token-revoked")
        if revoked and revoked.hits(token.serial):
            return _refused("invalid_grant")
        if self._ended(_bearer(Access(token.grant, token.serial, now), "valid"), faults):
            return _refused("invalid_grant")
        spent = token.used and now > token.used + timedelta(seconds=self.facts.grace_s)
        if spent or (token.expires and now >= token.expires):
            return _refused("invalid_grant")
        if self._too_often(token.grant, now):
            return _refused(TOO_OFTEN, 429)
        if self.facts.rotates:
            token.used = token.used or now
        return self._issue(token.grant, now, keep=None if self.facts.rotates else token)

    def _too_often(self, grant: Grant, now: datetime) -> bool:
        limit = self.facts.renewals
        if limit is None:
            return False
        since = now - timedelta(seconds=limit.seconds)
        grant.renewed = [at for at in grant.renewed if at > since]
        if len(grant.renewed) >= limit.count:
            return True
        grant.renewed.append(now)
        return False

    def _issue(self, grant: Grant, now: datetime, keep: Refresh | None = None) -> TokenAnswer:
        serial = self._serial()
        expires = now + timedelta(seconds=self.facts.access_lifetime_s)
        access = Access(grant, serial, expires)
        token = self._mint(_bearer(access, "valid"), now)
        self._access[token] = access
        body: dict[str, Any] = {
            "access_token": token,
            "expires_in": self.facts.access_lifetime_s,
            "token_type": "Bearer",
        }
        if grant.scopes:
            body["scope"] = " ".join(sorted(grant.scopes))
        if keep is None and self._gives_refresh(grant):
            body["refresh_token"] = self._new_refresh(grant, serial, now)
        return TokenAnswer(200, body, NO_STORE)

    def _gives_refresh(self, grant: Grant) -> bool:
        return "offline_access" in grant.scopes or "offline_access" not in self.facts.scopes

    def _new_refresh(self, grant: Grant, serial: int, now: datetime) -> str:
        days = self.facts.refresh_lifetime_days
        token = secrets.token_urlsafe(32)
        self._refresh[token] = Refresh(grant, serial, now + timedelta(days=days) if days else None)
        return token

    def revoke(self, form: Mapping[str, str], authorization: str) -> TokenAnswer:
        """Take a token back; an unknown one is no error (RFC 7009, section 2.2)."""
        client = self._authenticate(form, authorization)
        if client is None:
            return _refused("invalid_client", 401)
        token = form.get("token", "")
        if refresh := self._refresh.get(token):
            if refresh.grant.client is client:
                refresh.grant.revoked = True
                self._revoked(client.client_id, refresh.grant.user)
        elif (access := self._access.get(token)) and access.grant.client is client:
            del self._access[token]
        return TokenAnswer(200, {}, NO_STORE)

    def bearer(self, authorization: str, faults: Faults, now: datetime) -> Bearer:
        """What is known of the access token in an ``Authorization`` header."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != self._scheme or not token:
            return Bearer("missing")
        access = self._access.get(token.strip())
        if access is None:
            return Bearer("unknown")
        if access.grant.revoked:
            return _bearer(access, "revoked")
        expired = faults.on("access-token-expired")
        if now >= access.expires or (expired and expired.hits(access.serial)):
            return _bearer(access, "expired")
        return _bearer(access, "valid")

    def connect(
        self, client: Client, scopes: frozenset[str], organisations: tuple[str, ...], now: datetime
    ) -> tuple[Consent, TokenAnswer]:
        """Consent and tokens at once, without a browser; what tests and the demo start from."""
        request = Request("", client, client.redirect_uris[0], scopes, None, None)
        consent, code = self._consent(request, organisations, now)
        grant = self._codes.pop(code).grant
        return consent, self._issue(grant, now)


def _bearer(access: Access, state: str) -> Bearer:
    grant = access.grant
    return Bearer(
        state,
        grant.client.client_id,
        grant.client.name,
        grant.user,
        grant.scopes,
        grant.event,
        grant.serial,
        access.expires,
    )


def _uuid() -> str:
    from uuid import uuid4

    return str(uuid4())
