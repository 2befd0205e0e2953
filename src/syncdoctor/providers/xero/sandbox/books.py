"""One organisation's books: accounts, tax rates, contacts and documents, with their indexes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from syncdoctor.providers.common.embedded import Faults
from syncdoctor.providers.xero.sandbox import seed
from syncdoctor.providers.xero.sandbox.answers import Document, day, msdate, new_id

DOCUMENT_KINDS = ("Invoices", "CreditNotes")


@dataclass(slots=True)
class Shelf:
    """Records of one kind, by id and by what else finds them."""

    by_id: dict[str, Document] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)
    by_number: dict[str, str] = field(default_factory=dict)

    def named(self, name: str) -> Document | None:
        """The record of that name; case and spaces around it do not count."""
        return self.by_id.get(self.by_name.get(name.strip().casefold(), ""))

    def numbered(self, number: str) -> Document | None:
        """The record of that number."""
        return self.by_id.get(self.by_number.get(number, ""))


class Books:
    """What one organisation holds."""

    def __init__(self, organisation: str, name: str, now: datetime, *, demo: bool) -> None:
        self.id = organisation
        self.name = name
        self.demo = demo
        self.created = now
        self.period_lock: date | None = None
        self.contacts = Shelf()
        self.documents = {kind: Shelf() for kind in DOCUMENT_KINDS}
        self._accounts = seed.accounts(organisation, msdate(now))
        self._tax_rates = seed.tax_rates()
        self._next = {"INV": 1, "CN": 1}
        for contact in seed.CONTACTS:
            self.add_contact({"Name": contact}, now)
        self.add_contact({"Name": seed.ARCHIVED_CONTACT, "ContactStatus": "ARCHIVED"}, now)

    def accounts(self, faults: Faults) -> list[Document]:
        """The chart of accounts; faults may have archived or deleted one."""
        archived, deleted = self.missing_accounts(faults)
        return [
            {**account, "Status": "ARCHIVED"} if account["Code"] == archived else account
            for account in self._accounts
            if account["Code"] != deleted
        ]

    def missing_accounts(self, faults: Faults) -> tuple[str | None, str | None]:
        """The codes that faults archived and deleted."""
        archived, deleted = faults.on("account-archived"), faults.on("account-deleted")
        return (
            str(archived.params["code"]) if archived else None,
            str(deleted.params["code"]) if deleted else None,
        )

    def tax_rates(self, faults: Faults) -> list[Document]:
        """The tax rates; a fault may have deleted one."""
        gone = faults.on("tax-rate-deleted")
        return [
            {**rate, "Status": "DELETED"}
            if gone and rate["TaxType"] == gone.params["type"]
            else rate
            for rate in self._tax_rates
        ]

    def lock_date(self, faults: Faults, now: datetime) -> date | None:
        """Up to which day documents are locked, that day included."""
        if locked := faults.on("locked-period"):
            until = locked.params["until"]
            return date.fromisoformat(str(until)) if until else now.date()
        return self.period_lock

    def organisation(self, faults: Faults, now: datetime) -> Document:
        """The organisation as ``GET /Organisation`` shows it."""
        lock = self.lock_date(faults, now)
        shown: Document = {
            "Name": self.name,
            "LegalName": self.name,
            "PaysTax": True,
            "Version": "UK",
            "OrganisationType": "COMPANY",
            "BaseCurrency": "GBP",
            "CountryCode": "GB",
            "IsDemoCompany": self.demo,
            "OrganisationStatus": "ACTIVE",
            "FinancialYearEndDay": 31,
            "FinancialYearEndMonth": 3,
            "SalesTaxBasis": "ACCRUALS",
            "SalesTaxPeriod": "QUARTERLY",
            "DefaultSalesTax": "Tax Exclusive",
            "DefaultPurchasesTax": "Tax Exclusive",
            "CreatedDateUTC": msdate(self.created),
            "OrganisationEntityType": "COMPANY",
            "Timezone": "GMTSTANDARDTIME",
            "ShortCode": "!" + self.id.replace("-", "")[:5],
            "OrganisationID": self.id,
            "Edition": "BUSINESS",
            "Class": "DEMO" if self.demo else "STANDARD",
            "Addresses": [],
            "Phones": [],
            "ExternalLinks": [],
            "PaymentTerms": {},
        }
        if lock:
            midnight = day(datetime(lock.year, lock.month, lock.day, tzinfo=now.tzinfo))
            shown["PeriodLockDate"] = msdate(midnight)
        return shown

    def add_contact(self, fields: Document, now: datetime) -> Document:
        """Put a new contact on the shelf and return it."""
        number = len(self.contacts.by_id)
        stable = seed.stable_id(self.id, "contact", str(number))
        contact: Document = {
            "ContactID": stable if number <= len(seed.CONTACTS) else new_id(),
            "ContactStatus": "ACTIVE",
            "BankAccountDetails": "",
            "Addresses": [],
            "Phones": [],
            "ContactGroups": [],
            "IsSupplier": False,
            "IsCustomer": False,
            "SalesTrackingCategories": [],
            "PurchasesTrackingCategories": [],
            "ContactPersons": [],
            "HasValidationErrors": False,
        }
        self.contacts.by_id[contact["ContactID"]] = contact
        self.change_contact(contact, fields, now)
        return contact

    def change_contact(self, contact: Document, fields: Document, now: datetime) -> None:
        """Change a contact and keep the indexes true."""
        shelf = self.contacts
        shelf.by_name.pop(contact.get("Name", "").casefold(), None)
        shelf.by_number.pop(contact.get("ContactNumber", ""), None)
        contact |= fields
        contact["UpdatedDateUTC"] = msdate(now)
        shelf.by_name[contact["Name"].casefold()] = contact["ContactID"]
        if contact.get("ContactNumber"):
            shelf.by_number[contact["ContactNumber"]] = contact["ContactID"]

    def next_number(self, kind: str) -> str:
        """The number that Xero gives to a document that came without one."""
        prefix = "INV" if kind == "Invoices" else "CN"
        while True:
            number = f"{prefix}-{self._next[prefix]:04d}"
            self._next[prefix] += 1
            if number not in self.documents[kind].by_number:
                return number

    def settle(self, number: str, now: datetime) -> Document:
        """Mark a sales invoice as paid in full, as a person does in Xero's own pages."""
        invoice = self.documents["Invoices"].numbered(number)
        if invoice is None:
            raise KeyError(number)
        paid = {"AmountPaid": invoice["Total"], "AmountDue": 0.0, "Status": "PAID"}
        invoice |= {**paid, "FullyPaidOnDate": msdate(day(now)), "UpdatedDateUTC": msdate(now)}
        return invoice

    def counted(self) -> dict[str, Any]:
        """How many of each there are; documents by number, so that a doubled one shows."""
        numbers = {
            kind: Counter(_number(one) for shelf in self.documents.values()
                          for one in shelf.by_id.values() if one["Type"] == kind)
            for kind in ("ACCREC", "ACCPAY", "ACCRECCREDIT")
        }  # fmt: skip
        return {
            "id": self.id,
            "name": self.name,
            "contacts": len(self.contacts.by_id),
            "invoices": dict(numbers["ACCREC"]),
            "bills": dict(numbers["ACCPAY"]),
            "credit_notes": dict(numbers["ACCRECCREDIT"]),
        }


def _number(document: Document) -> str:
    return str(document.get("InvoiceNumber") or document.get("CreditNoteNumber") or "")


def due(date_of: datetime) -> datetime:
    """The due date when none was given: the sandbox's terms are 14 days."""
    return date_of + timedelta(days=14)
