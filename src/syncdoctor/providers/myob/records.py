"""MYOB's way of writing contacts, invoices, credit notes and settlements. Pure.

It has no batches and no idempotency keys: every record is looked up by its name or number before
it is made. ``Sale/Invoice`` and ``Purchase/Bill`` list documents of every layout without lines, so
the whole one is asked for by its UID. A change says of which RowVersion it is.
https://developer.myob.com/api/accountright/v2/contact/customer/ and
https://developer.myob.com/api/accountright/v2/sale/invoice/invoice_service (2026-11-22)
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
from syncdoctor.engine.record import (
    CONTACT,
    CREDIT_NOTE,
    INVOICE,
    SETTLEMENT,
    SUPPLIER,
    Record,
)
from syncdoctor.model import Connection
from syncdoctor.providers.myob.documents import (
    BILL,
    LONGEST_CARD_ID,
    LONGEST_NAME,
    SALE,
    SERVICE,
    Layout,
    changes,
    compare,
    document,
    layout_of,
    problem_of,
)
from syncdoctor.providers.myob.import_file import import_files

LOOK_UP_AT_ONCE = 10  # keeps a filter well under the length of an address that servers take
CARDS: Mapping[str, tuple[str, str]] = {
    CONTACT: ("Contact/Customer", "SellingDetails"),
    SUPPLIER: ("Contact/Supplier", "BuyingDetails"),
}
LAYOUTS: Mapping[str, tuple[Layout, ...]] = {
    INVOICE: (SALE,),
    CREDIT_NOTE: (SALE,),
    SETTLEMENT: (SALE, BILL),
}
RETURN_BODY = {"returnBody": "true"}  # else a POST is answered by its Location alone
DUPLICATE = frozenset({"Duplicate", "200"})
_EXISTS = re.compile(r"already (exists|been used|in use|taken)|duplicate", re.IGNORECASE)
# What no change of the record mends.
# https://developer.myob.com/api/myob-business-api/api-overview/error-messages (2026-11-22)
NOT_OF_RECORD = frozenset(
    {
        "OAuthTokenIsInvalid",
        "OAuthTokenIsMissing",
        "RateLimitError",
        "DeveloperInactive",
        "AccessDenied",
        "IncorrectRowVersionSupplied",
        "GatewayTimeout",
    }
)


@dataclass(frozen=True, slots=True)
class MyobRecords:
    """See :class:`syncdoctor.engine.adapter.Adapter`.

    ``tax_code`` is the UID of the one that a new card is given, which MYOB does not go without;
    ``target`` is the connection's name in commands.
    """

    tax_code: str | None = None
    target: str = "TARGET"

    @property
    def kinds(self) -> tuple[str, ...]:
        """Customers and suppliers are cards of their own."""
        return (CONTACT, SUPPLIER, INVOICE, CREDIT_NOTE, SETTLEMENT)

    @property
    def looks_first(self) -> bool:
        """There is no key with which a write could be repeated."""
        return True

    @property
    def account_setting(self) -> str:
        """The account of a line that names none."""
        return "sales_account"

    def problem(self, record: Record) -> tuple[str, str] | None:
        """What MYOB can never take: numbers and names too long, drafts, accounts without UID."""
        if record.kind not in CARDS:
            return problem_of(record, self.target)
        if len(record.contact_name) > LONGEST_NAME:
            return "contact_name", f"at most {LONGEST_NAME} characters"
        if len(record.contact_number or "") > LONGEST_CARD_ID:
            return "contact_number", f"at most {LONGEST_CARD_ID} characters, those of a Card ID"
        if self.tax_code is None:
            command = f"syncdoctor connection configure {self.target}"
            return "contact_name", f"a tax code for its card: {command}"
        return None

    def look_up(self, kind: str, refs: Sequence[Ref]) -> tuple[Request, ...]:
        """A filter for a few names or numbers at a time."""
        paths = [CARDS[kind][0]] if kind in CARDS else [one.every for one in LAYOUTS[kind]]
        asks = _asks_for_card if kind in CARDS else _asks_for_number
        return tuple(
            Request(
                "GET",
                path,
                {"$filter": " or ".join(asks(ref) for ref in refs[n : n + LOOK_UP_AT_ONCE])},
            )
            for n in range(0, len(refs), LOOK_UP_AT_ONCE)
            for path in paths
        )

    def found(self, kind: str, body: Any) -> tuple[Remote, ...] | None:
        """Cards from a list; documents from their own answers, or from a list if it has all."""
        if not isinstance(body, Mapping) or body.get("Errors"):
            return None
        if kind in CARDS:
            return tuple(_card(one) for one in _listed(body))
        whole = [body] if "UID" in body else [one for one in _listed(body) if not _in_part(one)]
        return tuple(Remote(str(one["UID"]), str(one.get("Number")), None, one) for one in whole)

    def further(self, kind: str, body: Any) -> tuple[Request, ...]:
        """The whole documents of a list, which has no lines."""
        if kind in CARDS or not isinstance(body, Mapping):
            return ()
        return tuple(
            Request("GET", f"{layout.path}/{one['UID']}")
            for one in _listed(body)
            if _in_part(one)
            for layout in LAYOUTS[kind]
            if layout.party in one
        )

    def create(self, kind: str, items: Sequence[Item]) -> Request:
        """A POST for one record, whose answer shows what was made."""
        (item,) = items
        if kind in CARDS:
            return Request("POST", CARDS[kind][0], RETURN_BODY, self._new_card(item.record))
        body = document(item.record, item.contact_id)
        return Request("POST", layout_of(item.record).path, RETURN_BODY, body)

    def update(self, kind: str, items: Sequence[Item]) -> Request:
        """A PUT for one document; a card that is there is never changed."""
        del kind
        (item,) = items
        if item.remote is None:
            raise AssertionError("a change needs the record that it changes")
        path = f"{layout_of(item.record).path}/{item.remote.id}"
        body = changes(document(item.record, item.contact_id), item.remote.content)
        return Request("PUT", path, RETURN_BODY, body)

    def outcomes(self, kind: str, count: int, body: Any) -> tuple[Outcome, ...] | None:
        """One record at a time. A change may be answered without a body."""
        del kind
        if not body:
            return (Outcome(accepted=True),) * count
        if not isinstance(body, Mapping):
            return None
        errors = [one for one in body.get("Errors") or [] if isinstance(one, Mapping)]
        if not errors:
            uid = body.get("UID")
            return (Outcome(accepted=True, provider_id=str(uid), body=body),) if uid else None
        names = {str(one.get(key)) for one in errors for key in ("Name", "ErrorCode")}
        if not names.isdisjoint(NOT_OF_RECORD):
            return None
        said = "; ".join(dict.fromkeys(filter(None, map(_said, errors)))) or "MYOB gave no reason."
        exists = not names.isdisjoint(DUPLICATE) or bool(_EXISTS.search(said))
        return (Outcome(accepted=False, message=said, exists=exists),)

    def remaining(self, item: Item, outcome: Outcome) -> Remote | None:
        """Nothing: one request does all."""
        del item, outcome
        return None

    def compare(self, record: Record, remote: Remote) -> Comparison:
        """Only what the record says is compared; a card that is there is taken as it is."""
        if record.kind not in CARDS:
            return compare(record, remote.content)
        if remote.content.get("IsActive") is False:
            why = "is inactive in MYOB; make its card active there first"
            return Comparison(Standing.LOCKED, why)
        return Comparison(Standing.SAME)

    def export(self, records: Sequence[Record]) -> tuple[ExportFile, ...]:
        """Cards and invoices as AccountRight's own import takes them."""
        return import_files(records)

    def _new_card(self, record: Record) -> dict[str, Any]:
        card: dict[str, Any] = {"CompanyName": record.contact_name, "IsIndividual": False}
        if record.contact_number:
            card["DisplayID"] = record.contact_number
        if record.contact_email:
            card["Addresses"] = [{"Location": 1, "Email": record.contact_email}]
        if self.tax_code:
            tax = {"UID": self.tax_code}
            card[CARDS[record.kind][1]] = {"TaxCode": tax, "FreightTaxCode": tax}
        return card


