"""Zoho Books' way of writing contacts, invoices, credit notes and settlements. Pure.

It has no batches and no idempotency keys: every record is looked up by its name or number before
it is made. A list shows a document's head alone, so the whole one is asked for by its id. A
document is made as a draft; a second request marks it as sent, or opens a credit note. A settlement
is an invoice to a customer, or a bill from a vendor: one name may stand for both.
https://www.zoho.com/books/api/v3/contacts/, /invoices/, /credit-notes/, /bills/ (2026-11-22)
https://zoho.com/us/books/kb/contacts/display-duplicate-contact-name.html (2026-11-22)
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
    Unbacked,
)
from syncdoctor.engine.record import (
    CONTACT,
    CONTACTS,
    CREDIT_NOTE,
    INVOICE,
    SETTLEMENT,
    SUPPLIER,
    Record,
    RecordStatus,
)
from syncdoctor.model import Cause
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


PEOPLE = _Resource("contacts", "contact", "contact_name")
INVOICES = _Resource("invoices", "invoice", "invoice_number", "sent")
BILLS = _Resource("bills", "bill", "bill_number", "open")
TYPES = {CONTACT: "customer", SUPPLIER: "vendor"}
# Where records of a kind are: a settlement is an invoice or a bill.
RESOURCES: Mapping[str, tuple[_Resource, ...]] = {
    CONTACT: (PEOPLE,),
    SUPPLIER: (PEOPLE,),
    INVOICE: (INVOICES,),
    CREDIT_NOTE: (_Resource("creditnotes", "creditnote", "creditnote_number", "open"),),
    SETTLEMENT: (INVOICES, BILLS),
}


class ZohoBooksRecords:
    """See :class:`syncdoctor.engine.adapter.Adapter`."""

    kinds = (CONTACT, SUPPLIER, INVOICE, CREDIT_NOTE, SETTLEMENT)
    looks_first = True
    account_setting = "sales_account"

    def problem(self, record: Record) -> tuple[str, str] | None:
        """What Zoho Books can never take: texts too long, a credit note without a date."""
        return problem_of(record)

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """One request for each: the filter is for one exact name or number."""
        return tuple(
            Request("GET", resource.path, {resource.number: ref.key})
            for ref in refs
            for resource in RESOURCES[kind]
        )

    def found(self, kind: str, body: Any) -> tuple[Remote, ...] | None:
        """Contacts that may be invoiced, from a list; documents from their own answers."""
        if not isinstance(body, Mapping) or body.get("code") != OK:
            return None
        read = _listed if kind in CONTACTS else _whole
        return tuple(
            Remote(str(element[resource.id]), str(element.get(resource.number)), None, element)
            for resource in RESOURCES[kind]
            for element in read(resource, body)
            if element.get("contact_type") in (None, TYPES.get(kind))
        )

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """The whole documents of a list, which has no lines."""
        if kind in CONTACTS or not isinstance(body, Mapping):
            return ()
        return tuple(
            Request("GET", f"{resource.path}/{element[resource.id]}")
            for resource in RESOURCES[kind]
            for element in _listed(resource, body)
        )

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """A POST for one record, with our number instead of the next of Zoho's."""
        (item,) = items
        resource = _resource_of(item.record)
        own = kind in CONTACTS or resource is BILLS  # whose numbers are never Zoho's
        params = {} if own else {"ignore_auto_number_generation": "true"}
        body = {**self._body(item), **(item.backing or {})}
        if kind == CREDIT_NOTE:
            body["is_draft"] = True
        return Request("POST", resource.path, params, body)

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """The next step of one record: its content, or its way out of the drafts."""
        del kind
        (item,) = items
        if item.remote is None:
            raise AssertionError("a change needs the record that it changes")
        resource = _resource_of(item.record)
        path = f"{resource.path}/{item.remote.id}"
        if self._only_to_be_sent(item):
            return Request("POST", f"{path}/status/{resource.done}")
        return Request("PUT", path, json=changes(self._body(item), item.remote.content))

    def ask_ids(self, record: Record) -> Request | None:
        """The list of the organisation's currencies: a currency is named by its id.

        https://www.zoho.com/books/api/v3/currency/ (2026-11-22)
        """
        return Request("GET", "settings/currencies") if record.currency else None

    def ids(self, record: Record, body: Any) -> Mapping[str, Any] | Unbacked:
        """The id of the record's currency."""
        found = body.get("currencies") if isinstance(body, Mapping) else None
        for one in found if isinstance(found, list) else []:
            if isinstance(one, Mapping) and one.get("currency_code") == record.currency:
                return {"currency_id": str(one.get("currency_id"))}
        return Unbacked(
            f"currency: {record.currency} is not among the currencies of this organisation. "
            "Add it in Zoho Books under Settings, Currencies.",
            Cause.RECORD_INVALID,
        )

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
        made = ((r, element) for r in RESOURCES[kind] for element in _whole(r, body))
        resource, element = next(made, (PEOPLE, None))
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

    def withdraw(self, remote: Remote) -> Request:
        """A draft invoice is deleted by its id."""
        return Request("DELETE", f"{INVOICES.path}/{remote.id}")

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Only what the record says is compared; a contact that is there is taken as it is."""
        if record.kind not in CONTACTS:
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
        if record.kind not in CONTACTS:
            return document(record, _resource_of(record).number, item.contact_id)
        kind = TYPES[record.kind]
        body: dict[str, Any] = {"contact_name": record.contact_name, "contact_type": kind}
        if record.contact_email:
            person = {"email": record.contact_email, "is_primary_contact": True}
            body["contact_persons"] = [person]
        return body


ADAPTER = ZohoBooksRecords()


def _resource_of(record: Record) -> _Resource:
    return BILLS if record.is_bill else RESOURCES[record.kind][0]


def _to_be_sent(record: Record) -> bool:
    return record.kind not in CONTACTS and record.status is RecordStatus.AUTHORISED


def _listed(resource: _Resource, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    found = body.get(resource.path)
    for element in found if isinstance(found, list) else []:
        if isinstance(element, Mapping) and element.get(resource.id):
            yield element


def _whole(resource: _Resource, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    element = body.get(resource.element)
    if isinstance(element, Mapping) and element.get(resource.id):
        yield element
