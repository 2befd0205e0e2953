"""GoCardless's doors: whose token it is, what is asked for, and what was asked before.

https://developer.gocardless.com/api-reference/ and
https://developer.gocardless.com/partners/connecting-your-users (2026-11-22)
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
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
from syncdoctor.providers.gocardless.sandbox import lists, resources, seed
from syncdoctor.providers.gocardless.sandbox.answers import (
    Document,
    Refused,
    answer,
    broken,
    page,
    refusal,
)
from syncdoctor.providers.gocardless.sandbox.faults import FAULTS
from syncdoctor.providers.gocardless.sandbox.ledger import PREFIXES, Ledger

VERSION = "2015-07-06"
REVOKED = ("access_token_revoked", "The access token you are using has been revoked by the user.")
DISABLED = ("access_token_not_active", "The access token you are using has been disabled.")
UNKNOWN = ("access_token_not_found", "No access token with the ID specified was found")
OTHER_WORLD = (
    "access_token_not_found",
    "The access token you've used is not a valid sandbox API access token",
)
NO_HEADER = (
    "missing_authorization_header",
    "Your request did not include an Authorization header.",
)


class GoCardlessSandbox(EmbeddedProvider):
    """GoCardless: OAuth, and the payments API of some organisations."""

    id = "gocardless"
    faults = FAULTS

    def __init__(self) -> None:
        super().__init__()
        self._ledgers: dict[str, Ledger] = {}
        self._creditor_of: dict[str, str] = {}  # a consent's event → creditor
        self._event_of: dict[str, str] = {}  # an access token → a consent's event

    def ledger(self, creditor: str) -> Ledger:
        """The account of a creditor, by its id."""
        if creditor not in self._ledgers:
            self._ledgers[creditor] = Ledger(creditor, datetime.now(UTC))
        return self._ledgers[creditor]

    def organisations(self, faults: Faults) -> Sequence[Organisation]:
        """What the consent page offers: at GoCardless, whose login it is decides."""
        del faults
        return [Organisation(identity, name) for identity, name in seed.CREDITORS.items()]

    def consented(self, consent: Consent) -> None:
        """Take note of the creditor that the token is for."""
        self._creditor_of[consent.event] = consent.organisations[0]

    def revoked(self, client_id: str, user: str) -> None:
        """Nothing more: the access token itself is taken back."""

    def mint(self, bearer: Bearer, issued: datetime) -> str:
        """An opaque token that names its world."""
        del issued
        token = f"sandbox_{secrets.token_urlsafe(30)}"
        self._event_of[token] = bearer.event
        return token

    def token_answer(self, status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """A token without an end and without a refresh token, and whose it is."""
        if "access_token" not in body:
            return status, body
        creditor = self._creditor_of[self._event_of[body["access_token"]]]
        for name in ("refresh_token", "expires_in"):
            body.pop(name, None)
        organisation = seed.ORGANISATIONS[creditor]
        return status, {**body, "token_type": "bearer", "organisation_id": organisation}

    def handle(self, call: Call) -> Reply:
        """Answer a call to the API."""
        try:
            ledger = self.ledger(self._check_token(call))
            _check_headers(call)
            return _route(call, ledger, call.path.strip("/").split("/"))
        except Refused as refused:
            return refusal(refused)

    def _check_token(self, call: Call) -> str:
        if call.bearer.state == "missing":
            raise Refused(401, *NO_HEADER)
        creditor = self._creditor(call)
        if creditor is None:
            raise Refused(401, *(OTHER_WORLD if _token(call).startswith("live_") else UNKNOWN))
        serial = call.bearer.serial
        revoked = call.faults.on("refresh-token-revoked")
        if call.bearer.state == "revoked" or (revoked and revoked.hits(serial)):
            raise Refused(401, *REVOKED)
        gone = call.faults.on("organisation-disconnected")
        names = (None, creditor, seed.CREDITORS[creditor])
        if gone and gone.params["organisation"] in names and gone.hits(serial):
            raise Refused(401, *DISABLED)
        if call.method != "GET" and call.faults.on("token-read-only"):
            raise Refused(403, "insufficient_permissions", "Insufficient permissions")
        return creditor

    def _creditor(self, call: Call) -> str | None:
        """Whose token it is; it has no lifetime that could be over."""
        if call.bearer.event:
            return self._creditor_of[call.bearer.event]
        return next(iter(seed.CREDITORS)) if _token(call) == seed.DASHBOARD_TOKEN else None

    def broken(self, fault: str) -> Reply:
        """Answers while GoCardless is down."""
        if fault == "html-error-page":
            return Reply(
                502, b"<html><h1>502 Bad Gateway</h1></html>", {"content-type": "text/html"}
            )
        if fault == "server-error":
            return broken(500, "internal_server_error")
        return broken(503, "service_unavailable")

    def limit_key(self, call: Call) -> str | None:
        """Calls count for each integrator of an organisation once the token is known."""
        creditor = self._creditor(call)
        return f"{call.bearer.client_id}/{creditor}" if creditor else None

    def limit_headers(self, allowance: Allowance) -> Mapping[str, str]:
        """What is left of the minute, and when it begins anew: on every answer."""
        wait = timedelta(seconds=allowance.retry_after_s or 60)
        reset = (datetime.now(UTC) + wait).replace(microsecond=0) + timedelta(seconds=1)
        return {
            "ratelimit-limit": str(self.facts.limits.per_minute),
            "ratelimit-remaining": str(max(0, allowance.minute)),
            "ratelimit-reset": format_datetime(reset, usegmt=True),
        }

    def limited(self, allowance: Allowance) -> Reply:
        """A 429; when to come back stands in ratelimit-reset alone."""
        del allowance
        return refusal(Refused(429, "rate_limit_exceeded", "Rate limit exceeded"))

    def authorize_problem(self, reason: str) -> tuple[int, str]:
        """Words of the page; derived."""
        words = {
            "unknown-client": "Client authentication failed: unknown client",
            "redirect-mismatch": "The redirect URI included is not valid",
            "invalid-scope": "The requested scope is invalid, unknown, or malformed",
        }
        return 400, words[reason]

    def state(self) -> dict[str, Any]:
        """Each account that was opened, counted."""
        return {"organisations": [ledger.counted() for ledger in self._ledgers.values()]}


def _token(call: Call) -> str:
    return call.headers.get("authorization", "").partition(" ")[2].strip()


def _check_headers(call: Call) -> None:
    version = call.headers.get("gocardless-version")
    if version is None:
        words = "Your request is missing the required GoCardless-Version header."
        raise Refused(400, "missing_version_header", words)
    if version != VERSION:
        raise Refused(400, "version_not_found", "The API version specified was not found")
    if call.body and "json" not in call.headers.get("content-type", ""):
        words = "The Content-Type header must be application/json"
        raise Refused(415, "unsupported_media_type", words)


def _route(call: Call, ledger: Ledger, parts: list[str]) -> Reply:
    name, rest = parts[0], parts[1:]
    if name == "creditors":
        return _creditors(call, ledger, rest)
    if name not in PREFIXES:
        raise Refused(404, "path_not_found", "The path was not recognised")
    if not rest and call.method == "POST":
        return _made(call, ledger, name)
    if not rest:
        _only(call, "GET")
        found = lists.filtered(call, ledger, name)
        return page(call, name, [ledger.shown(name, x, call.faults, call.now) for x in found])
    element = ledger.one(name, rest[0])
    if len(rest) == 3 and rest[1] == "actions":  # noqa: PLR2004 - /payments/PM1/actions/cancel
        _only(call, "POST")
        resources.act(ledger, call, name, element, rest[2])
    elif len(rest) > 1:
        raise Refused(404, "path_not_found", "The path was not recognised")
    elif call.method == "PUT":
        resources.change(name, element, _fields(call, name))
    else:
        _only(call, "GET")
    return answer(200, {name: ledger.shown(name, element, call.faults, call.now)})


def _creditors(call: Call, ledger: Ledger, rest: list[str]) -> Reply:
    _only(call, "GET")
    creditor = ledger.creditor(call.faults, call.now)
    if not rest:
        return page(call, "creditors", [creditor])
    if rest != [creditor["id"]]:
        raise Refused(404, "resource_not_found", "Resource not found")
    return answer(200, {"creditors": creditor})


def _made(call: Call, ledger: Ledger, name: str) -> Reply:
    key = call.headers.get("idempotency-key")
    ledger.recall(name, key, call.now)
    made = resources.make(ledger, call, name, _fields(call, name))
    ledger.remember(name, key, made, call.now)
    return answer(201, {name: ledger.shown(name, made, call.faults, call.now)})


def _only(call: Call, method: str) -> None:
    if call.method != method:
        raise Refused(405, "method_not_allowed", "Method not allowed")


def _fields(call: Call, name: str) -> Document:
    try:
        body = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        body = None
    fields = body.get(name) if isinstance(body, dict) else None
    if not isinstance(fields, dict):
        raise Refused(400, "invalid_document_structure", "Invalid document structure")
    return fields
