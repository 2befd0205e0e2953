"""FreeAgent's way of writing contacts, invoices, credit notes and settlements. Pure.

It has no batches, no idempotency keys, no filter by reference, and makes two contacts of one name:
so everything is looked up in the lists before it is made, and sent one by one. A document is made
as a draft; a second request marks it as sent. A settlement is an invoice or a bill; a bill is open
as soon as it is made.
https://dev.freeagent.com/docs/contacts, /invoices, /credit_notes, /bills (2026-11-22)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
from syncdoctor.engine.record import (
    CONTACT,
    CREDIT_NOTE,
    INVOICE,
    SETTLEMENT,
    Record,
    RecordStatus,
)
from syncdoctor.providers.freeagent.comparison import (
    DRAFT,
    compare,
    compare_settlement,
    item_id,
    last_part,
    lines_of,
    same_document,
)
from syncdoctor.providers.freeagent.documents import document, problem_of

LONGEST_PAGE = "100"  # https://dev.freeagent.com/docs/introduction, "Pagination"
_EXISTS = re.compile(r"reference\b.{0,20}\b(already|taken|in use|unique)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Resource:
    path: str  # also the name of the list in an answer
    element: str
    items: str = ""


INVOICES = _Resource("invoices", "invoice", "invoice_items")
BILLS = _Resource("bills", "bill", "bill_items")
# Where records of a kind are: a settlement is an invoice or a bill.
RESOURCES: Mapping[str, tuple[_Resource, ...]] = {
    CONTACT: (_Resource("contacts", "contact"),),
    INVOICE: (INVOICES,),
    CREDIT_NOTE: (_Resource("credit_notes", "credit_note", "credit_note_items"),),
    SETTLEMENT: (INVOICES, BILLS),
}


class FreeAgentRecords:
    """See :class:`syncdoctor.engine.adapter.Adapter`. A record's id is its address."""

    kinds = (CONTACT, INVOICE, CREDIT_NOTE, SETTLEMENT)
    looks_first = True
    account_setting = "category"

    def problem(self, record: Record) -> tuple[str, str] | None:
        """What FreeAgent can never take: no date, prices that hold tax, words for codes."""
        return None if record.kind == CONTACT else problem_of(record)

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """The whole list, newest first, since no filter asks for a name or a reference."""
        return tuple(_list(resource) for resource in RESOURCES[kind] if refs)

    def found(self, kind: str, body: Any) -> tuple[Remote, ...]:
        """The elements of one page of a list."""
        lists = [body.get(one.path) for one in RESOURCES[kind]] if isinstance(body, Mapping) else []
        return tuple(
            Remote(str(element["url"]), _key(kind, element), None, element)
            for elements in lists
            for element in (elements if isinstance(elements, list) else [])
            if isinstance(element, Mapping) and element.get("url")
        )

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """Nothing: a list holds whole records."""
        del kind, body
        return ()

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """A POST for one record."""
        del kind
        (item,) = items
        resource = _resource_of(item.record)
        return Request("POST", resource.path, json={resource.element: self._element(item)})

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """The next step of one record: its content, or the mark that it was sent."""
        del kind
        (item,) = items
        if item.remote is None:
            raise AssertionError("a change needs the record that it changes")
        resource = _resource_of(item.record)
        path = f"{resource.path}/{last_part(item.remote.id)}"
        if self._only_to_be_marked(item):
            return Request("PUT", f"{path}/transitions/mark_as_sent")
        return Request("PUT", path, json={resource.element: self._changes(item)})

    def outcomes(self, kind: str, count: int, body: Any) -> tuple[Outcome, ...] | None:
        """One record at a time. A change may be answered without a body."""
        if not body:
            return (Outcome(accepted=True),) * count
        if not isinstance(body, Mapping):
            return None
        element = next((body[r.element] for r in RESOURCES[kind] if r.element in body), None)
        if isinstance(element, Mapping):
            url = element.get("url")
            return (Outcome(accepted=True, provider_id=str(url) if url else None, body=element),)
        messages = _messages(body.get("errors"))
        if not messages:
            return None
        said = "; ".join(messages)
        return (Outcome(accepted=False, message=said, exists=bool(_EXISTS.search(said))),)

    def remaining(self, item: Item, outcome: Outcome) -> Remote | None:
        """The draft that has yet to be marked as sent."""
        if not _to_be_sent(item.record) or self._only_to_be_marked(item):
            return None
        if item.remote is not None:
            known = {**item.remote.content, **self._element(item)}
            return Remote(item.remote.id, item.remote.key, None, known)
        if outcome.provider_id is None or not isinstance(outcome.body, Mapping):
            return None
        made = outcome.body if outcome.body.get("status") == DRAFT else None
        return Remote(outcome.provider_id, item.record.key, None, made) if made else None

    def withdraw(self, remote: Remote) -> Request:
        """A draft invoice is deleted by its number."""
        return Request("DELETE", f"{INVOICES.path}/{last_part(remote.id)}")

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Only what the record says is compared; what it leaves open is FreeAgent's to choose."""
        if record.kind == CONTACT:
            same = record.contact_email in (None, remote.content.get("email"))
            return Comparison(Standing.SAME if same else Standing.DIFFERS)
        sent, there, resource = self._element(Item(record)), remote.content, _resource_of(record)
        if record.kind == SETTLEMENT:
            name, word = record.contact_name, resource.element
            found = compare_settlement(sent, there, resource.items, name, word)
            if found is not None:
                return found
        return compare(
            sent, there, resource.items, record.contact_name, to_be_sent=_to_be_sent(record)
        )

    def export(self, records: Sequence[Record]) -> tuple[ExportFile, ...]:
        """Nothing: FreeAgent's pages import no invoices or credit notes."""
        del records
        return ()

    def _only_to_be_marked(self, item: Item) -> bool:
        if item.remote is None or not _to_be_sent(item.record):
            return False
        items = _resource_of(item.record).items
        return same_document(self._element(item), item.remote.content, items)

    def _element(self, item: Item) -> dict[str, Any]:
        record = item.record
        if record.kind != CONTACT:
            return document(record, _resource_of(record).items, item.contact_id)
        email = {"email": record.contact_email} if record.contact_email else {}
        return {"organisation_name": record.contact_name, **email}

    def _changes(self, item: Item) -> dict[str, Any]:
        """What a PUT says: lines are changed by their id, and one too many is destroyed."""
        element = self._element(item)
        if item.record.kind == CONTACT:
            del element["organisation_name"]  # it may be the name of a person there
            return element
        name = _resource_of(item.record).items
        known = lines_of(item.remote.content if item.remote else {}, name)
        # The lines of a bill go by their address, all others by their number.
        field, of = ("url", _url) if item.record.is_bill else ("id", item_id)
        there, lines = [of(line) for line in known], element[name]
        kept = [{field: one, **line} for one, line in zip(there, lines, strict=False)]
        gone = [{field: one, "_destroy": 1} for one in there[len(lines) :]]
        return {**element, name: [*kept, *lines[len(there) :], *gone]}


