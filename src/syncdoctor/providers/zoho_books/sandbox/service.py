"""Zoho's doors: who may come in, which organisation they mean, and which record they ask for.

Sources, read on 2026-11-22: https://www.zoho.com/books/api/v3/introduction/ with the pages of each
resource, https://www.zoho.com/books/api/v3/oauth/ and
https://zoho.com/accounts/protocol/oauth/multi-dc/client-authorization.html.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import orjson

from syncdoctor.engine.adapter import folded
from syncdoctor.model import Organisation
from syncdoctor.providers.common.embedded import (
    TOO_OFTEN,
    Allowance,
    Bearer,
    Call,
    Consent,
    EmbeddedProvider,
    Faults,
    Reply,
)
from syncdoctor.providers.zoho_books.sandbox import documents, seed
from syncdoctor.providers.zoho_books.sandbox.answers import (
    Document,
    Refused,
    answer,
    done,
    listed,
    missing,
    page,
)
from syncdoctor.providers.zoho_books.sandbox.books import Books
from syncdoctor.providers.zoho_books.sandbox.faults import FAULTS

API = "/books/v3/"
# Which word of a scope opens a resource: https://www.zoho.com/books/api/v3/oauth/
SCOPES = {
    "organizations": "settings",
    "users": "settings",
    "chartofaccounts": "accountants",
    "settings": "settings",
    "contacts": "contacts",
    "invoices": "invoices",
    "creditnotes": "creditnotes",
    "bills": "bills",
}
METHODS = {"GET": "READ", "POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}
UNAUTHORISED = "You are not authorized to perform this operation"
# What the accounts server calls the errors of RFC 6749; it tells them with a good status.
# https://www.zoho.com/books/api/v3/oauth/
ERRORS = {"invalid_grant": "invalid_code"}
# https://zoho.com/accounts/protocol/oauth/token-limits.html
TOO_MANY_TOKENS = {
    "error_description": (
        "You have made too many requests continuously. Please try again after some time."
    ),
    "error": "Access Denied",
    "status": "failure",
}


class ZohoBooksSandbox(EmbeddedProvider):
    """Zoho Books: accounts server, organisations and the v3 API."""

    id = "zoho-books"
    faults = FAULTS
    redirected: ClassVar[Mapping[str, str]] = {
        "location": "us",
        "accounts-server": "https://accounts.zoho.com",
    }

    def __init__(self) -> None:
        super().__init__()
        self._books: dict[str, Books] = {}
        self._joined: dict[tuple[str, str, str], int] = {}  # app, person, organisation → serial

    def books(self, organisation: str) -> Books:
        """The books of an organisation, by its id."""
        if organisation not in self._books:
            self._books[organisation] = Books(organisation)
        return self._books[organisation]

    def organisations(self, faults: Faults) -> Sequence[Organisation]:
        """What the consent page offers."""
        del faults
        return [Organisation(identity, name) for identity, name in seed.ORGANISATIONS.items()]

    def consented(self, consent: Consent) -> None:
        """Let the app into the organisations that the person chose."""
        for organisation in consent.organisations:
            self._joined[consent.client_id, consent.user, organisation] = consent.serial

    def revoked(self, client_id: str, user: str) -> None:
        """Nothing: a revocation ends that one refresh token and what came of it."""

    def token_answer(self, status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The fields of https://www.zoho.com/books/api/v3/oauth/; an error has status 200."""
        if "access_token" in body:
            return status, {**body, "api_domain": "https://www.zohoapis.com"}
        if body.get("error") == TOO_OFTEN:
            return 400, TOO_MANY_TOKENS
        if "error" in body:
            return 200, {"error": ERRORS.get(body["error"], body["error"])}
        return status, {"status": "success"}

    def mint(self, bearer: Bearer, issued: datetime) -> str:
        """An opaque token of Zoho's form."""
        del bearer, issued
        return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"

    def handle(self, call: Call) -> Reply:
        """Answer a call to the API."""
        try:
            parts = _parts(call)
            self._check_token(call, parts)
            if parts == ["organizations"]:
                return self._organisations(call)
            return self._route(call, self._check_organisation(call), parts)
        except Refused as refused:
            return refused.reply()

    def _check_token(self, call: Call, parts: list[str]) -> None:
        if call.bearer.state != "valid":
            raise Refused(401, 14, "Invalid value passed for authtoken.")
        held = set(call.bearer.scopes)
        removed = call.faults.on("scope-removed")
        if removed and removed.hits(call.bearer.serial):
            # Faults are shared by all providers: another one's scope stands for ours.
            scope = str(removed.params["scope"])
            held.discard(scope if scope in held else "ZohoBooks.invoices.ALL")
        word = SCOPES[parts[0]]
        enough = {f"ZohoBooks.{word}.{METHODS[call.method]}", f"ZohoBooks.{word}.ALL"}
        if held.isdisjoint(enough | {"ZohoBooks.fullaccess.all"}):
            raise Refused(401, 57, UNAUTHORISED)

    def _organisations(self, call: Call) -> Reply:
        shown = [
            seed.organisation(organisation)
            for client, user, organisation in self._joined
            if (client, user) == (call.bearer.client_id, call.bearer.user)
            and self._is_joined(call, organisation)
        ]
        return done({"organizations": shown})

    def _is_joined(self, call: Call, organisation: str) -> bool:
        key = (call.bearer.client_id, call.bearer.user, organisation)
        serial = self._joined.get(key)
        gone = call.faults.on("organisation-disconnected")
        if serial is None:
            return False
        names = (None, organisation, seed.ORGANISATIONS[organisation])
        return gone is None or gone.params["organisation"] not in names or not gone.hits(serial)

    def _check_organisation(self, call: Call) -> Books:
        organisation = call.query.get("organization_id", "")
        if not self._is_joined(call, organisation):
            words = f"This user is not associated with the CompanyID/CompanyName:{organisation}."
            raise Refused(400, 6041, words)
        return self.books(organisation)

    def _route(self, call: Call, books: Books, parts: list[str]) -> Reply:
        lowered = call.faults.on("permission-removed")
        if parts == ["users", "me"]:
            return done({"user": seed.user("timesheetstaff" if lowered else "admin")})
        if parts == ["chartofaccounts"] and call.method == "GET":
            return listed(call, "chartofaccounts", books.accounts(call.faults))
        if parts == ["settings", "taxes"] and call.method == "GET":
            return listed(call, "taxes", seed.taxes())
        if parts == ["settings", "currencies"] and call.method == "GET":
            return listed(call, "currencies", seed.currencies())
        if lowered and call.method != "GET":
            words = "You do not have permission to perform this action."
            raise Refused(403, 1008, f"{words} Contact your administrator.")
        if parts[0] == "contacts":
            return _contacts(call, books, parts[1:])
        if parts[0] in documents.KINDS:
            return _documents(call, books, documents.KINDS[parts[0]], parts[1:])
        raise Refused(404, 5, "Invalid URL Passed")

    def broken(self, fault: str) -> Reply:
        """Answers while Zoho is down; the 500 is that of its page of errors."""
        if fault == "server-error":
            return Refused(500, 1000, "Internal error").reply()
        if fault == "html-error-page":
            return page(502, "Bad Gateway")
        return page(503, "Service Unavailable")

    def limit_key(self, call: Call) -> str | None:
        """Calls count for each organisation once the token was accepted."""
        organisation = call.query.get("organization_id")
        return organisation if call.bearer.state == "valid" else None

    def limit_headers(self, allowance: Allowance) -> Mapping[str, str]:
        """What is left of the day."""
        return {
            "x-rate-limit-limit": str(self.facts.limits.per_day),
            "x-rate-limit-remaining": str(allowance.day),
        }

    def limited(self, allowance: Allowance) -> Reply:
        """A 429 with the code of the limit: https://www.zoho.com/books/api/v3/introduction/."""
        code, words = {
            "day": (45, "You have exceeded the maximum call rate limit of 1000."),
            "concurrent": (1070, "You have reached the maximum number of in process requests."),
        }.get(
            str(allowance.problem),
            (
                44,
                "For security reasons you have been blocked for some time as you have exceeded "
                "the maximum number of requests per minute that can be sent from one account.",
            ),
        )
        headers = {"retry-after": str(allowance.retry_after_s)} if allowance.retry_after_s else {}
        return answer(429, {"code": code, "message": words}, headers)

    def authorize_problem(self, reason: str) -> tuple[int, str]:
        """Words of the page; derived from the codes of https://www.zoho.com/books/api/v3/oauth/."""
        words = {
            "unknown-client": "invalid_client",
            "redirect-mismatch": "invalid_redirect_uri",
            "invalid-scope": "invalid_scope",
        }
        return 400, words[reason]

    def state(self) -> dict[str, Any]:
        """Each organisation whose books are open, counted."""
        return {"organisations": [books.counted() for books in self._books.values()]}


