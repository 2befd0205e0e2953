"""Xero's doors: who may come in, which organisation they mean, and which record they ask for.

Sources, read on 2026-11-22: https://developer.xero.com/documentation/api/accounting/responsecodes,
https://developer.xero.com/documentation/guides/oauth2/limits/,
https://developer.xero.com/faq/granular-scopes, and the vendor's OpenAPI descriptions
(https://github.com/XeroAPI/Xero-OpenAPI).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from syncdoctor.model import Organisation
from syncdoctor.providers.common.embedded import (
    Allowance,
    Bearer,
    Call,
    Consent,
    EmbeddedProvider,
    Faults,
    Reply,
)
from syncdoctor.providers.xero.sandbox import seed
from syncdoctor.providers.xero.sandbox.accounting import READERS, Accounting
from syncdoctor.providers.xero.sandbox.answers import (
    HTML,
    Refused,
    html,
    json,
    new_id,
    not_found,
    problem,
)
from syncdoctor.providers.xero.sandbox.books import Books
from syncdoctor.providers.xero.sandbox.faults import FAULTS
from syncdoctor.providers.xero.sandbox.tenancies import Tenancies, Tenancy

API = "/api.xro/2.0/"
# Which scopes open an end point: the granular one, and the broad one that older apps hold.
SCOPES = {
    "Invoices": ("accounting.invoices", "accounting.transactions"),
    "CreditNotes": ("accounting.invoices", "accounting.transactions"),
    "Contacts": ("accounting.contacts",),
    "Organisation": ("accounting.settings",),
    "Accounts": ("accounting.settings",),
    "TaxRates": ("accounting.settings",),
}


class XeroSandbox(EmbeddedProvider):
    """Xero: identity, connections and the accounting API for some organisations."""

    id = "xero"
    faults = FAULTS

    def __init__(self, organisations: Sequence[str] = seed.ORGANISATIONS) -> None:
        super().__init__()
        self._names: dict[str, str] = {}
        self._books: dict[str, Books] = {}
        self._tenancies = Tenancies()
        self._key = secrets.token_bytes(32)
        self._accounting = Accounting()
        for name in organisations:
            self.add_organisation(name)

    def add_organisation(self, name: str) -> Organisation:
        """Add an organisation; its books are opened when they are first asked for."""
        organisation = Organisation(seed.stable_id("organisation", name), name)
        self._names[organisation.id] = name
        return organisation

    def books(self, organisation: str) -> Books:
        """The books of an organisation, by its id."""
        if organisation not in self._books:
            name = self._names[organisation]
            opened = datetime.now(UTC)
            self._books[organisation] = Books(organisation, name, opened, demo=name == seed.DEMO)
        return self._books[organisation]

    def organisations(self, faults: Faults) -> Sequence[Organisation]:
        """What the consent page offers; a demo company that was reset comes back with a new id."""
        offered = [Organisation(key, name) for key, name in self._names.items()]
        if faults.on("demo-company-reset") is None:
            return offered
        fresh = self._fresh_demo()
        return [fresh if o.name == seed.DEMO else o for o in offered if o.id != fresh.id]

    def _fresh_demo(self) -> Organisation:
        organisation = Organisation(seed.stable_id("organisation", seed.DEMO, "reset"), seed.DEMO)
        self._names.setdefault(organisation.id, organisation.name)
        return organisation

    def consented(self, consent: Consent) -> None:
        """Link the chosen organisations to the app."""
        self._tenancies.add(consent)

    def revoked(self, client_id: str, user: str) -> None:
        """Unlink everything: at Xero a revocation removes all of the person's connections.

        https://github.com/XeroAPI/xero-python, ``TokenApi.revoke_token`` (2026-11-22).
        """
        self._tenancies.remove_all(client_id, user)

    def mint(self, bearer: Bearer, issued: datetime) -> str:
        """A JSON web token with the claims that Xero documents.

        ``authentication_event_id`` is what ``/connections?authEventId=`` filters by:
        https://developer.xero.com/documentation/guides/oauth2/token-types
        """
        expires = bearer.expires or issued
        claims = {
            "nbf": int(issued.timestamp()),
            "exp": int(expires.timestamp()),
            "iss": "https://identity.xero.com",
            "aud": "https://identity.xero.com/resources",
            "client_id": bearer.client_id,
            "xero_userid": seed.stable_id("user", bearer.user),
            "jti": secrets.token_hex(16),
            "authentication_event_id": bearer.event,
            "scope": sorted(bearer.scopes),
        }
        head = _base64url(orjson.dumps({"alg": "HS256", "typ": "JWT"}))
        signed = f"{head}.{_base64url(orjson.dumps(claims))}"
        digest = hmac.new(self._key, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_base64url(digest)}"

    def handle(self, call: Call) -> Reply:
        """Answer a call to ``/connections`` or the accounting API."""
        try:
            self._check_token(call)
            first, _, rest = call.path.strip("/").partition("/")
            if first.lower() == "connections":
                reply = self._connections(call, rest)
            elif call.path.lower().startswith(API):
                reply = self._api(call, call.path[len(API) :].strip("/"))
            else:
                reply = not_found()
        except Refused as refused:
            reply = refused.reply
        return Reply(reply.status, reply.body, {**reply.headers, "xero-correlation-id": new_id()})

    def _check_token(self, call: Call) -> None:
        bearer = call.bearer
        if bearer.state == "valid":
            return
        detail = "AuthenticationUnsuccessful"
        if bearer.state == "expired":
            # https://github.com/waynerobinson/xeroizer/pull/509
            ended = min(bearer.expires or call.now, call.now)
            detail = f"TokenExpired: token expired at {ended:%m/%d/%Y %H:%M:%S}"
        raise Refused(problem(401, "Unauthorized", detail))

    def _is_gone(self, link: Tenancy, faults: Faults) -> bool:
        """Whether a fault has unlinked an organisation."""
        name = self._names[link.organisation]
        gone = faults.on("organisation-disconnected")
        if gone and gone.params["organisation"] in (None, link.organisation, name):
            return gone.hits(link.serial)
        if name != seed.DEMO or faults.on("demo-company-reset") is None:
            return False
        return link.organisation != self._fresh_demo().id

    def _connections(self, call: Call, identifier: str) -> Reply:
        linked = [t for t in self._tenancies.of(call.bearer) if not self._is_gone(t, call.faults)]
        if call.method == "DELETE" and identifier:
            if identifier not in {link.id for link in linked}:
                return not_found()
            self._tenancies.remove(identifier)
            return Reply(204)
        if call.method != "GET" or identifier:
            return Reply(405, headers={"allow": "DELETE" if identifier else "GET"})
        event = call.query.get("authEventId")
        shown = [link for link in linked if event in (None, "", link.event)]
        return json(200, [link.shown(self._names[link.organisation]) for link in shown])

    def _api(self, call: Call, path: str) -> Reply:
        name, _, rest = path.partition("/")
        # Case does not count in Xero's paths: its own SDK asks for /Connections.
        resource = next((known for known in SCOPES if known.lower() == name.lower()), None)
        if resource is None:
            return not_found()
        self._check_scope(call, resource)
        books = self._check_tenant(call)
        if call.faults.on("organisation-offline"):
            # https://github.com/calcinai/xero-php/blob/master/src/XeroPHP/Remote/Response.php
            return html(503, "Organisation is offline")
        if call.method == "GET":
            return READERS[resource](books, call, rest)
        if call.faults.on("permission-removed"):
            # The words: https://github.com/XeroAPI/xero-php-oauth2/issues/151; the envelope is
            # derived from that of the other 403.
            detail = "You are not permitted to access this resource"
            return problem(403, "Forbidden", detail)
        return self._accounting.write(books, call, resource, rest)

    def _check_scope(self, call: Call, resource: str) -> None:
        held = set(call.bearer.scopes)
        removed = call.faults.on("scope-removed")
        if removed and removed.hits(call.bearer.serial):
            # Faults are shared by all providers: another one's scope stands for ours.
            scope = str(removed.params["scope"])
            held.discard(scope if scope in held else "accounting.invoices")
        read = {f"{scope}.read" for scope in SCOPES[resource]} if call.method == "GET" else set()
        if not held & (read | set(SCOPES[resource])):
            header = {"www-authenticate": "insufficient_scope"}
            raise Refused(problem(401, "Unauthorized", "AuthorizationUnsuccessful", header))

    def _check_tenant(self, call: Call) -> Books:
        tenant = call.headers.get("xero-tenant-id", "").lower()
        link = self._tenancies.one(call.bearer, tenant)
        if link is None or self._is_gone(link, call.faults):
            raise Refused(problem(403, "Forbidden", "AuthenticationUnsuccessful"))
        return self.books(tenant)

    def broken(self, fault: str) -> Reply:
        """Xero's answers while it is down."""
        if fault == "server-error":
            # https://github.com/XeroAPI/xero-node/issues/466
            words = (
                "An error occurred in Xero. Check the API Status page "
                "http://status.developer.xero.com for current service status."
            )
            body = {"Title": "An error occurred", "Detail": words, "Status": 500}
            return json(500, {**body, "Instance": new_id()})
        if fault == "html-error-page":
            page = "<html><head><title>502 Bad Gateway</title></head><body><center>"
            return html(502, f"{page}<h1>502 Bad Gateway</h1></center><hr></body></html>\n")
        # Derived: the published list of response codes names 503 and no body for it.
        return Reply(503, b"The Xero API is currently not available", HTML)

    def limit_key(self, call: Call) -> str | None:
        """Calls count for each app and organisation once the token was accepted."""
        if call.bearer.state != "valid" or not call.path.lower().startswith(API):
            return None
        return f"{call.bearer.client_id}/{call.headers.get('xero-tenant-id', '')}"

    def limit_headers(self, allowance: Allowance) -> Mapping[str, str]:
        """What is left, on every answer of the API."""
        return {
            "x-daylimit-remaining": str(allowance.day),
            "x-minlimit-remaining": str(allowance.minute),
            "x-appminlimit-remaining": str(allowance.app_minute),
        }

    def limited(self, allowance: Allowance) -> Reply:
        """A 429: no body, as recorded in rate_limit_minute.json of corrin/docketworks."""
        headers = {"x-rate-limit-problem": str(allowance.problem)}
        if allowance.problem != "concurrent":
            headers["retry-after"] = str(allowance.retry_after_s)
        return Reply(429, b"", headers)

    def authorize_problem(self, reason: str) -> tuple[int, str]:
        """Xero's page: https://github.com/XeroAPI/xero-python/issues/110."""
        words = {
            "unknown-client": "unauthorized_client : Unknown client or client not enabled",
            "redirect-mismatch": "unauthorized_client : Invalid redirect_uri",
            "invalid-scope": "unauthorized_client : Invalid scope for client",
        }
        return 500, f"Error code: 500\nError: {words[reason]}"

    def state(self) -> dict[str, Any]:
        """Each organisation whose books are open, counted, and the links to apps."""
        return {
            "organisations": [books.counted() for books in self._books.values()],
            "connections": len(self._tenancies),
        }


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