ADAPTER = FreeAgentRecords()


def _resource_of(record: Record) -> _Resource:
    return BILLS if record.is_bill else RESOURCES[record.kind][0]


def _list(resource: _Resource) -> Request:
    params = {"view": "all", "sort": "-created_at", "per_page": LONGEST_PAGE, "page": "1"}
    if resource.items:
        params[f"nested_{resource.items}"] = "true"
    if resource is BILLS:
        del params["sort"]  # https://dev.freeagent.com/docs/bills names none
    return Request("GET", resource.path, params)


def _url(line: Mapping[str, Any]) -> str:
    return str(line.get("url") or "")


def _to_be_sent(record: Record) -> bool:
    sent = record.status is RecordStatus.AUTHORISED
    return sent and record.kind != CONTACT and not record.is_bill


def _key(kind: str, element: Mapping[str, Any]) -> str:
    if kind != CONTACT:
        return str(element.get("reference") or "")
    person = f"{element.get('first_name') or ''} {element.get('last_name') or ''}".strip()
    return str(element.get("organisation_name") or person)


def _messages(errors: Any) -> list[str]:
    """The sentences of an error: one, a list, or a table of fields with lists of sentences."""
    if isinstance(errors, str):
        return [errors]
    if isinstance(errors, Mapping):
        errors = list(errors.values())
    if not isinstance(errors, list):
        return []
    return [text for part in errors for text in _messages(_said(part))]


def _said(part: Any) -> Any:
    return part["message"] if isinstance(part, Mapping) and "message" in part else part
