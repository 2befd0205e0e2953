"""One company file: accounts, tax codes, cards and documents."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from itertools import count
from typing import Any

from syncdoctor.providers.common.embedded import Faults
from syncdoctor.providers.myob.sandbox import seed
from syncdoctor.providers.myob.sandbox.answers import Document, Refused
from syncdoctor.providers.myob.sandbox.faults import means

LONGEST_NAME, LONGEST_CARD_ID = 50, 15
DETAILS = {"Customer": "SellingDetails", "Supplier": "BuyingDetails"}


class Books:
    """What one company file holds; records are kept by their UID."""

    def __init__(self, identity: str) -> None:
        self.id = identity
        self.cards: dict[str, dict[str, Document]] = {"Customer": {}, "Supplier": {}}
        self.documents: dict[str, dict[str, Document]] = {"Sale/Invoice": {}, "Purchase/Bill": {}}
        self._serial = count(1)
        tax = {"UID": seed.TAX_CODE}
        for name in seed.CUSTOMERS:
            details = {"TaxCode": tax, "FreightTaxCode": tax}
            self.add_card("Customer", {"CompanyName": name, "SellingDetails": details})

    def next_uid(self) -> str:
        """A UID that no record has."""
        return seed.uid(f"{self.id}/{next(self._serial)}")

    def next_version(self) -> str:
        """A RowVersion that nothing had before."""
        return str(8_653_760_884_428_439_000 + next(self._serial))

    def accounts(self, faults: Faults) -> list[Document]:
        """The accounts list; faults may have taken one away or put it to rest."""
        gone, archived = faults.on("account-deleted"), faults.on("account-archived")
        usual = seed.SALES_ACCOUNT
        return [
            {**one, "IsActive": not (archived and means(archived.params["code"], one, usual))}
            for one in seed.accounts()
            if not (gone and means(gone.params["code"], one, usual))
        ]

    def tax_codes(self, faults: Faults) -> list[Document]:
        """The tax codes; a fault may have taken one away."""
        gone = faults.on("tax-rate-deleted")
        return [
            one
            for one in seed.tax_codes()
            if not (gone and means(gone.params["type"], one, seed.TAX_CODE))
        ]

    def add_card(self, kind: str, fields: Document) -> Document:
        """Put a new card in the file; a second one of a name is taken, as MYOB does.

        Raises:
            Refused: a field is missing or too long.
        """
        name = fields.get("LastName") if fields.get("IsIndividual") else fields.get("CompanyName")
        if not str(name or "").strip():
            field = "LastName" if fields.get("IsIndividual") else "CompanyName"
            raise Refused(400, "Required", f"{field} is required", 100, field)
        if len(str(name)) > LONGEST_NAME or len(fields.get("DisplayID") or "") > LONGEST_CARD_ID:
            raise Refused(400, "ValidationError", "A field is too long", 1000, "CompanyName")
        details = fields.get(DETAILS[kind]) or {}
        for code in ("TaxCode", "FreightTaxCode"):
            if not (details.get(code) or {}).get("UID"):
                raise Refused(
                    400, "Required", f"{code} is required", 100, f"{DETAILS[kind]}.{code}"
                )
        card: Document = {
            "UID": self.next_uid(),
            "CompanyName": fields.get("CompanyName"),
            "LastName": fields.get("LastName"),
            "FirstName": fields.get("FirstName"),
            "IsIndividual": bool(fields.get("IsIndividual")),
            "DisplayID": fields.get("DisplayID") or "*None",
            "IsActive": True,
            "Type": kind,
            "Addresses": fields.get("Addresses"),
            DETAILS[kind]: details,
            "CurrentBalance": 0,
            "RowVersion": self.next_version(),
        }
        self.cards[kind][card["UID"]] = card
        return card

    def locked_before(self, faults: Faults, now: datetime) -> date | None:
        """Up to which day documents are locked, that day included."""
        locked = faults.on("locked-period")
        if locked is None:
            return None
        until = locked.params["until"]
        return date.fromisoformat(str(until)) if until else now.date()

    def counted(self) -> dict[str, Any]:
        """How many of each there are; documents by number, so that a doubled one shows."""
        sales, bills = self.documents["Sale/Invoice"], self.documents["Purchase/Bill"]
        return {
            "id": self.id,
            "name": seed.FILES[self.id],
            "contacts": len(self.cards["Customer"]),
            "suppliers": len(self.cards["Supplier"]),
            "invoices": dict(Counter(one["Number"] for one in sales.values())),
            "bills": dict(Counter(one["Number"] for one in bills.values())),
        }


def name_of(card: Document) -> str:
    """How a document names a card."""
    person = f"{card.get('FirstName') or ''} {card.get('LastName') or ''}".strip()
    return str(card.get("CompanyName") or person)
