"""FreeAgent's requests, and what its answers mean for a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from syncdoctor.engine.adapter import Item, Outcome, Ref, Remote, Standing
from syncdoctor.engine.record import Amounts, Line, Record, RecordStatus
from syncdoctor.providers.freeagent.records import ADAPTER

API = "https://api.sandbox.freeagent.com/v2"
CONTACT = f"{API}/contacts/2"
Make = Callable[..., Record]


def there(record: Record, **changes: Any) -> Remote:
    """The record as FreeAgent shows it once it has it."""
    (element,) = ADAPTER.create(record.kind, [Item(record, CONTACT)]).json.values()
    name = next(key for key in element if key.endswith("_items"))
    lines = [
        {**line, "url": f"{API}/invoice_items/{number}", "item_type": ""}
        for number, line in enumerate(element[name], 7)
    ]
    content = {**element, "status": "Draft", "contact_name": record.contact_name, name: lines}
    url = f"{API}/invoices/3"
    return Remote(url, record.number or "", None, {**content, "url": url, **changes})


def test_an_invoice_goes_as_documented(record: Make) -> None:
    made = ADAPTER.create("invoice", [Item(record(currency="GBP", reference="PO 7"), CONTACT)])
    assert (made.method, made.path) == ("POST", "invoices")
    assert made.json == {
        "invoice": {
            "reference": "TB-1",
            "contact": CONTACT,
            "dated_on": "2026-11-01",
            "due_on": "2026-12-01",
            "payment_terms_in_days": 30,
            "currency": "GBP",
            "po_reference": "PO 7",
            "invoice_items": [
                {
                    "description": "Bread",
                    "quantity": "2",
                    "price": "10.50",
                    "category": f"{API}/categories/001",
                }
            ],
        }
    }


def test_what_is_credited_has_a_negative_price(record: Make) -> None:
    note = record(kind="credit-note", due_date=None)
    made = ADAPTER.create("credit-note", [Item(note, CONTACT)])
    assert made.path == "credit_notes"
    element = made.json["credit_note"]
    assert element["credit_note_items"][0]["price"] == "-10.50"
    assert (element["due_on"], element["payment_terms_in_days"]) == ("2026-11-01", 0)


@pytest.mark.parametrize(
    ("amounts", "tax_type", "rate"),
    [(Amounts.EXCLUSIVE, "20", "20"), (Amounts.EXCLUSIVE, "17.5%", "17.5"),
     (Amounts.NO_TAX, None, "0"), (Amounts.EXCLUSIVE, None, None)],
)  # fmt: skip
def test_sales_tax_is_a_rate(
    record: Make, amounts: Amounts, tax_type: str | None, rate: str | None
) -> None:
    line = Line("Bread", Decimal(1), Decimal(1), "001", tax_type)
    made = ADAPTER.create("invoice", [Item(record(amounts=amounts, lines=(line,)), CONTACT)])
    assert made.json["invoice"]["invoice_items"][0].get("sales_tax_rate") == rate


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"date": None}, "date"),
        ({"due_date": None}, "due_date"),
        ({"due_date": dt.date(2026, 10, 1)}, "due_date"),
        ({"amounts": Amounts.INCLUSIVE}, "amounts"),
        ({"lines": (Line("x", Decimal(1), Decimal(1), "Sales"),)}, "account"),
        ({"lines": (Line("x", Decimal(1), Decimal(1), "001", "OUTPUT2"),)}, "tax_type"),
        ({"lines": (Line("x", Decimal(1), Decimal(1), "001", "NaN"),)}, "tax_type"),
    ],
)
def test_what_freeagent_can_never_take_is_told_before_it_is_sent(
    record: Make, changes: dict[str, Any], column: str
) -> None:
    problem = ADAPTER.problem(record(**changes))
    assert problem is not None
    assert problem[0] == column


def test_what_freeagent_takes_is_no_problem(record: Make) -> None:
    assert ADAPTER.problem(record()) is None
    assert ADAPTER.problem(record(kind="credit-note", due_date=None)) is None
    assert ADAPTER.problem(Record("contact", "Ada Ltd")) is None


def test_lists_are_asked_for_newest_first_with_their_lines() -> None:
    (asked,) = ADAPTER.look_up("credit-note", [Ref("credit-note", "C-1"), Ref("credit-note", "C")])
    assert (asked.method, asked.path) == ("GET", "credit_notes")
    assert asked.params["sort"] == "-created_at"
    assert asked.params["nested_credit_note_items"] == "true"
    assert ADAPTER.look_up("contact", []) == ()


@pytest.mark.parametrize(
    ("names", "key"),
    [({"organisation_name": "Acme", "first_name": "A", "last_name": "B"}, "Acme"),
     ({"organisation_name": None, "first_name": "Ada", "last_name": "Love"}, "Ada Love")],
)  # fmt: skip
def test_a_contact_goes_by_its_organisation_or_its_person(names: dict[str, Any], key: str) -> None:
    (found,) = ADAPTER.found("contact", {"contacts": [{"url": CONTACT, **names}, {"no": "url"}]})
    assert (found.id, found.key) == (CONTACT, key)
    assert ADAPTER.found("contact", "page") == ()


def test_a_contact_is_changed_in_its_email_alone() -> None:
    ada = Record("contact", "Ada Ltd", contact_email="ada@example.com")
    remote = Remote(CONTACT, "Ada Ltd", None, {"email": "old@example.com"})
    assert ADAPTER.compare(ada, remote).standing is Standing.DIFFERS
    made = ADAPTER.update("contact", [Item(ada, None, remote)])
    assert (made.method, made.path) == ("PUT", "contacts/2")
    assert made.json == {"contact": {"email": "ada@example.com"}}
    assert ADAPTER.compare(replace(ada, contact_email=None), remote).standing is Standing.SAME


def test_a_draft_that_was_to_be_sent_is_marked_in_a_second_step(record: Make) -> None:
    made = there(record())
    body = {"invoice": made.content}
    (outcome,) = ADAPTER.outcomes("invoice", 1, body) or ()
    assert (outcome.accepted, outcome.provider_id) == (True, made.id)
    now = ADAPTER.remaining(Item(record(), CONTACT), outcome)
    assert now is not None
    step = ADAPTER.update("invoice", [Item(record(), CONTACT, now)])
    path = "invoices/3/transitions/mark_as_sent"
    assert (step.method, step.path, step.json) == ("PUT", path, None)
    (sent,) = ADAPTER.outcomes("invoice", 1, None) or ()
    assert ADAPTER.remaining(Item(record(), CONTACT, now), sent) is None


def test_a_draft_that_stays_one_needs_no_second_step(record: Make) -> None:
    draft = record(status=RecordStatus.DRAFT)
    outcome = Outcome(accepted=True, provider_id="u", body=there(draft).content)
    assert ADAPTER.remaining(Item(draft, CONTACT), outcome) is None
    assert ADAPTER.compare(draft, there(draft)).standing is Standing.SAME


def test_lines_are_changed_by_id_added_and_destroyed(record: Make) -> None:
    one, two = (Line(text, Decimal(1), Decimal(1), "001") for text in ("one", "two"))
    fewer = there(record(lines=(one, two)))
    step = ADAPTER.update("invoice", [Item(record(lines=(two,)), CONTACT, fewer)])
    items = step.json["invoice"]["invoice_items"]
    assert [(i["id"], i.get("description"), i.get("_destroy")) for i in items] == [
        (7, "two", None),
        (8, None, 1),
    ]
    more = there(record(lines=(one,)))
    step = ADAPTER.update("invoice", [Item(record(lines=(one, two)), CONTACT, more)])
    items = step.json["invoice"]["invoice_items"]
    assert [(i.get("id"), i["description"]) for i in items] == [(7, "one"), (None, "two")]
    after = ADAPTER.remaining(Item(record(lines=(one, two)), CONTACT, more), Outcome(accepted=True))
    assert after is not None
    marked = ADAPTER.update("invoice", [Item(record(lines=(one, two)), CONTACT, after)])
    assert marked.path.endswith("mark_as_sent")


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({"status": "Open"}, Standing.SAME),
        ({"status": "Paid", "contact_name": "J. Smith (juniper & co)"}, Standing.SAME),
        ({"status": "Draft"}, Standing.DIFFERS),
        ({"status": "Draft", "dated_on": "2026-11-02"}, Standing.DIFFERS),
        ({"status": "Open", "dated_on": "2026-11-02"}, Standing.LOCKED),
        ({"status": "Open", "contact_name": "Somebody else"}, Standing.LOCKED),
        ({"status": "Open", "invoice_items": []}, Standing.LOCKED),
        ({"status": "Draft", "invoice_items": [{"description": "no url"}]}, Standing.LOCKED),
    ],
)
def test_what_is_there_is_compared(
    record: Make, changes: dict[str, Any], standing: Standing
) -> None:
    assert ADAPTER.compare(record(), there(record(), **changes)).standing is standing


def test_amounts_and_addresses_are_compared_by_what_they_mean(record: Make) -> None:
    line = {
        "description": "Bread",
        "quantity": "2.0",
        "price": "10.5",
        "category": "https://api.freeagent.com/v2/categories/001",
        "url": "/v2/invoice_items/9",
    }
    remote = there(record(), status="Open", invoice_items=[line])
    assert ADAPTER.compare(record(), remote).standing is Standing.SAME


@pytest.mark.parametrize(
    "errors",
    [
        [{"message": "reference has already been taken"}],
        {"error": {"message": "Reference has already been taken"}},
        {"reference": ["reference is already in use"]},
    ],
)
def test_a_reference_that_is_taken_is_told_from_other_refusals(errors: Any) -> None:
    (outcome,) = ADAPTER.outcomes("invoice", 1, {"errors": errors}) or ()
    assert (outcome.accepted, outcome.exists) == (False, True)


def test_refusals_are_told_in_freeagents_words() -> None:
    errors = [{"message": "dated_on can't be blank"}, {"message": "contact can't be blank"}]
    (outcome,) = ADAPTER.outcomes("invoice", 1, {"errors": errors}) or ()
    assert (outcome.accepted, outcome.exists) == (False, False)
    assert outcome.message == "dated_on can't be blank; contact can't be blank"


def test_an_answer_that_does_not_say_decides_nothing() -> None:
    assert ADAPTER.outcomes("invoice", 1, "<html></html>") is None
    assert ADAPTER.outcomes("invoice", 1, {"something": "else"}) is None
    made_without_address: dict[str, Any] = {"invoice": {"reference": "TB-1"}}
    (outcome,) = ADAPTER.outcomes("invoice", 1, made_without_address) or ()
    assert outcome.provider_id is None


def test_there_is_no_file_to_import_by_hand(record: Make) -> None:
    assert ADAPTER.export([record()]) == ()
