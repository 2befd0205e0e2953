"""Zoho Books' way of writing contacts, invoices and credit notes. Pure.

It has no batches and no idempotency keys: every record is looked up by its name or number before
it is made. A list shows a document's head alone, so the whole one is asked for by its id. A
document is made as a draft; a second request marks it as sent, or opens a credit note.
https://www.zoho.com/books/api/v3/contacts/, /invoices/ and /credit-notes/ (2026-11-22)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdoctor.engine.adapter import (
    Comparison,
    ExportFile,
    Item,
    Outcome,
    Ref,
    Remote,
    Request,
    Standing,
)
from syncdoctor.engine.record import CONTACT, CREDIT_NOTE, INVOICE, Record, RecordStatus
from syncdoctor.providers.zoho_books.documents import (
    DRAFT,
    UNSENT,
    changes,
    compare,
    document,
    problem_of,
    same_document,
)

OK = 0
CONTACT_EXISTS = 3062
# What no change of the record mends: token, scope, organisation, trial, limits, a fault of Zoho's.
# https://www.zoho.com/books/api/v3/errors/ (2026-11-22)
NOT_OF_RECORD = frozenset({14, 43, 44, 45, 57, 1000, 1070, 6041, 9017, 103001})
_EXISTS = re.compile(r"already (exists|been (created|used|taken)|in use)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Resource:
    path: str  # also the name of the list in an answer
    element: str
    number: str
    done: str = ""  # the status that a draft is given

    @property
    def id(self) -> str:
        return f"{self.element}_id"


RESOURCES: Mapping[str, _Resource] = {
    CONTACT: _Resource("contacts", "contact", "contact_name"),
    INVOICE: _Resource("invoices", "invoice", "invoice_number", "sent"),
    CREDIT_NOTE: _Resource("creditnotes", "creditnote", "creditnote_number", "open"),
}


class ZohoBooksRecords:
    """See :class:`syncdoctor.engine.adapter.Adapter`."""

    kinds = (CONTACT, INVOICE, CREDIT_NOTE)
    looks_first = True
    account_setting = "sales_account"

    def problem(self, record: Record) -> tuple[str, str] | None:
        """What Zoho Books can never take: texts too long, a currency of the document's own."""
        return problem_of(record)

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """One request for each: the filter is for one exact name or number."""
        resource = RESOURCES[kind]
        return tuple(Request("GET", resource.path, {resource.number: ref.key}) for ref in refs)

    def found(self, kind: str, body: Any) -> tuple[Remote, ...] | None:
        """Contacts that may be invoiced, from a list; documents from their own answers."""
        if not isinstance(body, Mapping) or body.get("code") != OK:
            return None
        resource = RESOURCES[kind]
        elements = _listed(resource, body) if kind == CONTACT else _whole(resource, body)
        return tuple(
            Remote(str(element[resource.id]), str(element.get(resource.number)), None, element)
            for element in elements
            if element.get("contact_type") != "vendor"
        )

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """The whole documents of a list, which has no lines."""
        resource = RESOURCES[kind]
        if kind == CONTACT or not isinstance(body, Mapping):
            return ()
        return tuple(
            Request("GET", f"{resource.path}/{element[resource.id]}")
            for element in _listed(resource, body)
        )

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """A POST for one record, with our number instead of the next of Zoho's."""
        (item,) = items
        resource = RESOURCES[kind]
        params = {} if kind == CONTACT else {"ignore_auto_number_generation": "true"}
        body = self._body(item)
        if kind == CREDIT_NOTE:
            body["is_draft"] = True
        return Request("POST", resource.path, params, body)

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """The next step of one record: its content, or its way out of the drafts."""
        (item,) = items
        if item.remote is None:
            raise AssertionError("a change needs the record that it changes")
        resource = RESOURCES[kind]
        path = f"{resource.path}/{item.remote.id}"
        if self._only_to_be_sent(item):
            return Request("POST", f"{path}/status/{resource.done}")
        return Request("PUT", path, json=changes(self._body(item), item.remote.content))

    def outcomes(self, kind: str, count: int, body: Any) -> tuple[Outcome, ...] | None:
        """One record at a time; ``code`` says what became of it, whatever the status is."""
        del count
        code = body.get("code") if isinstance(body, Mapping) else None
        if not isinstance(code, int) or code in NOT_OF_RECORD:
            return None
        if code != OK:
            said = str(body.get("message") or f"Zoho Books gave no reason but the code {code}.")
            exists = code == CONTACT_EXISTS or bool(_EXISTS.search(said))
            return (Outcome(accepted=False, message=said, exists=exists),)
        resource = RESOURCES[kind]
        element = next(_whole(resource, body), None)
        identity = str(element[resource.id]) if element else None
        return (Outcome(accepted=True, provider_id=identity, body=element),)

    def remaining(self, item: Item, outcome: Outcome) -> Remote | None:
        """The draft that has yet to go out."""
        if not _to_be_sent(item.record) or self._only_to_be_sent(item):
            return None
        made = outcome.body if isinstance(outcome.body, Mapping) else {}
        if made.get("status") != DRAFT or outcome.provider_id is None:
            return None
        return Remote(outcome.provider_id, item.record.key, None, made)

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Only what the record says is compared; a contact that is there is taken as it is."""
        if record.kind != CONTACT:
            return compare(record, self._body(Item(record)), remote.content)
        if remote.content.get("status") == "inactive":
            why = "is marked as inactive in Zoho Books; mark it as active there first"
            return Comparison(Standing.LOCKED, why)
        return Comparison(Standing.SAME)

    def export(self, records: Sequence[Record]) -> tuple[ExportFile, ...]:
        """Nothing: Zoho's import asks for the columns of a file one by one."""
        del records
        return ()

    def _only_to_be_sent(self, item: Item) -> bool:
        """Whether Zoho has the content already, as a draft."""
        if item.remote is None or not _to_be_sent(item.record):
            return False
        there = item.remote.content
        return there.get("status") in UNSENT and same_document(self._body(item), there)

    def _body(self, item: Item) -> dict[str, Any]:
        record = item.record
        if record.kind != CONTACT:
            return document(record, RESOURCES[record.kind].number, item.contact_id)
        body: dict[str, Any] = {"contact_name": record.contact_name, "contact_type": "customer"}
        if record.contact_email:
            person = {"email": record.contact_email, "is_primary_contact": True}
            body["contact_persons"] = [person]
        return body


ADAPTER = ZohoBooksRecords()


def _to_be_sent(record: Record) -> bool:
    return record.kind != CONTACT and record.status is RecordStatus.AUTHORISED


def _listed(resource: _Resource, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    found = body.get(resource.path)
    for element in found if isinstance(found, list) else []:
        if isinstance(element, Mapping) and element.get(resource.id):
            yield element


def _whole(resource: _Resource, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    element = body.get(resource.element)
    if isinstance(element, Mapping) and element.get(resource.id):
        yield element
