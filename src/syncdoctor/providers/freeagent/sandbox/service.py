"""FreeAgent's doors: who may come in, with which access level, and which record they ask for.

Sources, read on 2026-11-22: https://dev.freeagent.com/docs/introduction, /docs/oauth and the pages
of each resource; errors: https://api-discuss.freeagent.com/t/list-of-api-error-responses/2809.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
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
from syncdoctor.providers.freeagent.sandbox import bills, documents, listing, seed
from syncdoctor.providers.freeagent.sandbox.answers import Document, Refused, answer, page, refusal
from syncdoctor.providers.freeagent.sandbox.books import Books
from syncdoctor.providers.freeagent.sandbox.faults import FAULTS

API = "/v2/"
FULL = 8
# The least access level of each resource, as its page says.
LEVELS = {
    "company": 1,
    "users": 1,
    "contacts": 1,
    "categories": 2,
    "invoices": 4,
    "credit_notes": 4,
    "bills": 5,
}
DOCUMENTS = {kind.path: kind for kind in (documents.INVOICES, documents.CREDIT_NOTES, bills.BILLS)}
TRANSITIONS: Mapping[str, Callable[[Books, Call, documents.Kind, Document], None]] = {
    "mark_as_sent": documents.mark_as_sent,
    "mark_as_draft": documents.mark_as_draft,
}
NOT_FOUND = "Resource not found"


class FreeAgentSandbox(EmbeddedProvider):
    """FreeAgent: OAuth and the company API for some companies."""

    id = "freeagent"
    faults = FAULTS

    def __init__(self) -> None:
        super().__init__()
        self._books: dict[str, Books] = {}
        self._company_of: dict[str, str] = {}  # a consent's event → company

    def books(self, company: str) -> Books:
        """The books of a company, by its id."""
        if company not in self._books:
            self._books[company] = Books(company, datetime.now(UTC))
        return self._books[company]

    def organisations(self, faults: Faults) -> Sequence[Organisation]:
        """What the consent page offers: at FreeAgent, whose login it is decides."""
        del faults
        return [Organisation(identity, name) for identity, name in seed.COMPANIES.items()]

    def consented(self, consent: Consent) -> None:
        """Take note of the company that the token is for."""
        self._company_of[consent.event] = consent.organisations[0]

    def revoked(self, client_id: str, user: str) -> None:
        """Nothing: FreeAgent has no door for it."""

    def ended(self, bearer: Bearer, faults: Faults) -> bool:
        """Whether the app was disconnected in the company since the consent."""
        gone = faults.on("organisation-disconnected")
        company = self._company_of.get(bearer.event, "")
        if gone is None or gone.params["organisation"] not in (
            None,
            company,
            seed.COMPANIES[company],
        ):
            return False
        return gone.hits(bearer.serial)

    def mint(self, bearer: Bearer, issued: datetime) -> str:
        """An opaque token."""
        del bearer, issued
        return secrets.token_urlsafe(32)

    def token_answer(self, status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The fields of https://dev.freeagent.com/docs/oauth.

        401 for a wrong client: https://github.com/alekc/freeagent/blob/HEAD/errors_test.go.
        """
        if "access_token" in body:
            days = self.facts.oauth.refresh_lifetime_days or 0
            lifetime = {"refresh_token_expires_in": days * 86_400}
            return status, {**body, "token_type": "bearer", **lifetime}
        return (401 if body.get("error") == "invalid_client" else status), body

    def handle(self, call: Call) -> Reply:
        """Answer a call to the API."""
        try:
            books, parts = self.books(self._check_token(call)), _parts(call)
            reply = self._route(call, books, parts, self._check_level(call, parts[0]))
        except Refused as refused:
            return refusal(call, refused)
        if call.method == "POST" and call.faults.on("gateway-timeout"):
            return page(504, "Gateway Time-out")
        return reply

    def _check_token(self, call: Call) -> str:
        if not call.headers.get("user-agent"):
            raise Refused(400, "A User-Agent header must be specified")
        if call.bearer.state == "missing":
            raise Refused(401, "Missing access token")
        if call.bearer.state != "valid" or self.ended(call.bearer, call.faults):
            raise Refused(401, "Access token not recognised")
        return self._company_of[call.bearer.event]

    def _check_level(self, call: Call, resource: str) -> int:
        """The person's access level, which must be enough for the resource."""
        lowered = call.faults.on("permission-removed")
        level = int(lowered.params["level"]) if lowered else FULL
        if level < LEVELS[resource]:
            raise Refused(403, "You are not allowed to access this action.")
        return level

    def _route(self, call: Call, books: Books, parts: list[str], level: int) -> Reply:
        base = f"http://{call.headers.get('host', 'localhost')}/{self.id}{API}"
        first, rest = parts[0], parts[1:]
        if first in ("company", "users", "categories"):
            if call.method != "GET":
                raise Refused(405, "Method not allowed")
            return answer(call, 200, listing.whole(self._shown(call, books, parts, level), base))
        if first == "contacts":
            return _contacts(call, books, rest, base)
        return _documents(call, books, DOCUMENTS[first], rest, base)

    def _shown(self, call: Call, books: Books, parts: list[str], level: int) -> Document:
        if parts == ["company"]:
            return {"company": seed.company(books.id)}
        if parts == ["users", "me"]:
            return {"user": _user(level)}
        if parts == ["categories"]:
            return dict(books.categories(call.faults))
        found = books.category(parts[1], call.faults) if parts[0] == "categories" else None
        if found is None or len(parts) > 2:  # noqa: PLR2004 - /categories/001
            raise Refused(404, NOT_FOUND)
        return {found[0]: found[1]}

    def broken(self, fault: str) -> Reply:
        """Answers while FreeAgent is down; derived, since none is documented."""
        if fault == "server-error":
            return page(500, "Internal Server Error")
        if fault == "html-error-page":
            return page(502, "Bad Gateway")
        return page(503, "Service Unavailable")

    def limit_key(self, call: Call) -> str | None:
        """Calls count for each user of a company once the token was accepted."""
        if call.bearer.state != "valid":
            return None
        return f"{call.bearer.client_id}/{call.bearer.user}/{self._company_of[call.bearer.event]}"

    def limit_headers(self, allowance: Allowance) -> Mapping[str, str]:
        """FreeAgent does not tell what is left."""
        del allowance
        return {}

    def limited(self, allowance: Allowance) -> Reply:
        """A 429 in plain text, as https://dev.freeagent.com/docs/introduction shows it."""
        limits = self.facts.limits
        number, seconds = limits.per_minute, 60
        if allowance.problem == "hour":
            number, seconds = limits.per_hour, 3_600
        words = f"You must not exceed {number} requests per {seconds} seconds"
        headers = {"content-type": "text/plain", "retry-after": str(allowance.retry_after_s)}
        return Reply(429, words.encode(), headers)

    def authorize_problem(self, reason: str) -> tuple[int, str]:
        """Words of the page; derived."""
        words = {
            "unknown-client": "Unknown client",
            "redirect-mismatch": "The redirect URI is not registered for this app",
            "invalid-scope": "The scope is not valid",
        }
        return 400, words[reason]

    def state(self) -> dict[str, Any]:
        """Each company whose books are open, counted."""
        return {"organisations": [books.counted() for books in self._books.values()]}


