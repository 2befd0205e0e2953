"""MYOB's doors: key, token, company file and its own sign-on, and which record is asked for.

Sources, read on 2026-11-22: https://developer.myob.com/api/myob-business-api/api-overview/headers
and /error-messages, the pages of each resource, and https://apisupport.myob.com/hc/en-us/articles/
12861196770447 (the redirect) and 5451932252175 (the sign-on).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

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
from syncdoctor.providers.myob.sandbox import seed
from syncdoctor.providers.myob.sandbox.answers import (
    Refused,
    SignOnRefused,
    answer,
    page,
)
from syncdoctor.providers.myob.sandbox.books import Books
from syncdoctor.providers.myob.sandbox.faults import FAULTS
from syncdoctor.providers.myob.sandbox.resources import ABSENT, METHODS, resource

API = "/accountright/"
MOVED = "moved"  # in the address to which a call was sent on
# https://developer.myob.com/api/myob-business-api/api-overview/scopes/
SCOPES = {
    "": "sme-company-file",
    "CurrentUser": "sme-company-settings",
    "Company": "sme-company-settings",
    "GeneralLedger": "sme-general-ledger",
    "Contact/Customer": "sme-contacts-customer",
    "Contact/Supplier": "sme-contacts-supplier",
    "Sale": "sme-sales",
    "Purchase": "sme-purchases",
}
OLD_SCOPE = "CompanyFile"  # of keys made before 12 March 2025: it opens everything


class MyobSandbox(EmbeddedProvider):
    """MYOB: sign-in and the Business API for some company files."""

    id = "myob"
    faults = FAULTS

    def __init__(self) -> None:
        super().__init__()
        self._books: dict[str, Books] = {}
        self._file_of: dict[str, str] = {}  # a consent's event → company file

    def books(self, identity: str) -> Books:
        """The books of a company file, by its id."""
        if identity not in self._books:
            self._books[identity] = Books(identity)
        return self._books[identity]

    def organisations(self, faults: Faults) -> Sequence[Organisation]:
        """What the consent page offers: one file for each consent."""
        del faults
        return [Organisation(identity, name) for identity, name in seed.FILES.items()]

    def told_in_redirect(self, organisations: tuple[str, ...]) -> Mapping[str, str]:
        """The file, which nothing else tells a key made after 12 March 2025."""
        (identity,) = organisations
        return {"businessId": identity, "businessName": seed.FILES[identity]}

    def consented(self, consent: Consent) -> None:
        """Take note of the file that the consent is for."""
        self._file_of[consent.event] = consent.organisations[0]

    def revoked(self, client_id: str, user: str) -> None:
        """Nothing: MYOB has no door for it."""

    def ended(self, bearer: Bearer, faults: Faults) -> bool:
        """Whether the app's access to the file was taken away since the consent."""
        gone = faults.on("organisation-disconnected")
        identity = self._file_of.get(bearer.event, "")
        names = (None, identity, seed.FILES.get(identity))
        return (
            gone is not None and gone.params["organisation"] in names and gone.hits(bearer.serial)
        )

    def mint(self, bearer: Bearer, issued: datetime) -> str:
        """An opaque token."""
        del bearer, issued
        return "AAEAA" + secrets.token_urlsafe(48)

    def token_answer(self, status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """MYOB's lifetimes are texts, and a user comes along.

        https://developer.myob.com/api/accountright/api-overview/authentication/
        """
        if "access_token" in body:
            user = {"uid": seed.uid("user"), "username": "demo@example.com"}
            return status, {**body, "expires_in": str(body["expires_in"]), "user": user}
        return status, body

    def handle(self, call: Call) -> Reply:
        """Answer a call to the API."""
        try:
            if call.faults.on("redirected") and MOVED not in call.query:
                return _sent_on(call)
            self._check_token(call)
            return self._route(call, _parts(call))
        except Refused as refused:
            return refused.reply()
        except SignOnRefused:
            return answer(401, [{"Message": "Access denied"}])

    def _check_token(self, call: Call) -> None:
        if call.bearer.state == "missing":
            words = "The supplied OAuth token (Bearer) is missing"
            raise Refused(401, "OAuthTokenIsMissing", words, 31002)
        if call.bearer.state != "valid" or self.ended(call.bearer, call.faults):
            raise _not_valid()
        if call.headers.get("x-myobapi-key") != call.bearer.client_id:
            raise Refused(403, "DeveloperInactive", "API key is missing or inactive")
        if call.headers.get("x-myobapi-version") != "v2":
            raise Refused(400, "BadRequest", "The version of the API is not supported")

    def _route(self, call: Call, parts: list[str]) -> Reply:
        base = f"http://{call.headers.get('host', 'localhost')}/{self.id}{API}"
        identity = self._file_of[call.bearer.event]
        if not parts:
            files = [identity] if OLD_SCOPE in call.bearer.scopes else []
            return answer(200, [seed.company_file(one, base) for one in files])
        if parts[0] != identity:
            raise Refused(403, "AccessDenied", "You are not authorised to access this resource")
        _check_sign_on(call)
        _check_scope(call, "/".join(parts[1:]))
        books, rest = self.books(identity), parts[1:]
        if not rest and call.method == "GET":
            file = seed.company_file(identity, base)
            return answer(200, {"CompanyFile": file, "Resources": [f"{base}{identity}/Contact"]})
        lowered = call.faults.on("permission-removed")
        if call.method != "GET" and lowered:
            raise Refused(403, "AccessDenied", "You are not authorised to access this resource")
        return resource(call, books, rest, f"{base}{identity}/{'/'.join(rest)}")

    def broken(self, fault: str) -> Reply:
        """Answers while MYOB is down; the JSON one is that of its page of errors."""
        if fault == "server-error":
            words = "Connection to the API has timed out"
            return Refused(504, "GatewayTimeout", words).reply()
        if fault == "html-error-page":
            return page(502, "Bad Gateway")
        return page(503, "Service Unavailable")

    def limit_key(self, call: Call) -> str | None:
        """Calls count for each key once the token was accepted."""
        return call.bearer.client_id if call.bearer.state == "valid" else None

    def limit_headers(self, allowance: Allowance) -> Mapping[str, str]:
        """MYOB does not tell what is left."""
        del allowance
        return {}

    def limited(self, allowance: Allowance) -> Reply:
        """A 403, not a 429, without saying how long to wait."""
        which = "daily" if allowance.problem == "day" else "per-second"
        words = f"API key has exceeded the {which} rate limit"
        return Refused(403, "RateLimitError", words, details="Header: x-myobapi-key").reply()

    def authorize_problem(self, reason: str) -> tuple[int, str]:
        """Words of the page: https://github.com/davidlumley/myob-api/issues/15."""
        word = "invalid_scope" if reason == "invalid-scope" else "invalid_request"
        return 400, (
            "We have encountered some issue with the request, please try again later or contact "
            f"your app support: {word}"
        )

    def state(self) -> dict[str, Any]:
        """Each company file whose books are open, counted."""
        return {"organisations": [books.counted() for books in self._books.values()]}


def _not_valid() -> Refused:
    words = "The supplied OAuth token (Bearer) is not valid"
    return Refused(401, "OAuthTokenIsInvalid", words, 31001)


def _sent_on(call: Call) -> Reply:
    query = urlencode({**call.query, MOVED: "1"}, quote_via=quote)
    return Reply(307, b"", {"location": f"/myob{call.path}?{query}"})


def _parts(call: Call) -> list[str]:
    if not call.path.startswith(API.rstrip("/")) or call.method not in METHODS:
        raise ABSENT
    return [part for part in call.path[len(API) :].split("/") if part]


def _check_scope(call: Call, path: str) -> None:
    held = set(call.bearer.scopes)
    removed = call.faults.on("scope-removed")
    if removed and removed.hits(call.bearer.serial):
        # Faults are shared by all providers: another one's scope stands for ours.
        scope = str(removed.params["scope"])
        held -= {scope if scope in held else "sme-sales", OLD_SCOPE}
    wanted = next(
        (s for start, s in SCOPES.items() if start and path.startswith(start)), SCOPES[""]
    )
    if wanted not in held and OLD_SCOPE not in held:
        raise _not_valid()  # MYOB says the same as of a token that has expired


def _check_sign_on(call: Call) -> None:
    own = call.faults.on("company-file-sign-on")
    given = call.headers.get("x-myobapi-cftoken")
    wanted = None
    if own:
        pair = f"{own.params['user']}:{own.params['password']}"
        wanted = base64.b64encode(pair.encode()).decode()
    if given != wanted:  # a file with single sign-on refuses the header as well
        raise SignOnRefused
