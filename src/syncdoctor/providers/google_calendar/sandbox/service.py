"""Google's doors: who may come in, with which scopes, and which calendar they mean.

Sources, read on 2026-11-22: https://developers.google.com/workspace/calendar/api/v3/reference with
its guides on sync, errors and quota, and
https://developers.google.com/identity/protocols/oauth2/native-app.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

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
from syncdoctor.providers.google_calendar.sandbox import events, feed, listing, seed
from syncdoctor.providers.google_calendar.sandbox.answers import (
    PROJECT,
    Refused,
    answer,
    not_found,
    page,
)
from syncdoctor.providers.google_calendar.sandbox.calendars import Calendar
from syncdoctor.providers.google_calendar.sandbox.faults import EVENTS_SCOPE, FAULTS

API = "/calendar/v3/"
BY_HAND = "/_person/"  # what a person does in the web page, without a token; the sandbox's own
AUTH = "https://www.googleapis.com/auth/"
ALL = f"{AUTH}calendar"
# Which scopes open a resource, any one of them.
SCOPES = {
    "users": {f"{AUTH}calendar.calendarlist", f"{AUTH}calendar.calendarlist.readonly"},
    "events": {EVENTS_SCOPE},
    "calendars": {f"{AUTH}calendar.calendars", f"{AUTH}calendar.calendars.readonly"},
}


class GoogleCalendarSandbox(EmbeddedProvider):
    """Google: accounts, their calendars and the v3 API."""

    id = "google-calendar"
    faults = FAULTS

    def __init__(self) -> None:
        super().__init__()
        self._account_of: dict[str, str] = {}  # a consent's event → account
        self._calendars: dict[str, Calendar] = {}

    def calendar(self, identity: str) -> Calendar:
        """A calendar by its id.

        Raises:
            Refused: there is none.
        """
        if identity not in self._calendars:
            for account, listed in seed.ACCOUNTS.items():
                if identity in listed:
                    made = Calendar(identity, listed[identity].name, seed.ZONE, account)
                    self._calendars[identity] = made
                    return made
            raise not_found()
        return self._calendars[identity]

    def organisations(self, faults: Faults) -> Sequence[Organisation]:
        """The accounts that a person may sign in with."""
        del faults
        return [Organisation(account, account) for account in seed.ACCOUNTS]

    def consented(self, consent: Consent) -> None:
        """Take note of the account that the token is for."""
        self._account_of[consent.event] = consent.organisations[0]

    def revoked(self, client_id: str, user: str) -> None:
        """Nothing more: the grant itself is ended."""

    def ended(self, bearer: Bearer, faults: Faults) -> bool:
        """Whether the person took the app's access away in the account since the consent."""
        gone = faults.on("organisation-disconnected")
        account = self._account_of.get(bearer.event, "")
        if gone is None or gone.params["organisation"] not in (None, account):
            return False
        return gone.hits(bearer.serial)

    def token_answer(self, status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Google's words: https://developers.google.com/identity/protocols/oauth2."""
        words = {
            "invalid_grant": "Token has been expired or revoked.",
            "invalid_client": "The OAuth client was not found.",
        }
        if (error := body.get("error")) in words:
            return (401 if error == "invalid_client" else status), {
                **body,
                "error_description": words[str(error)],
            }
        return status, body

    def mint(self, bearer: Bearer, issued: datetime) -> str:
        """An opaque token of Google's form."""
        del bearer, issued
        return f"ya29.{secrets.token_urlsafe(64)}"

    def handle(self, call: Call) -> Reply:
        """Answer a call to the API, to a feed, or of a person's own hand."""
        try:
            if call.path.startswith(feed.PATH):
                return self._feed(call)
            if call.path.startswith(BY_HAND):
                return self._by_hand(call)
            parts = _parts(call.path, API)
            account = self._check_token(call, parts)
            return self._route(call, account, parts)
        except Refused as refused:
            return refused.reply()

    def _feed(self, call: Call) -> Reply:
        for listed in seed.ACCOUNTS.values():
            for identity in listed:
                # The web server has taken the path apart already: an @ is no %40 any more.
                if call.path == unquote(feed.address(identity)):
                    return feed.read(call, self.calendar(identity))
        return Reply(404, b"Not Found", {"content-type": "text/plain"})

    def _by_hand(self, call: Call) -> Reply:
        parts = _parts(call.path, BY_HAND)
        if parts[0] != "calendars" or len(parts) < 3:  # noqa: PLR2004 - calendars/ID/events
            raise not_found()
        return events.answered(call, self.calendar(parts[1]), parts[3:])

    def _check_token(self, call: Call, parts: list[str]) -> str:
        if call.bearer.state == "missing":
            words = "Request is missing required authentication credential."
            raise Refused(401, "required", words, location="Authorization")
        if call.bearer.state != "valid" or self.ended(call.bearer, call.faults):
            raise Refused(401, "authError", "Invalid Credentials", location="Authorization")
        if call.faults.on("api-not-enabled"):
            words = f"Google Calendar API has not been used in project {PROJECT} before or it is"
            words += " disabled."
            more = {"domain": "usageLimits", "detail": "SERVICE_DISABLED"}
            raise Refused(403, "accessNotConfigured", words, **more)
        self._check_scope(call, parts)
        return self._account_of[call.bearer.event]

    def _check_scope(self, call: Call, parts: list[str]) -> None:
        held = set(call.bearer.scopes)
        removed = call.faults.on("scope-removed")
        if removed and removed.hits(call.bearer.serial):
            # Faults are shared by all providers: another one's scope stands for ours.
            scope = str(removed.params["scope"])
            held.discard(scope if scope in held else EVENTS_SCOPE)
        resource = "events" if "events" in parts else parts[0]
        if held.isdisjoint(SCOPES.get(resource, set()) | {ALL}):
            words = "Request had insufficient authentication scopes."
            detail = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
            raise Refused(403, "insufficientPermissions", words, detail=detail)

    def _route(self, call: Call, account: str, parts: list[str]) -> Reply:
        shown = listing.shown(account, call.faults)
        if parts[:3] == ["users", "me", "calendarList"]:
            return listing.answered(call, shown, parts[3:])
        if parts[0] != "calendars" or len(parts) < 2 or len(parts) > 4:  # noqa: PLR2004
            raise not_found()
        identity = account if parts[1] == "primary" else parts[1]
        if identity not in shown:
            raise not_found()
        calendar = self.calendar(identity)
        if parts[2:] == []:
            return answer(200, listing.calendar(calendar))
        if parts[2] != "events":
            raise not_found()
        if call.method != "GET":
            _check_writing(call, shown[identity].role)
        return events.answered(call, calendar, parts[3:], shown[identity].role)

    def broken(self, fault: str) -> Reply:
        """Answers while Google is down; 500 as the guide on errors shows it."""
        if fault == "server-error":
            return Refused(500, "backendError", "Backend Error").reply()
        if fault == "html-error-page":
            return page(502, "Server Error")
        return Refused(503, "backendError", "The service is currently unavailable.").reply()

    def limit_key(self, call: Call) -> str | None:
        """Calls count for each account and app once the token was accepted."""
        if call.bearer.state != "valid":
            return None
        return f"{call.bearer.client_id}/{self._account_of[call.bearer.event]}"

    def limit_headers(self, allowance: Allowance) -> Mapping[str, str]:
        """Google does not tell what is left."""
        del allowance
        return {}

    def limited(self, allowance: Allowance) -> Reply:
        """A 403 of the guide on errors; that it says how long to wait is the sandbox's own."""
        refused = Refused(403, "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits")
        reply = refused.reply()
        wait = {"retry-after": str(allowance.retry_after_s)} if allowance.retry_after_s else {}
        return Reply(reply.status, reply.body, {**reply.headers, **wait})

    def authorize_problem(self, reason: str) -> tuple[int, str]:
        """The codes of https://developers.google.com/identity/protocols/oauth2/native-app."""
        words = {
            "unknown-client": "Error 401: invalid_client",
            "redirect-mismatch": "Error 400: redirect_uri_mismatch",
            "invalid-scope": "Error 400: invalid_scope",
        }
        return int(words[reason].split()[1].rstrip(":")), words[reason]

    def notes(self, base: str) -> Sequence[str]:
        """What is worth knowing besides the URLs: the feed, and how to be the person."""
        room = f"{base}/{self.id}"
        bookings = f"{room}{BY_HAND}calendars/{seed.BOOKINGS}/events"
        return (
            f"The secret iCal address of {seed.ACCOUNTS[seed.DEMO][seed.BOOKINGS].name}: "
            f"{room}{feed.address(seed.BOOKINGS)}",
            f"To edit events as a person would: curl {bookings} (GET, POST, PATCH, DELETE)",
        )

    def state(self) -> dict[str, Any]:
        """Each calendar that was opened, its titles counted."""
        return {
            "calendars": [
                {"id": one.id, "name": one.name, "events": one.counted()}
                for one in self._calendars.values()
            ]
        }


def _parts(path: str, prefix: str) -> list[str]:
    if not path.startswith(prefix):
        raise not_found()
    return path[len(prefix) :].strip("/").split("/")


def _check_writing(call: Call, role: str) -> None:
    if call.faults.on("calendar-usage-limits"):
        words = "Calendar usage limits exceeded."
        raise Refused(403, "quotaExceeded", words, domain="usageLimits")
    if role not in ("owner", "writer"):
        words = "You need to have writer access to this calendar."
        raise Refused(403, "requiredAccessLevel", words, domain="calendar")
