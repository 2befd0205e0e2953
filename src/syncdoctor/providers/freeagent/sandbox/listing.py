"""Lists of contacts and documents: views, filters, orders; and elements as they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from syncdoctor.providers.common.embedded import Call, Reply
from syncdoctor.providers.freeagent.sandbox.answers import Document, Refused, listed
from syncdoctor.providers.freeagent.sandbox.books import Books, display_name
from syncdoctor.providers.freeagent.sandbox.documents import DRAFT, Kind

LINKS = frozenset({"url", "contact", "category"})
# https://dev.freeagent.com/docs/contacts, /docs/invoices: those of the views that are served
CONTACT_VIEWS: Mapping[str, Callable[[Document], bool]] = {
    "all": lambda _: True,
    "active": lambda contact: contact["status"] == "Active",
    "hidden": lambda contact: contact["status"] == "Hidden",
}
DOCUMENT_VIEWS: Mapping[str, Callable[[Document], bool]] = {
    "all": lambda _: True,
    "draft": lambda document: document["status"] == DRAFT,
    "open": lambda document: document["status"] == "Open",
    "overdue": lambda document: document["status"] == "Overdue",
    "open_or_overdue": lambda document: document["status"] in ("Open", "Overdue"),
    "paid": lambda document: document["status"] == "Paid",
    "refunded": lambda document: document["status"] == "Refunded",
}


def contacts(call: Call, books: Books, base: str) -> Reply:
    """A page of contacts; only active ones unless another view is asked for."""
    chosen = _viewed(call, CONTACT_VIEWS, "active", list(books.contacts.values()))
    order = call.query.get("sort", "name")
    key = display_name if order.removeprefix("-") == "name" else None
    elements = [whole(contact, base) for contact in _sorted(chosen, order, key)]
    return listed(call, base, "contacts", elements, path="contacts")


def documents(call: Call, books: Books, kind: Kind, base: str) -> Reply:
    """A page of invoices or credit notes, with their lines where they are asked for."""
    chosen = _viewed(call, DOCUMENT_VIEWS, "all", list(books.documents[kind.path].values()))
    if contact := call.query.get("contact"):
        wanted = f"contacts/{contact.rpartition('/')[2]}"
        chosen = [document for document in chosen if document["contact"] == wanted]
    nested = call.query.get(f"nested_{kind.items}") == "true"
    elements = []
    for document in _sorted(chosen, call.query.get("sort", "created_at"), None):
        element = shown(document, call.now)
        if not nested:
            del element[kind.items]
        elements.append(whole(element, base))
    return listed(call, base, kind.path, elements, path=kind.path)


def shown(document: Document, now: datetime) -> Document:
    """A document with its status told in words."""
    days = (date.fromisoformat(document["due_on"]) - now.date()).days
    words = document["status"]
    if words in ("Open", "Overdue"):
        words = f"{words} \u2013 due {f'in {days} days' if days >= 0 else f'{-days} days ago'}"
    return {**document, "long_status": words}


def whole(value: Any, base: str, name: str = "") -> Any:
    """The same with every address made whole."""
    if isinstance(value, Mapping):
        return {key: whole(inner, base, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner, base) for inner in value]
    return f"{base}{value}" if name in LINKS and isinstance(value, str) else value


def _viewed(
    call: Call,
    views: Mapping[str, Callable[[Document], bool]],
    default: str,
    every: list[Document],
) -> list[Document]:
    view = views.get(call.query.get("view", default))
    if view is None:
        raise Refused(400, "Invalid view")
    since = call.query.get("updated_since", "")
    return [one for one in every if view(one) and str(one["updated_at"]) >= since]


def _sorted(
    every: list[Document], order: str, key: Callable[[Document], str] | None
) -> list[Document]:
    """In the order asked for; what came at one time stays in the order of its making."""
    field = order.removeprefix("-")
    if key is None and field not in ("created_at", "updated_at"):
        raise Refused(400, "Invalid sort")
    told = key or (lambda one: str(one[field]))
    ordered = sorted(every, key=told)
    return ordered[::-1] if order.startswith("-") else ordered
