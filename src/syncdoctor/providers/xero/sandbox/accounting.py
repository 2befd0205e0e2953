"""The accounting API: reading lists and records, writing batches, replaying idempotent writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from syncdoctor.providers.common.embedded import Call, Reply
from syncdoctor.providers.xero.sandbox import contacts, query, reading, seed
from syncdoctor.providers.xero.sandbox.answers import (
    NO_ID,
    Document,
    Refused,
    envelope,
    exception,
    messages,
    not_found,
    validation,
)
from syncdoctor.providers.xero.sandbox.books import Books, Shelf
from syncdoctor.providers.xero.sandbox.documents import KINDS, Writing

# https://developer.xero.com/documentation/guides/idempotent-requests/idempotency/ (2026-11-22)
KEY_LIFETIME = timedelta(minutes=6)
LONGEST_KEY = 128


@dataclass(frozen=True, slots=True)
class Remembered:
    """The first answer to an idempotency key."""

    request: bytes
    reply: Reply
    at: datetime


class Accounting:
    """Writes to the accounting API, each at most once for an idempotency key."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Remembered] = {}

    def write(self, books: Books, call: Call, resource: str, rest: str) -> Reply:
        """Answer a POST or a PUT."""
        if call.method not in ("POST", "PUT") or resource not in (*KINDS, "Contacts"):
            return Reply(405, headers={"allow": "GET"})
        key = call.headers.get("idempotency-key")
        if not key:
            return _write(books, call, resource, rest)
        if len(key) > LONGEST_KEY:
            return exception(10, "ValidationException", "Idempotency Key is too long.")
        return self._once(books, call, resource, rest, key)

    def _once(self, books: Books, call: Call, resource: str, rest: str, key: str) -> Reply:
        self._forget(call.now)
        parts = (call.method, call.path, repr(sorted(call.query.items())), books.id)
        request = sha256("\n".join(parts).encode() + call.body).digest()
        known = self._answers.get((call.bearer.client_id, key))
        if known is None:
            try:
                reply = _write(books, call, resource, rest)
            except Refused as refused:
                reply = refused.reply
            self._answers[call.bearer.client_id, key] = Remembered(request, reply, call.now)
            return reply
        if known.request == request:
            return known.reply
        # The words: published for the guide named above; the envelope is derived.
        message = f"Idempotency Key: {key} is used with a different request."
        return exception(10, "ValidationException", message, Elements=[])

    def _forget(self, now: datetime) -> None:
        # Keys are kept in the order of their first use, so the old ones come first.
        for key, known in list(self._answers.items()):
            if now - known.at < KEY_LIFETIME:
                return
            del self._answers[key]


def _write(books: Books, call: Call, resource: str, rest: str) -> Reply:
    elements = reading.elements(call.body, resource)
    if rest:
        field = "ContactID" if resource == "Contacts" else KINDS[resource].id
        elements = [{**element, field: rest} for element in elements[:1]]
    apart = call.query.get("summarizeErrors", "").lower() == "false"
    if resource == "Contacts":
        return _write_contacts(books, call, elements, apart=apart)
    places = Decimal("0.0001") if call.query.get("unitdp") == "4" else Decimal("0.01")
    kind = KINDS[resource]
    writing = Writing(books, kind, call.faults, call.now, call.method == "PUT", places)
    return _batch(
        call,
        resource,
        elements,
        writing.errors,
        writing.save,
        lambda element, errors: _refused_document(element, errors, kind.id),
        apart=apart,
    )


def _write_contacts(books: Books, call: Call, elements: list[Document], *, apart: bool) -> Reply:
    create = call.method == "PUT"
    names: set[str] = set()

    def errors(element: Document) -> list[str]:
        found = contacts.errors(books, element, create=create)
        name = str(element.get("Name") or "").casefold()
        if create and name in names and not found:
            found = [contacts.taken(element)]
        names.add(name)
        return found

    return _batch(
        call,
        "Contacts",
        elements,
        errors,
        lambda element: contacts.save(books, element, call.now),
        _refused_contact,
        apart=apart,
    )


