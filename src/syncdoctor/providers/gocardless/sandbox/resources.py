"""Making and changing customers, bank accounts, mandates and payments, with GoCardless's refusals.

https://developer.gocardless.com/api-reference/#core-endpoints (2026-11-22). Sentences that its
documentation does not show are derived from the ones of its SDKs' fixtures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from syncdoctor.providers.common.embedded import Call
from syncdoctor.providers.gocardless.sandbox.answers import (
    INVALID_STATE,
    Document,
    Refused,
    invalid,
)
from syncdoctor.providers.gocardless.sandbox.ledger import (
    BANK_ACCOUNTS,
    CHARGEABLE,
    CUSTOMERS,
    MANDATES,
    PAYMENTS,
    Ledger,
    bank_account_of,
    customer_of,
    mandate_of,
    next_charge_date,
)

Fields = Mapping[str, Any]
BLANK = "can't be blank"
PAIRS, NAME_LENGTH, VALUE_LENGTH = 3, 50, 500
CURRENCIES = ("AUD", "CAD", "DKK", "EUR", "GBP", "NZD", "SEK", "USD")
SCHEME_CURRENCY = {"bacs": "GBP"}
AHEAD = timedelta(days=365)
ENDED = ("failed", "cancelled", "expired")


def make(ledger: Ledger, call: Call, name: str, fields: Fields) -> Document:
    """A new element, once its fields are found right."""
    _check_metadata(name, fields)
    made = MAKERS[name](ledger, call, fields)
    return ledger.add(name, {**made, "metadata": dict(fields.get("metadata") or {})}, call.now)


def change(name: str, element: Document, fields: Fields) -> None:
    """Change an element: customers in all that they are, anything else in its metadata."""
    _check_metadata(name, fields)
    free = {"metadata", "retry_if_possible"} if name == PAYMENTS else {"metadata"}
    if name == CUSTOMERS:
        free |= set(customer_of(None, None))
    if unknown := [field for field in fields if field not in free]:
        raise invalid(name, [(field, "is not a valid parameter") for field in unknown])
    element.update(fields)


def act(ledger: Ledger, call: Call, name: str, element: Document, action: str) -> None:
    """Cancel a mandate or a payment, or have a payment tried again."""
    if (name, action) == (MANDATES, "cancel"):
        if ledger.status_of(element, call.faults) not in CHARGEABLE:
            raise _wrong_state("cancellation_failed", "This mandate can no longer be cancelled")
        element["status"] = "cancelled"
    elif (name, action) == (PAYMENTS, "cancel"):
        if element["status"] != "pending_submission":
            raise _wrong_state("cancellation_failed", "This payment can no longer be cancelled")
        element["status"] = "cancelled"
    elif (name, action) == (PAYMENTS, "retry"):
        if element["status"] != "failed":
            raise _wrong_state("retry_failed", "This payment could not be retried")
        element["status"] = "pending_submission"
    else:
        raise Refused(404, "path_not_found", "The path was not recognised")


def _customer(ledger: Ledger, call: Call, fields: Fields) -> Document:
    del ledger, call
    problems = []
    if not fields.get("company_name"):
        names = ("given_name", "family_name")
        problems += [(name, BLANK) for name in names if not fields.get(name)]
    email = fields.get("email")
    if not email:
        problems.append(("email", BLANK))
    elif "@" not in str(email):
        problems.append(("email", "is invalid"))
    if problems:
        raise invalid(CUSTOMERS, problems)
    return {**customer_of(None, None), **fields}


def _bank_account(ledger: Ledger, call: Call, fields: Fields) -> Document:
    del call
    customer = ledger.linked(CUSTOMERS, _link(fields, "customer"))
    wanted = ("account_holder_name", "account_number", "branch_code", "country_code")
    if problems := [(name, BLANK) for name in wanted if not fields.get(name)]:
        raise invalid(BANK_ACCOUNTS, problems)
    if not str(fields["branch_code"]).replace("-", "").isdigit():
        raise invalid(BANK_ACCOUNTS, [("branch_code", "must be a number")])
    links = {"customer": customer["id"]}
    number = str(fields["account_number"])
    return bank_account_of(str(fields["account_holder_name"]), links, number[-2:])


def _mandate(ledger: Ledger, call: Call, fields: Fields) -> Document:
    del call
    account = ledger.linked(BANK_ACCOUNTS, _link(fields, "customer_bank_account"))
    links = {
        "customer": account["links"]["customer"],
        "customer_bank_account": account["id"],
        "creditor": ledger.id,
    }
    reference = str(fields.get("reference") or f"BAKERY-{account['id'][-4:]}")
    return mandate_of(reference, "pending_submission", links)


def _payment(ledger: Ledger, call: Call, fields: Fields) -> Document:
    mandate = ledger.linked(MANDATES, _link(fields, "mandate"))
    if problems := list(_payment_problems(mandate, call, fields)):
        raise invalid(PAYMENTS, problems)
    status = ledger.status_of(mandate, call.faults)
    if status not in CHARGEABLE:
        words = (
            "Mandate is failed, cancelled or expired" if status in ENDED else f"Mandate is {status}"
        )
        raise _wrong_state("mandate_is_inactive", words)
    first = next_charge_date(call.now.date()).isoformat()
    return {
        "amount": fields["amount"],
        "amount_refunded": 0,
        "charge_date": fields.get("charge_date") or first,
        "currency": fields["currency"],
        "description": fields.get("description"),
        "reference": fields.get("reference"),
        "retry_if_possible": bool(fields.get("retry_if_possible", False)),
        "faster_ach": None,
        "scheme": mandate["scheme"],
        "status": "pending_submission",
        "links": {"mandate": mandate["id"], "creditor": ledger.id},
    }


def _payment_problems(mandate: Document, call: Call, fields: Fields) -> Iterator[tuple[str, str]]:
    amount = fields.get("amount")
    if not isinstance(amount, int) or isinstance(amount, bool):
        yield "amount", "is not a number"
    elif amount < 1:
        yield "amount", "must be greater than 0"
    if fields.get("currency") not in CURRENCIES:
        yield "currency", "is not included in the list"
    elif fields["currency"] != SCHEME_CURRENCY[mandate["scheme"]]:
        yield "currency", "doesn't match mandate currency"
    if wanted := fields.get("charge_date"):
        yield from _charge_date_problems(str(wanted), call.now.date())


def _charge_date_problems(wanted: str, today: date) -> Iterator[tuple[str, str]]:
    try:
        day = date.fromisoformat(wanted)
    except ValueError:
        yield "charge_date", "is not a valid date"
        return
    if day < next_charge_date(today):
        yield "charge_date", "must be on or after mandate's next_possible_charge_date"
    elif day > today + AHEAD:
        yield "charge_date", "must be within a year"


def _check_metadata(name: str, fields: Fields) -> None:
    """At most three pairs of text: names of 50 characters, values of 500."""
    given = fields.get("metadata") or {}
    for key, value in given.items():
        if not isinstance(value, str):
            pointer = {"field": "metadata", "request_pointer": f"/{name}/metadata/{key}"}
            errors = [{**pointer, "message": f"{value} is not a string."}]
            words = "One of your parameters was incorrectly typed"
            raise Refused(422, "invalid_type", words, errors=errors)
    if len(given) > PAIRS:
        raise invalid(name, [("metadata", f"cannot have more than {PAIRS} keys")])
    if any(len(key) > NAME_LENGTH or len(value) > VALUE_LENGTH for key, value in given.items()):
        raise invalid(name, [("metadata", "has a key or a value that is too long")])


def _link(fields: Fields, name: str) -> Any:
    links = fields.get("links")
    return links.get(name) if isinstance(links, dict) else None


def _wrong_state(reason: str, words: str) -> Refused:
    return Refused(422, reason, words, kind=INVALID_STATE)


MAKERS: Mapping[str, Callable[[Ledger, Call, Fields], Document]] = {
    CUSTOMERS: _customer,
    BANK_ACCOUNTS: _bank_account,
    MANDATES: _mandate,
    PAYMENTS: _payment,
}
