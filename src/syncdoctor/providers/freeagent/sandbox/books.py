"""One company's books: categories, contacts, invoices, credit notes and bills.

Addresses are kept short (``contacts/2``) and made whole when they are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from itertools import count
from typing import Any

from syncdoctor.providers.common.embedded import Faults
from syncdoctor.providers.freeagent.sandbox import seed
from syncdoctor.providers.freeagent.sandbox.answers import Document, moment

NUMBERED = ("invoices", "credit_notes")
KINDS = (*NUMBERED, "bills")
CONTACT_FIELDS = frozenset(
    """first_name last_name organisation_name email billing_email phone_number mobile address1
    address2 address3 town region postcode country uses_contact_invoice_sequence
    contact_name_on_invoices charge_sales_tax sales_tax_registration_number status
    default_payment_terms_in_days locale""".split()
)


class Books:
    """What one company holds."""

    def __init__(self, identity: str, now: datetime) -> None:
        self.id = identity
        self.contacts: dict[int, Document] = {}
        self.documents: dict[str, dict[int, Document]] = {kind: {} for kind in KINDS}
        self._numbers = count(1)
        for name in seed.CONTACTS:
            self.add_contact({"organisation_name": name}, now)
        self.add_contact({"organisation_name": seed.HIDDEN_CONTACT, "status": "Hidden"}, now)

    def next_id(self) -> int:
        """A number that no record of the company has."""
        return next(self._numbers)

    def categories(self, faults: Faults) -> dict[str, list[Document]]:
        """The categories; a fault may have deleted one."""
        gone = faults.on("account-deleted")
        code = str(gone.params["category"]) if gone else None
        return {
            group: [category for category in some if category["nominal_code"] != code]
            for group, some in seed.categories().items()
        }

    def category(self, code: str, faults: Faults) -> tuple[str, Document] | None:
        """A category and its group, by its nominal code."""
        for group, some in self.categories(faults).items():
            for category in some:
                if category["nominal_code"] == code:
                    return group, category
        return None

    def add_contact(self, fields: Document, now: datetime) -> Document:
        """Put a new contact in the books."""
        number = self.next_id()
        contact: Document = {
            "url": f"contacts/{number}",
            "country": "United Kingdom",
            "contact_name_on_invoices": True,
            "locale": "en",
            "account_balance": "0.0",
            "uses_contact_invoice_sequence": False,
            "charge_sales_tax": "Auto",
            "active_projects_count": 0,
            "status": "Active",
            "created_at": moment(now),
        }
        self.contacts[number] = contact
        self.change_contact(contact, fields, now)
        return contact

    def change_contact(self, contact: Document, fields: Document, now: datetime) -> None:
        """Change a contact; fields that FreeAgent does not know are left out without a word."""
        contact |= {name: value for name, value in fields.items() if name in CONTACT_FIELDS}
        contact["updated_at"] = moment(now)

    def references(self) -> Iterator[str]:
        """Every reference: invoices and credit notes share one sequence."""
        for kind in NUMBERED:
            yield from (document["reference"] for document in self.documents[kind].values())

    def next_reference(self) -> str:
        """The reference that FreeAgent gives to a document that came without one."""
        taken = set(self.references())
        return next(text for number in count(1) if (text := f"{number:03}") not in taken)

    def lock_date(self, faults: Faults, now: datetime) -> date | None:
        """Up to which day documents are locked, that day included."""
        locked = faults.on("locked-period")
        if locked is None:
            return None
        until = locked.params["until"]
        return date.fromisoformat(str(until)) if until else now.date()

    def counted(self) -> dict[str, Any]:
        """How many of each there are; documents by reference, so that a doubled one shows."""
        numbers = {
            kind: dict(Counter(document["reference"] for document in shelf.values()))
            for kind, shelf in self.documents.items()
        }
        name = seed.COMPANIES[self.id]
        return {"id": self.id, "name": name, "contacts": len(self.contacts), **numbers}


def display_name(contact: Document) -> str:
    """How a contact is called on documents."""
    person = f"{contact.get('first_name') or ''} {contact.get('last_name') or ''}".strip()
    return str(contact.get("organisation_name") or person)