def _batch(
    call: Call,
    name: str,
    elements: list[Document],
    errors: Callable[[Document], list[str]],
    save: Callable[[Document], Document],
    refused: Callable[[Document, list[str]], Document],
    *,
    apart: bool,
) -> Reply:
    """Write a batch: all or nothing, or, with ``summarizeErrors=false``, each for itself."""
    if not apart:
        wrong = [refused(e, found) for e in elements if (found := errors(e))]
        if wrong:
            return validation(wrong)
        return envelope(call, name, [_copy(save(element)) for element in elements])
    answered = []
    for element in elements:
        if found := errors(element):
            answered.append({**refused(element, found), "StatusAttributeString": "ERROR"})
        else:
            answered.append({**_copy(save(element)), "StatusAttributeString": "OK"})
    return envelope(call, name, answered)


def _copy(document: Document) -> Document:
    return dict(document)


def _refused_document(element: Document, errors: list[str], identifier: str) -> Document:
    return {
        **element,
        identifier: element.get(identifier, NO_ID),
        "HasErrors": True,
        "ValidationErrors": messages(errors),
    }


def _refused_contact(element: Document, errors: list[str]) -> Document:
    return {
        **element,
        "ContactID": element.get("ContactID", NO_ID),
        "HasValidationErrors": True,
        "ValidationErrors": messages(errors),
    }


def _read_documents(books: Books, call: Call, resource: str, rest: str) -> Reply:
    kind, shelf = KINDS[resource], books.documents[resource]
    if rest:
        return _one(call, resource, shelf.by_id.get(rest.lower()) or shelf.numbered(rest))
    filters = {
        "IDs": kind.id,
        "InvoiceNumbers": "InvoiceNumber",
        "ContactIDs": "Contact.ContactID",
        "Statuses": "Status",
    }
    found = query.select(call, list(shelf.by_id.values()), filters)
    shown, pagination = query.page(call, _searched(call, found, kind.number))
    if pagination is None:
        # Without pages a list has no lines:
        # https://developer.xero.com/documentation/api/accounting/invoices
        shown = [{**document, "LineItems": []} for document in shown]
    return envelope(call, resource, shown, pagination)


def _read_contacts(books: Books, call: Call, rest: str) -> Reply:
    shelf: Shelf = books.contacts
    if rest:
        return _one(call, "Contacts", shelf.by_id.get(rest.lower()) or shelf.numbered(rest))
    kept = list(shelf.by_id.values())
    if call.query.get("includeArchived", "").lower() != "true":
        kept = [contact for contact in kept if contact["ContactStatus"] != "ARCHIVED"]
    found = query.select(call, kept, {"IDs": "ContactID"})
    shown, pagination = query.page(call, _searched(call, found, "Name"))
    return envelope(call, "Contacts", shown, pagination)


def _one(call: Call, resource: str, found: Document | None) -> Reply:
    return envelope(call, resource, [found]) if found else not_found()


def _searched(call: Call, items: list[Document], field: str) -> list[Document]:
    term = call.query.get("searchTerm", "").casefold()
    fields = (field, "Reference", "EmailAddress", "ContactNumber")
    if not term:
        return items
    return [i for i in items if any(term in str(i.get(f) or "").casefold() for f in fields)]


def _read_organisation(books: Books, call: Call, rest: str) -> Reply:
    if rest == "Actions":
        allowed = "NOT-ALLOWED" if call.faults.on("permission-removed") else "ALLOWED"
        actions = [{"Name": name, "Status": allowed} for name in seed.ACTIONS]
        return envelope(call, "Actions", actions)
    if rest:
        return not_found()
    return envelope(call, "Organisations", [books.organisation(call.faults, call.now)])


def _read_accounts(books: Books, call: Call, rest: str) -> Reply:
    accounts = books.accounts(call.faults)
    if rest:
        found = (a for a in accounts if rest.lower() in (a["AccountID"], a["Code"].lower()))
        return _one(call, "Accounts", next(found, None))
    return envelope(call, "Accounts", query.select(call, accounts, {}))


def _read_tax_rates(books: Books, call: Call, rest: str) -> Reply:
    rates = books.tax_rates(call.faults)
    if rest:
        return _one(call, "TaxRates", next((r for r in rates if r["TaxType"] == rest), None))
    return envelope(call, "TaxRates", query.select(call, rates, {"TaxType": "TaxType"}))


READERS: Mapping[str, Callable[[Books, Call, str], Reply]] = {
    "Invoices": lambda books, call, rest: _read_documents(books, call, "Invoices", rest),
    "CreditNotes": lambda books, call, rest: _read_documents(books, call, "CreditNotes", rest),
    "Contacts": _read_contacts,
    "Organisation": _read_organisation,
    "Accounts": _read_accounts,
    "TaxRates": _read_tax_rates,
}
