"""The page on which a person allows an app to see an organisation."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape
from starlette.requests import Request as WebRequest
from starlette.responses import HTMLResponse, RedirectResponse, Response

from syncdoctor.sandbox.faults import FaultView
from syncdoctor.sandbox.grants import AuthorizeRefused, Request
from syncdoctor.sandbox.wire import form_of
from syncdoctor.sandbox.world import Room, World

# The page runs no script, is shown in no frame, and sends no address on.
# The form's answer redirects to the app, which is why form-action is not restricted.
SAFE = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
SCOPE_WORDS = {
    "offline_access": "Keep working while you are away",
    "openid": "Know who you are",
    "profile": "See your name",
    "email": "See your email address",
    "accounting.invoices": "View and manage invoices and credit notes",
    "accounting.transactions": "View and manage business transactions",
    "accounting.payments": "View and manage payments",
    "accounting.contacts": "View and manage contacts",
    "accounting.settings": "View and manage organisation settings",
}


def page(world: World, room: Room, request: WebRequest, body: bytes, view: FaultView) -> Response:
    """Show the page, or take the person's answer."""
    if request.method == "POST":
        return _take(world, room, form_of(body), view)
    try:
        asked = room.oauth.ask(dict(request.query_params))
    except AuthorizeRefused as refused:
        status, words = room.provider.authorize_problem(refused.reason)
        return _render("problem.html", status, room, words=words)
    if isinstance(asked, str):
        return _go(asked)
    if view.on("consent-declined"):
        return _go(room.oauth.declined(asked.id) or "/")
    return _show(room, asked, view)


def _show(room: Room, asked: Request, view: FaultView) -> Response:
    return _render(
        "consent.html",
        200,
        room,
        request=asked,
        organisations=room.provider.organisations(view),
        scopes=[SCOPE_WORDS.get(scope, scope) for scope in sorted(asked.scopes)],
        user=room.oauth.user,
    )


def _take(world: World, room: Room, form: dict[str, str], view: FaultView) -> Response:
    request_id = form.get("request", "")
    if form.get("decision") != "allow":
        target = room.oauth.declined(request_id)
        return _go(target) if target else _stale(room)
    offered = {organisation.id for organisation in room.provider.organisations(view)}
    chosen = form.get("organisation", "")
    if chosen not in offered:
        words = f"Choose the {room.facts.organisation_word} to connect, then allow access."
        return _render("problem.html", 400, room, words=words)
    outcome = room.oauth.approved(request_id, (chosen,), world.clock.now())
    if outcome is None:
        return _stale(room)
    consent, target = outcome
    room.provider.consented(consent)
    return _go(target)


def _go(target: str) -> Response:
    return RedirectResponse(target, 302, {"cache-control": "no-store"})


def _stale(room: Room) -> Response:
    words = "This request was answered before. Start again from the app."
    return _render("problem.html", 400, room, words=words)


@cache
def _template(name: str) -> Template:
    loader = PackageLoader("syncdoctor.sandbox")
    environment = Environment(
        loader=loader, autoescape=select_autoescape(default=True), undefined=StrictUndefined
    )
    return environment.get_template(name)


def _render(name: str, status: int, room: Room, **values: Any) -> Response:
    word = room.facts.organisation_word
    html = _template(name).render(provider=room.facts.name, word=word, **values)
    return HTMLResponse(html, status, SAFE)
