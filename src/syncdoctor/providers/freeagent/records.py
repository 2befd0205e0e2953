"""FreeAgent's way of writing contacts, invoices and credit notes. Pure.

It has no batches, no idempotency keys, no filter by reference, and makes two contacts of one name:
so everything is looked up in the lists before it is made, and sent one by one. A document is made
as a draft; a second request marks it as sent.
https://dev.freeagent.com/docs/contacts, /docs/invoices, /docs/credit_notes (2026-11-22)
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
from syncdoctor.engine.record import CONTACT, CREDIT_NOTE, INVOICE, Record, RecordStatus
from syncdoctor.providers.freeagent.comparison import (
    DRAFT,
    compare,
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


RESOURCES: Mapping[str, _Resource] = {
    CONTACT: _Resource("contacts", "contact"),
    INVOICE: _Resource("invoices", "invoice", "invoice_items"),
    CREDIT_NOTE: _Resource("credit_notes", "credit_note", "credit_note_items"),
}


class FreeAgentRecords:
    """See :class:`syncdoctor.engine.adapter.Adapter`. A record's id is its address."""

    kinds = (CONTACT, INVOICE, CREDIT_NOTE)
    looks_first = True
    account_setting = "category"

    def problem(self, record: Record) -> tuple[str, str] | None:
        """What FreeAgent can never take: no date, prices that hold tax, words for codes."""
        return None if record.kind == CONTACT else problem_of(record)

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """The whole list, newest first, since no filter asks for a name or a reference."""
        if not refs:
            return ()
        resource = RESOURCES[kind]
        params = {"view": "all", "sort": "-created_at", "per_page": LONGEST_PAGE, "page": "1"}
        if resource.items:
            params[f"nested_{resource.items}"] = "true"
        return (Request("GET", resource.path, params),)

    def found(self, kind: str, body: Any) -> tuple[Remote, ...]:
        """The elements of one page of a list."""
        elements = body.get(RESOURCES[kind].path) if isinstance(body, Mapping) else None
        return tuple(
            Remote(str(element["url"]), _key(kind, element), None, element)
            for element in (elements if isinstance(elements, list) else [])
            if isinstance(element, Mapping) and element.get("url")
        )

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """Nothing: a list holds whole records."""
        del kind, body
        return ()

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """A POST for one record."""
        (item,) = items
        resource = RESOURCES[kind]
        return Request("POST", resource.path, json={resource.element: self._element(item)})

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """The next step of one record: its content, or the mark that it was sent."""
        (item,) = items
        if item.remote is None:
            raise AssertionError("a change needs the record that it changes")
        resource = RESOURCES[kind]
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
        element = body.get(RESOURCES[kind].element)
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

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Only what the record says is compared; what it leaves open is FreeAgent's to choose."""
        if record.kind == CONTACT:
            same = record.contact_email in (None, remote.content.get("email"))
            return Comparison(Standing.SAME if same else Standing.DIFFERS)
        return compare(
            self._element(Item(record)),
            remote.content,
            RESOURCES[record.kind].items,
            record.contact_name,
            to_be_sent=_to_be_sent(record),
        )

    def export(self, records: Sequence[Record]) -> tuple[ExportFile, ...]:
        """Nothing: FreeAgent's pages import no invoices or credit notes."""
        del records
        return ()

    def _only_to_be_marked(self, item: Item) -> bool:
        if item.remote is None or not _to_be_sent(item.record):
            return False
        items = RESOURCES[item.record.kind].items
        return same_document(self._element(item), item.remote.content, items)

    def _element(self, item: Item) -> dict[str, Any]:
        record = item.record
        if record.kind != CONTACT:
            return document(record, RESOURCES[record.kind].items, item.contact_id)
        email = {"email": record.contact_email} if record.contact_email else {}
        return {"organisation_name": record.contact_name, **email}

    def _changes(self, item: Item) -> dict[str, Any]:
        """What a PUT says: lines are changed by their id, and one too many is destroyed."""
        element = self._element(item)
        if item.record.kind == CONTACT:
            del element["organisation_name"]  # it may be the name of a person there
            return element
        name = RESOURCES[item.record.kind].items
        there = [
            item_id(line) for line in lines_of(item.remote.content if item.remote else {}, name)
        ]
        lines = element[name]
        kept = [{"id": known, **line} for known, line in zip(there, lines, strict=False)]
        gone = [{"id": known, "_destroy": 1} for known in there[len(lines) :]]
        return {**element, name: [*kept, *lines[len(there) :], *gone]}


ADAPTER = FreeAgentRecords()


def _to_be_sent(record: Record) -> bool:
    return record.kind != CONTACT and record.status is RecordStatus.AUTHORISED


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
