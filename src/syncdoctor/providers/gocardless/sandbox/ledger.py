"""One organisation's account: its creditor, customers, bank accounts, mandates and payments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from syncdoctor.engine.working_days import back, working_days
from syncdoctor.providers.common.embedded import Faults
from syncdoctor.providers.gocardless.sandbox import seed
from syncdoctor.providers.gocardless.sandbox.answers import Document, Refused, moment

CUSTOMERS, BANK_ACCOUNTS = "customers", "customer_bank_accounts"
MANDATES, PAYMENTS = "mandates", "payments"
PREFIXES = {CUSTOMERS: "CU", BANK_ACCOUNTS: "BA", MANDATES: "MD", PAYMENTS: "PM"}
CHARGEABLE = ("pending_customer_approval", "pending_submission", "submitted", "active")
NOTICE_DAYS = 3  # working days from creation to the bank's collection
# https://developer.gocardless.com/api-reference/#making-requests-idempotency-keys (2026-11-22)
KEY_LIFE, LONGEST_KEY = timedelta(days=30), 128


class Ledger:
    """What one account holds. Elements are as GoCardless shows them; nothing is ever taken out."""

    def __init__(self, identity: str, now: datetime) -> None:
        self.id = identity
        self.shelves: dict[str, dict[str, Document]] = {name: {} for name in PREFIXES}
        self._keys: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._numbers = count(1)
        for company, email, status in seed.CUSTOMERS:
            customer = self.add(CUSTOMERS, customer_of(company, email), now)
            if status is not None:
                self._open_mandate(customer, company, status, now)

    def add(self, name: str, fields: Mapping[str, Any], now: datetime) -> Document:
        """Put a new element on a shelf."""
        identity = f"{PREFIXES[name]}{self.id[-3:]}{next(self._numbers):09}"
        element: Document = {"id": identity, "created_at": moment(now), "metadata": {}, **fields}
        self.shelves[name][identity] = element
        return element

    def newest_first(self, name: str) -> list[Document]:
        """A shelf in the order of a list."""
        return list(self.shelves[name].values())[::-1]

    def one(self, name: str, identity: str) -> Document:
        """An element by its id."""
        if identity not in self.shelves[name]:
            raise Refused(404, "resource_not_found", "Resource not found")
        return self.shelves[name][identity]

    def linked(self, name: str, identity: Any) -> Document:
        """An element that another one is to be linked to."""
        if identity not in self.shelves[name]:
            raise Refused(422, "link_not_found", "The linked resource was not found")
        return self.shelves[name][identity]

    def recall(self, name: str, key: str | None, now: datetime) -> None:
        """Refuse an idempotency key that has made something already."""
        if key is None:
            return
        if len(key) > LONGEST_KEY:
            words = "The idempotency key supplied is too long"
            raise Refused(400, "idempotency_key_too_long", words)
        made = self._keys.get((name, key))
        if made is not None and now - made[1] < KEY_LIFE:
            words = "A resource has already been created with this idempotency key"
            raise Refused(
                409,
                "idempotent_creation_conflict",
                words,
                kind="invalid_state",
                links={"conflicting_resource_id": made[0]},
            )

    def remember(self, name: str, key: str | None, made: Document, now: datetime) -> None:
        """Keep what a key has made."""
        if key is not None:
            self._keys[name, key] = (str(made["id"]), now)

    def creditor(self, faults: Faults, now: datetime) -> Document:
        """The creditor; a fault may keep it from being verified."""
        pending = faults.on("verification-pending")
        began = datetime(2024, 3, 4, 9, 30, tzinfo=now.tzinfo)
        if pending is not None:
            day = back(now.date(), int(pending.params["working_days"]))
            began = began.replace(year=day.year, month=day.month, day=day.day)
        return {
            "id": self.id,
            "created_at": moment(began),
            "name": seed.CREDITORS[self.id],
            "address_line1": "12 Harbour Street",
            "address_line2": None,
            "address_line3": None,
            "city": "Bristol",
            "region": None,
            "postal_code": "BS1 4DJ",
            "country_code": "GB",
            "creditor_type": "company",
            "logo_url": None,
            "bank_reference_prefix": "BAKERY",
            "can_create_refunds": False,
            "custom_payment_pages_enabled": False,
            "mandate_imports_enabled": False,
            "merchant_responsible_for_notifications": False,
            "scheme_identifiers": [],
            "verification_status": str(pending.params["status"]) if pending else "successful",
            "links": {"default_gbp_payout_account": f"BA{self.id[2:]}"},
        }

    def shown(self, name: str, element: Document, faults: Faults, now: datetime) -> Document:
        """An element as a call sees it: a mandate's next day moves on, a fault may end it."""
        if name != MANDATES:
            return element
        status = self.status_of(element, faults)
        day = next_charge_date(now.date()).isoformat() if status in CHARGEABLE else None
        return {**element, "status": status, "next_possible_charge_date": day}

    def status_of(self, mandate: Document, faults: Faults) -> str:
        """The state of a mandate; a fault may have put an end to it."""
        ended = faults.on("mandates-ended")
        customer = self.shelves[CUSTOMERS][mandate["links"]["customer"]]
        names = (None, customer["id"], customer["company_name"])
        if ended is None or ended.params["customer"] not in names:
            return str(mandate["status"])
        return str(ended.params["status"])

    def counted(self) -> dict[str, Any]:
        """How many of each there are; payments by number, so that a doubled one shows."""
        numbers = Counter(
            str(payment["metadata"].get("number", payment["id"]))
            for payment in self.shelves[PAYMENTS].values()
        )
        customers = Counter(c["company_name"] for c in self.shelves[CUSTOMERS].values())
        name = seed.CREDITORS[self.id]
        return {
            "id": self.id,
            "name": name,
            CUSTOMERS: dict(customers),
            MANDATES: len(self.shelves[MANDATES]),
            PAYMENTS: dict(numbers),
        }

    def _open_mandate(self, customer: Document, holder: str, status: str, now: datetime) -> None:
        links = {"customer": customer["id"]}
        account = self.add(BANK_ACCOUNTS, bank_account_of(holder, links), now)
        links = {**links, "creditor": self.id, "customer_bank_account": account["id"]}
        self.add(MANDATES, mandate_of(f"BAKERY-{customer['id'][-4:]}", status, links), now)


def customer_of(company: str | None, email: str | None) -> Document:
    """A customer with no more than a name and an address for mail."""
    fields = """address_line1 address_line2 address_line3 city region postal_code country_code
    danish_identity_number swedish_identity_number given_name family_name phone_number""".split()
    return {**dict.fromkeys(fields), "company_name": company, "email": email, "language": "en"}


def bank_account_of(holder: str, links: Document, ending: str = "11") -> Document:
    """A British bank account."""
    return {
        "account_holder_name": holder.upper()[:18],
        "account_number_ending": ending,
        "bank_account_token": None,
        "bank_name": "BARCLAYS BANK PLC",
        "country_code": "GB",
        "currency": "GBP",
        "enabled": True,
        "links": links,
    }


def mandate_of(reference: str, status: str, links: Document) -> Document:
    """A Bacs mandate."""
    return {
        "reference": reference,
        "status": status,
        "scheme": "bacs",
        "payments_require_approval": False,
        "verified_at": None,
        "funds_settlement": "managed",
        "links": links,
    }


def next_charge_date(today: date) -> date:
    """The first day on which the bank could collect what is made now."""
    return next(day for day in _days_after(today) if working_days(today, day) >= NOTICE_DAYS)


def _days_after(day: date) -> Iterator[date]:
    for number in count(1):
        yield day + timedelta(days=number)