def _parts(call: Call) -> list[str]:
    """The path below the API's own, whose first part is a resource that is served."""
    parts = call.path[len(API) :].strip("/").split("/")
    if not call.path.startswith(API) or parts[0] not in SCOPES or call.method not in METHODS:
        raise Refused(404, 5, "Invalid URL Passed")
    return parts


def _fields(call: Call) -> Document:
    try:
        fields = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        raise Refused(400, 1038, "JSON is not well formed") from None
    if not isinstance(fields, dict):
        raise Refused(400, 1038, "JSON is not well formed")
    return fields


def _contacts(call: Call, books: Books, rest: list[str]) -> Reply:
    if rest:
        contact = books.contacts.get(rest[0])
        if contact is None or len(rest) > 1:
            raise missing("Contact")
        if call.method != "GET":
            raise Refused(405, 37, "The HTTP method is not allowed for the requested resource")
        return done({"contact": contact})
    if call.method == "GET":
        return listed(call, "contacts", _named(call, "contact_name", books.contacts))
    fields = _fields(call)
    if not str(fields.get("contact_name") or "").strip():
        raise Refused(400, 2, "Please enter the contact name.")
    return done({"contact": books.add_contact(fields)}, "The contact has been created.", 201)


def _documents(call: Call, books: Books, kind: documents.Kind, rest: list[str]) -> Reply:
    shelf = books.documents[kind.path]
    if not rest:
        if call.method == "GET":
            found = _named(call, kind.number, shelf)
            return listed(call, kind.path, [documents.head(one) for one in found])
        made = documents.make(books, call, kind, _fields(call))
        return done({kind.element: made}, f"The {kind.word.lower()} has been created.", 201)
    document = shelf.get(rest[0])
    if document is None:
        raise missing(kind.word)
    if rest[1:2] == ["status"] and len(rest) == 3 and call.method == "POST":  # noqa: PLR2004
        return done({}, documents.set_status(books, call, kind, document, rest[2]))
    if len(rest) == 1 and call.method == "GET":
        return done({kind.element: document})
    if len(rest) == 1 and call.method == "PUT":
        changed = documents.change(books, call, kind, document, _fields(call))
        return done({kind.element: changed}, f"{kind.word} information has been updated.")
    if len(rest) == 1 and call.method == "DELETE":
        del shelf[rest[0]]
        return done({}, f"The {kind.word.lower()} has been deleted.")
    raise Refused(405, 37, "The HTTP method is not allowed for the requested resource")


def _named(call: Call, field: str, shelf: Mapping[str, Document]) -> list[Document]:
    wanted = call.query.get(field)
    return [one for one in shelf.values() if wanted is None or folded(one[field]) == folded(wanted)]
