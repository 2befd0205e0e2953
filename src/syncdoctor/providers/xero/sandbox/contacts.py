"""Saving contacts: how Xero matches them, and what it refuses.

Matching and words: https://developer.xero.com/documentation/api/accounting/contacts and answers
recorded from a demo company
(https://github.com/corrin/docketworks/tree/main/apps/xero/fake/recordings), read on 2026-11-22.
"""

from __future__ import annotations

import re
from datetime import datetime

from syncdoctor.providers.xero.sandbox.answers import Document
from syncdoctor.providers.xero.sandbox.books import Books

# What a client may set; the rest of an element is Xero's own.
TEXTS = (
    "ContactNumber",
    "AccountNumber",
    "ContactStatus",
    "Name",
    "FirstName",
    "LastName",
    "CompanyNumber",
    "EmailAddress",
    "BankAccountDetails",
    "TaxNumber",
    "AccountsReceivableTaxType",
    "AccountsPayableTaxType",
    "DefaultCurrency",
)
LISTS = ("Addresses", "Phones", "ContactPersons")
STATUSES = ("ACTIVE", "ARCHIVED")
LONGEST_NAME = 255
LONGEST_NUMBER = 50
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)
UNKNOWN = "The Contact with the specified ContactID could not be found"


def find(books: Books, element: Document) -> Document | None:
    """The contact that an element means: by id, then number, then name."""
    shelf = books.contacts
    if identifier := element.get("ContactID"):
        return shelf.by_id.get(str(identifier).lower())
    if (number := element.get("ContactNumber")) and (contact := shelf.numbered(str(number))):
        return contact
    return shelf.named(str(element["Name"])) if element.get("Name") else None


def errors(books: Books, element: Document, *, create: bool) -> list[str]:
    """What Xero would refuse about a contact; ``create`` is a PUT, which never updates."""
    contact = find(books, element)
    if element.get("ContactID") and contact is None:
        return [UNKNOWN]
    if contact and contact["ContactStatus"] == "ARCHIVED" and not _restores(element):
        return [ARCHIVED]
    found = _field_errors(element, contact)
    return found + _uniqueness_errors(books, element, None if create else contact)


def _restores(element: Document) -> bool:
    return element.get("ContactStatus") == "ACTIVE"


def _field_errors(element: Document, contact: Document | None) -> list[str]:
    name = str(element.get("Name", contact["Name"] if contact else "")).strip()
    found = []
    if not name:
        found.append("The contact name must be specified.")
    if element.get("ContactStatus", "ACTIVE") not in STATUSES:
        found.append("The contact status must be ACTIVE or ARCHIVED.")
    if len(name) > LONGEST_NAME:
        found.append("The contact name cannot be more than 255 characters long.")
    if len(str(element.get("ContactNumber") or "")) > LONGEST_NUMBER:
        found.append("The contact number cannot be more than 50 characters long.")
    email = str(element.get("EmailAddress") or "")
    if email and not _EMAIL.fullmatch(email):
        found.append("Email address must be valid")
    return found


def _uniqueness_errors(books: Books, element: Document, contact: Document | None) -> list[str]:
    found = []
    namesake = books.contacts.named(str(element.get("Name") or ""))
    if namesake is not None and namesake is not contact:
        found.append(taken(element))
    holder = books.contacts.numbered(str(element.get("ContactNumber") or ""))
    if holder is not None and holder is not contact:
        found.append(
            "Another contact has this contact number. Please enter a different contact number."
        )
    return found


def taken(element: Document) -> str:
    """What Xero says of a name that another contact has."""
    return (
        f"The contact name {element['Name']} is already assigned to another contact. "
        "The contact name must be unique across all active contacts."
    )


def save(books: Books, element: Document, now: datetime) -> Document:
    """Create or update; :func:`errors` has been asked before."""
    fields: Document = {k: str(element[k]).strip() for k in TEXTS if element.get(k) is not None}
    fields |= {key: element[key] for key in LISTS if isinstance(element.get(key), list)}
    contact = find(books, element)
    if contact is None:
        return books.add_contact(fields, now)
    books.change_contact(contact, fields, now)
    return contact