def adapter_for(connection: Connection) -> MyobRecords:
    """The adapter of one connection."""
    code = connection.settings.get("tax_type")
    return MyobRecords(str(code) if code else None, connection.target)


ADAPTER = MyobRecords()


def _asks_for_number(ref: Ref) -> str:
    return f"Number eq {_text(ref.key)}"


def _asks_for_card(ref: Ref) -> str:
    """A company has one name, a person two; a Card ID is another way to name either."""
    asked = [f"CompanyName eq {_text(ref.key)}"]
    first, _, last = ref.key.rpartition(" ")
    if first.strip():
        asked.append(f"(FirstName eq {_text(first.strip())} and LastName eq {_text(last)})")
    if ref.alias:
        asked.append(f"DisplayID eq {_text(ref.alias)}")
    return " or ".join(asked)


def _text(value: str) -> str:
    """A literal of OData, in which a quote is doubled."""
    return "'" + value.replace("'", "''") + "'"


def _card(card: Mapping[str, Any]) -> Remote:
    person = f"{card.get('FirstName') or ''} {card.get('LastName') or ''}".strip()
    name = str(card.get("CompanyName") or person)
    return Remote(str(card["UID"]), name, card.get("DisplayID"), card)


def _listed(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    found = body.get("Items")
    for one in found if isinstance(found, list) else []:
        if isinstance(one, Mapping) and one.get("UID"):
            yield one


def _in_part(one: Mapping[str, Any]) -> bool:
    """Whether a list shows of a document less than can be asked for."""
    return "Lines" not in one and SERVICE in (one.get("InvoiceType"), one.get("BillType"))


def _said(error: Mapping[str, Any]) -> str:
    words = str(error.get("Message") or error.get("Name") or "")
    details = str(error.get("AdditionalDetails") or "")
    if "InLockPeriod" in words + str(error.get("Name")):
        return f"its date lies in a period that is locked in MYOB ({words})"
    return f"{words} ({details})" if details and details not in words else words
