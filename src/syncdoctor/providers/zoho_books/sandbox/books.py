"""One organisation's books: accounts, taxes, contacts and documents."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from itertools import count
from typing import Any

from syncdoctor.engine.adapter import folded
from syncdoctor.providers.common.embedded import Faults
from syncdoctor.providers.zoho_books.sandbox import seed
from syncdoctor.providers.zoho_books.sandbox.answers import Document, Refused, missing


class Books:
    """What one organisation holds; records are kept by their id."""

    def __init__(self, identity: str) -> None:
        self.id = identity
        self.contacts: dict[str, Document] = {}
        self.documents: dict[str, dict[str, Document]] = {
            "invoices": {},
            "creditnotes": {},
            "bills": {},
        }
        self._ids = count(seed.FIRST_ID)
        for name in seed.CONTACTS:
            self.add_contact({"contact_name": name, "contact_type": "customer"})

    def next_id(self) -> str:
        """An id that no record has."""
        return str(next(self._ids))

    def accounts(self, faults: Faults) -> list[Document]:
        """The chart of accounts; faults may have taken one away or put it to rest."""
        gone, archived = faults.on("account-deleted"), faults.on("account-archived")
        return [
            {**account, "is_active": not (archived and _is(account, archived.params))}
            for account in seed.accounts()
            if not (gone and _is(account, gone.params))
        ]

    def add_contact(self, fields: Document) -> Document:
        """Put a new contact in the books.

        Raises:
            Refused: there is one of that name (https://www.zoho.com/books/api/v3/contacts/); a
                vendor may have a customer's.
        """
        name = " ".join(str(fields["contact_name"]).split())
        kind = fields.get("contact_type", "customer")
        alike = (one for one in self.contacts.values() if one["contact_type"] == kind)
        if any(folded(one["contact_name"]) == folded(name) for one in alike):
            words = f"The {kind} {name} already exists. Please specify a different name."
            raise Refused(400, 3062, words)
        currency = seed.currency(fields.get("currency_id"))
        if currency is None:
            raise missing("Currency")
        persons = fields.get("contact_persons") or [{}]
        contact = {
            "contact_id": self.next_id(),
            "contact_name": name,
            "contact_type": kind,
            "status": "active",
            "email": persons[0].get("email", ""),
            "currency_code": currency,
        }
        self.contacts[contact["contact_id"]] = contact
        return contact

    def locked_until(self, faults: Faults, now: datetime) -> date | None:
        """Up to which day documents are locked, that day included."""
        locked = faults.on("locked-period")
        if locked is None:
            return None
        until = locked.params["until"]
        return date.fromisoformat(str(until)) if until else now.date()

    def counted(self) -> dict[str, Any]:
        """How many of each there are; documents by number, so that a doubled one shows."""
        invoices, credits_ = self.documents["invoices"], self.documents["creditnotes"]
        bills = self.documents["bills"].values()
        return {
            "id": self.id,
            "name": seed.ORGANISATIONS[self.id],
            "contacts": len(self.contacts),
            "invoices": dict(Counter(one["invoice_number"] for one in invoices.values())),
            "credit_notes": dict(Counter(one["creditnote_number"] for one in credits_.values())),
            "bills": dict(Counter(one["bill_number"] for one in bills)),
        }


def _is(account: Document, params: Any) -> bool:
    # Faults are shared by all providers: another one's name for an account may be on as well.
    return str(params.get("code")) in (account["account_code"], account["account_id"])