def _parts(call: Call) -> list[str]:
    """The path below the API's own, whose first part is a resource that is served."""
    parts = call.path[len(API) :].strip("/").split("/")
    if not call.path.startswith(API) or parts[0] not in LEVELS:
        raise Refused(404, NOT_FOUND)
    return parts


def _user(level: int) -> Document:
    return {
        "url": "users/1",
        "first_name": "Demo",
        "last_name": "User",
        "email": "demo@example.com",
        "role": "Director",
        "permission_level": level,
        "opening_mileage": 0,
        "updated_at": "2026-01-05T09:00:00.000Z",
        "created_at": "2026-01-05T09:00:00.000Z",
    }


def _contacts(call: Call, books: Books, rest: list[str], base: str) -> Reply:
    if not rest:
        if call.method == "GET":
            return listing.contacts(call, books, base)
        fields = _fields(call, "contact")
        if not (fields.get("organisation_name") or fields.get("first_name")):
            raise Refused(422, "organisation_name can't be blank")
        made = books.add_contact(fields, call.now)
        return _made(call, "contact", made, base)
    contact = books.contacts.get(int(rest[0])) if rest[0].isdigit() and len(rest) == 1 else None
    if contact is None:
        raise Refused(404, NOT_FOUND)
    if call.method == "GET":
        return answer(call, 200, listing.whole({"contact": contact}, base))
    if call.method != "PUT":
        raise Refused(405, "Method not allowed")
    books.change_contact(contact, _fields(call, "contact"), call.now)
    return Reply(200)


def _documents(call: Call, books: Books, kind: documents.Kind, rest: list[str], base: str) -> Reply:
    if not rest:
        if call.method == "GET":
            return listing.documents(call, books, kind, base)
        make = bills.make if kind is bills.BILLS else documents.make
        made = make(books, call, kind, _fields(call, kind.element))
        return _made(call, kind.element, listing.shown(made, call.now), base)
    found = books.documents[kind.path].get(int(rest[0])) if rest[0].isdigit() else None
    if found is None:
        raise Refused(404, NOT_FOUND)
    if len(rest) == 1 and call.method == "GET":
        element = listing.shown(found, call.now)
        return answer(call, 200, listing.whole({kind.element: element}, base))
    if len(rest) == 1 and call.method == "DELETE":
        del books.documents[kind.path][int(rest[0])]
        return Reply(200)
    if call.method != "PUT":
        raise Refused(405, "Method not allowed")
    if len(rest) == 1:
        change = bills.change if kind is bills.BILLS else documents.change
        change(books, call, kind, found, _fields(call, kind.element))
    elif kind is not bills.BILLS and rest[1] == "transitions" and rest[-1] in TRANSITIONS:
        TRANSITIONS[rest[-1]](books, call, kind, found)
    else:
        raise Refused(404, NOT_FOUND)
    return Reply(200)  # the documentation shows a status and no body


def _made(call: Call, element: str, made: Document, base: str) -> Reply:
    body = listing.whole({element: made}, base)
    return answer(call, 201, body, {"location": body[element]["url"]})


def _fields(call: Call, element: str) -> Document:
    if call.method not in ("POST", "PUT"):
        raise Refused(405, "Method not allowed")
    try:
        body = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        raise Refused(400, "There was a problem in the JSON you submitted: malformed") from None
    fields = body.get(element) if isinstance(body, dict) else None
    if not isinstance(fields, dict):
        raise Refused(400, f"param is missing or the value is empty: {element}")
    return fields
