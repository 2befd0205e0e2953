"""GoCardless's way of writing customers and payments. Pure.

No list can be asked for by a name or by metadata, so lists are read through: 500 a page, newest
first. A payment is known again by the number in its metadata, for as long as it exists; the
idempotency key, kept for 30 days, only guards the request.
https://developer.gocardless.com/api-reference/#making-requests-idempotency-keys,
/#api-usage-cursor-pagination (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from syncdoctor.engine.record import CONTACT, PAYMENT, Record
from syncdoctor.providers.gocardless import payments
from syncdoctor.providers.gocardless.mandates import mandate_for, name_of

LONGEST_PAGE = "500"
COLLECTIONS: Mapping[str, str] = {CONTACT: "customers", PAYMENT: "payments"}
CONTACT_NUMBER = "contact_number"
_CONFLICT = "idempotent_creation_conflict"


class GoCardlessRecords:
    """See :class:`syncdoctor.engine.adapter.Adapter` and ``Backed``."""

    kinds = (CONTACT, PAYMENT)
    looks_first = True
    account_setting = "sales_account"
    backed = (PAYMENT,)

    def problem(self, record: Record) -> tuple[str, str] | None:
        """What GoCardless can never take: an amount of nothing or with parts of a penny."""
        return None if record.kind == CONTACT else payments.problem_of(record)

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """One record by its id where that was told, else the list."""
        named = tuple(Request("GET", f"{COLLECTIONS[kind]}/{ref.id}") for ref in refs if ref.id)
        if len(named) == len(refs):
            return named
        return (*named, _page(COLLECTIONS[kind]))

    def found(self, kind: str, body: Any) -> tuple[Remote, ...]:
        """The elements of one page of a list, or the one that was asked for by its id."""
        return tuple(
            Remote(str(element["id"]), key, _metadata(element).get(CONTACT_NUMBER), element)
            for element in _elements(body, COLLECTIONS[kind])
            for key in _keys(kind, element)
        )

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """The next page of whatever list the answer is of."""
        del kind
        after = _cursor(body)
        names = (*COLLECTIONS.values(), "mandates")
        return tuple(_page(name, after) for name in names if after and name in body)

    def ask_backing(self, kind: str) -> tuple[Request, ...]:
        """All customers and all mandates."""
        del kind
        return _page("customers"), _page("mandates")

    def further_backing(self, body: Any) -> tuple[Request, ...]:
        """The next page."""
        return self.further(PAYMENT, body)

    def back(self, record: Record, bodies: Sequence[Any]) -> Mapping[str, Any] | Unbacked:
        """The mandate by which a payment is collected."""
        customers = [one for body in bodies for one in _elements(body, "customers")]
        mandates = [one for body in bodies for one in _elements(body, "mandates")]
        return mandate_for(record, customers, mandates)

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """A POST for one record."""
        (item,) = items
        if kind == CONTACT:
            name = {"company_name": item.record.contact_name}
            return _post(kind, {**name, **_details(item.record, {})})
        if item.backing is None:
            raise AssertionError("a payment needs a mandate")
        return _post(kind, payments.element(item.record, item.backing))

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """A PUT for one record: a customer's details, or a payment's metadata."""
        (item,) = items
        if item.remote is None:
            raise AssertionError("a change needs the record that it changes")
        known = _metadata(item.remote.content)
        if kind == CONTACT:
            changes = _details(item.record, known)
        else:
            changes = {"metadata": {**known, **payments.metadata(item.record)}}
        name = COLLECTIONS[kind]
        return Request("PUT", f"{name}/{item.remote.id}", json={name: changes})

    def outcomes(self, kind: str, count: int, body: Any) -> tuple[Outcome, ...] | None:
        """One record at a time."""
        del count
        element = body.get(COLLECTIONS[kind]) if isinstance(body, Mapping) else None
        if isinstance(element, Mapping):
            return (Outcome(accepted=True, provider_id=str(element["id"]), body=body),)
        error = body.get("error") if isinstance(body, Mapping) else None
        if not isinstance(error, Mapping):
            return None
        conflicting = next(_conflicting(error), None)
        said = _said(error)
        exists = conflicting is not None
        return (Outcome(accepted=False, provider_id=conflicting, message=said, exists=exists),)

    def remaining(self, item: Item, outcome: Outcome) -> Remote | None:
        """Nothing: one request does it."""
        del item, outcome
        return None

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Only what the record says is compared."""
        if record.kind == PAYMENT:
            return payments.compare(record, remote.content)
        number = record.contact_number in (None, _metadata(remote.content).get(CONTACT_NUMBER))
        email = record.contact_email in (None, remote.content.get("email"))
        return Comparison(Standing.SAME if number and email else Standing.DIFFERS)

    def export(self, records: Sequence[Record]) -> tuple[ExportFile, ...]:
        """Nothing: payments are not imported at GoCardless."""
        del records
        return ()


ADAPTER = GoCardlessRecords()


def _page(name: str, after: str | None = None) -> Request:
    return Request("GET", name, {"limit": LONGEST_PAGE, **({"after": after} if after else {})})


def _post(kind: str, element: Mapping[str, Any]) -> Request:
    return Request("POST", COLLECTIONS[kind], json={COLLECTIONS[kind]: element})


def _cursor(body: Any) -> str | None:
    meta = body.get("meta") if isinstance(body, Mapping) else None
    after = ((meta or {}).get("cursors") or {}).get("after")
    return str(after) if after else None


def _elements(body: Any, name: str) -> Iterator[Mapping[str, Any]]:
    given = body.get(name) if isinstance(body, Mapping) else None
    for element in given if isinstance(given, list) else [given]:
        if isinstance(element, Mapping) and element.get("id"):
            yield element


def _keys(kind: str, element: Mapping[str, Any]) -> tuple[str, ...]:
    """The numbers by which a record may be known.

    A payment that we did not make is known by whatever its maker noted: the money must not be
    collected twice because two programs call the same thing by two names.
    """
    if kind == CONTACT:
        return (name_of(element),)
    known = _metadata(element)
    if payments.NUMBER in known:
        return (str(known[payments.NUMBER]),)
    told = [str(value) for value in (*known.values(), element.get("reference")) if value]
    return tuple(dict.fromkeys(told))


def _metadata(element: Mapping[str, Any]) -> Mapping[str, Any]:
    found = element.get("metadata")
    return found if isinstance(found, Mapping) else {}


def _details(record: Record, known: Mapping[str, Any]) -> dict[str, Any]:
    """A customer's details besides the name; what the record leaves open is left as it is."""
    details: dict[str, Any] = {"email": record.contact_email} if record.contact_email else {}
    if record.contact_number:
        details["metadata"] = {**known, CONTACT_NUMBER: record.contact_number}
    return details


def _conflicting(error: Mapping[str, Any]) -> Iterator[str]:
    """The id of what was made with the same idempotency key."""
    for one in error.get("errors") or ():
        if one.get("reason") == _CONFLICT:
            yield str((one.get("links") or {}).get("conflicting_resource_id") or "")


def _said(error: Mapping[str, Any]) -> str:
    """The sentences of an error, each with the field that it is about."""
    parts = [
        " ".join(filter(None, (str(one.get("field") or ""), str(one.get("message") or ""))))
        for one in error.get("errors") or ()
    ]
    return "; ".join(dict.fromkeys(filter(None, parts))) or str(error.get("message") or "")
