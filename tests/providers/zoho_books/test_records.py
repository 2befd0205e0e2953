"""What is sent to Zoho Books for a record, and how its answers and documents are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from syncdoctor.engine.adapter import Item, Outcome, Ref, Remote, Request, Standing, Unbacked
from syncdoctor.engine.record import Amounts, Line, Record, RecordStatus
from syncdoctor.providers.zoho_books.records import ADAPTER

Make = Callable[..., Record]


def there(record: Record, status: str = "sent", **changes: Any) -> Remote:
    """The document as Zoho would have it."""
    body = dict(ADAPTER.create(record.kind, [Item(record, "c-1")]).json)
    lines = [{**line, "line_item_id": f"l-{n}"} for n, line in enumerate(body["line_items"])]
    content = {**body, "line_items": lines, "customer_name": record.contact_name, "status": status}
    return Remote("i-1", record.key, None, {**content, **changes})


def test_each_record_is_asked_for_by_its_exact_name_or_number() -> None:
    one, two = ADAPTER.look_up("invoice", [Ref("invoice", "A&B"), Ref("invoice", "C")])
    assert (one.method, one.path, one.params) == ("GET", "invoices", {"invoice_number": "A&B"})
    assert two.params == {"invoice_number": "C"}
    (contact,) = ADAPTER.look_up("contact", [Ref("contact", "Ada")])
    assert (contact.path, contact.params) == ("contacts", {"contact_name": "Ada"})
    assert ADAPTER.look_up("credit-note", []) == ()


def test_a_list_shows_heads_so_the_whole_document_is_asked_for() -> None:
    listed = {"code": 0, "invoices": [{"invoice_id": "7", "invoice_number": "A"}]}
    assert ADAPTER.found("invoice", listed) == ()
    (request,) = ADAPTER.further("invoice", listed)
    assert (request.method, request.path) == ("GET", "invoices/7")
    whole = {"code": 0, "invoice": {"invoice_id": "7", "invoice_number": "A"}}
    (found,) = ADAPTER.found("invoice", whole) or ()
    assert (found.id, found.key) == ("7", "A")
    assert ADAPTER.further("invoice", whole) == ()


def test_a_vendor_is_no_contact_to_invoice() -> None:
    contacts = [
        {"contact_id": "1", "contact_name": "Ada", "contact_type": "vendor"},
        {"contact_id": "2", "contact_name": "Ada", "contact_type": "customer"},
    ]
    found = ADAPTER.found("contact", {"code": 0, "contacts": contacts}) or ()
    assert [one.id for one in found] == ["2"]
    assert ADAPTER.further("contact", {"code": 0, "contacts": contacts}) == ()


@pytest.mark.parametrize("body", [{"code": 1000, "message": "Internal error"}, "<html>", None])
def test_an_error_with_a_good_status_is_no_empty_list(body: Any) -> None:
    assert ADAPTER.found("invoice", body) is None
    assert ADAPTER.further("invoice", body) == ()


def test_an_invoice_is_made_with_our_number(record: Make) -> None:
    request = ADAPTER.create("invoice", [Item(record(reference="PO 7"), "c-1")])
    assert (request.method, request.path) == ("POST", "invoices")
    assert request.params == {"ignore_auto_number_generation": "true"}
    assert request.json == {
        "invoice_number": "TB-1",
        "customer_id": "c-1",
        "date": "2026-11-01",
        "due_date": "2026-12-01",
        "reference_number": "PO 7",
        "is_inclusive_tax": False,
        "line_items": [
            {
                "description": "Bread",
                "quantity": 2,
                "rate": 10.5,
                "account_id": "4600000000000388",
                "tax_id": "4600000000000410",
            }
        ],
    }


def test_a_credit_note_is_made_as_a_draft_and_has_no_due_date(record: Make) -> None:
    request = ADAPTER.create("credit-note", [Item(record(kind="credit-note"), "c-1")])
    assert request.path == "creditnotes"
    assert request.json["is_draft"] is True
    assert request.json["creditnote_number"] == "TB-1"
    assert "due_date" not in request.json


def test_a_contact_is_a_customer(record: Make) -> None:
    made = record(kind="contact", contact_name="Ada", contact_email="a@ada.test", lines=())
    assert ADAPTER.create("contact", [Item(made)]).json == {
        "contact_name": "Ada",
        "contact_type": "customer",
        "contact_persons": [{"email": "a@ada.test", "is_primary_contact": True}],
    }


def test_amounts_say_whether_they_hold_tax(record: Make) -> None:
    def sent(amounts: Amounts) -> Any:
        return ADAPTER.create("invoice", [Item(record(amounts=amounts))]).json

    assert sent(Amounts.INCLUSIVE)["is_inclusive_tax"] is True
    assert "is_inclusive_tax" not in sent(Amounts.NO_TAX)


def test_a_draft_that_is_right_is_marked_as_sent(record: Make) -> None:
    made = record()
    request = ADAPTER.update("invoice", [Item(made, "c-1", there(made, "draft"))])
    assert (request.method, request.path) == ("POST", "invoices/i-1/status/sent")
    credit = record(kind="credit-note")
    request = ADAPTER.update("credit-note", [Item(credit, "c-1", there(credit, "draft"))])
    assert request.path == "creditnotes/i-1/status/open"


def test_a_change_keeps_the_ids_of_lines_and_gives_a_reason(record: Make) -> None:
    before = record()
    lines = (Line("Rolls", Decimal(1), Decimal(3)), Line("Cake", Decimal(1), Decimal(4)))
    changed = ADAPTER.update("invoice", [Item(record(lines=lines), "c-1", there(before))])
    assert (changed.method, changed.path) == ("PUT", "invoices/i-1")
    assert [line.get("line_item_id") for line in changed.json["line_items"]] == ["l-0", None]
    assert changed.json["reason"]
    draft = ADAPTER.update("invoice", [Item(record(lines=lines), "c-1", there(before, "draft"))])
    assert "reason" not in draft.json


def test_the_code_says_what_became_of_a_record() -> None:
    made = {"code": 0, "message": "done", "invoice": {"invoice_id": "7", "status": "draft"}}
    (outcome,) = ADAPTER.outcomes("invoice", 1, made) or ()
    assert (outcome.accepted, outcome.provider_id) == (True, "7")
    (marked,) = ADAPTER.outcomes("invoice", 1, {"code": 0, "message": "Marked"}) or ()
    assert (marked.accepted, marked.provider_id) == (True, None)
    (refused,) = ADAPTER.outcomes("invoice", 1, {"code": 1002, "message": "No account"}) or ()
    assert refused == Outcome(accepted=False, message="No account")


@pytest.mark.parametrize(
    "body",
    [
        {"code": 3062, "message": "The customer Ada already exists."},
        {"code": 1001, "message": "Invoice TB-1 already exists."},
        {"code": 1, "message": "This number is already in use."},
    ],
)
def test_what_exists_already_is_told_apart(body: dict[str, Any]) -> None:
    (outcome,) = ADAPTER.outcomes("contact", 1, body) or ()
    assert outcome.exists


@pytest.mark.parametrize("code", [14, 44, 45, 57, 1000, 1070, 6041, 103001])
def test_what_no_change_of_a_record_mends_is_no_outcome_of_it(code: int) -> None:
    assert ADAPTER.outcomes("invoice", 1, {"code": code, "message": "no"}) is None
    assert ADAPTER.outcomes("invoice", 1, "<html>") is None


def test_only_an_authorised_draft_needs_a_further_request(record: Make) -> None:
    made = record()
    draft = Outcome(accepted=True, provider_id="7", body=dict(there(made, "draft").content))
    remaining = ADAPTER.remaining(Item(made, "c-1"), draft)
    assert remaining is not None
    assert remaining.id == "7"
    again = Outcome(accepted=True)
    assert ADAPTER.remaining(Item(made, "c-1", remaining), again) is None
    assert ADAPTER.remaining(Item(record(status=RecordStatus.DRAFT), "c-1"), draft) is None


def test_a_document_is_compared_with_all_that_is_sent(record: Make) -> None:
    made = record()

    def standing(remote: Remote) -> Standing:
        return ADAPTER.compare(made, remote).standing

    assert standing(there(made)) is Standing.SAME
    assert standing(there(made, "paid")) is Standing.SAME
    assert standing(there(made, "draft")) is Standing.DIFFERS  # it has yet to go out
    assert standing(there(made, date="2026-11-02")) is Standing.DIFFERS
    assert standing(there(made, customer_name="Other Ltd")) is Standing.DIFFERS
    assert standing(there(made, customer_name="JUNIPER & Co")) is Standing.SAME
    assert standing(there(made, "paid", date="2026-11-02")) is Standing.LOCKED
    assert standing(there(made, "void")) is Standing.LOCKED
    other = record(lines=(Line("Bread", Decimal(3), Decimal("10.50")),))
    assert standing(there(other)) is Standing.DIFFERS


def test_a_contact_that_is_there_is_taken_as_it_is() -> None:
    ada = Record("contact", "Ada", contact_email="new@ada.test")
    active = Remote("1", "Ada", None, {"status": "active", "email": "old@ada.test"})
    assert ADAPTER.compare(ada, active).standing is Standing.SAME
    asleep = Remote("1", "Ada", None, {"status": "inactive"})
    assert ADAPTER.compare(ada, asleep).standing is Standing.LOCKED


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"number": "9" * 101}, "number"),
        ({"contact_name": "n" * 201}, "contact_name"),
        ({"kind": "credit-note", "date": None}, "date"),
        ({"lines": (Line("d" * 2001, Decimal(1), Decimal(1)),)}, "line_description"),
    ],
)
def test_what_zoho_can_never_take_is_said_before_it_is_sent(
    record: Make, changes: dict[str, Any], column: str
) -> None:
    problem = ADAPTER.problem(record(**changes))
    assert problem is not None
    assert problem[0] == column


def test_what_it_can_take_is_no_problem(record: Make) -> None:
    assert ADAPTER.problem(record(due_date=dt.date(2026, 11, 30))) is None
    assert ADAPTER.export([record()]) == ()


CURRENCIES = {"code": 0, "currencies": [{"currency_id": "7", "currency_code": "EUR"}]}


def test_a_currency_is_named_by_its_id(record: Make) -> None:
    assert ADAPTER.ask_ids(record()) is None
    euro = record(currency="EUR")
    assert ADAPTER.ask_ids(euro) == Request("GET", "settings/currencies")
    backing = ADAPTER.ids(euro, CURRENCIES)
    assert backing == {"currency_id": "7"}
    assert ADAPTER.create("invoice", [Item(euro, "1", None, backing)]).json["currency_id"] == "7"
    person = Record("contact", "Ada", currency="EUR")
    assert ADAPTER.create("contact", [Item(person, None, None, backing)]).json["currency_id"] == "7"


@pytest.mark.parametrize("body", [CURRENCIES, {}, None, {"currencies": [None, {}]}])
def test_a_currency_that_the_organisation_has_not_is_said(record: Make, body: Any) -> None:
    found = ADAPTER.ids(record(currency="SEK"), body)
    assert isinstance(found, Unbacked)
    assert "SEK is not among the currencies" in found.message


def test_a_document_keeps_its_currency(record: Make) -> None:
    euro = there(record(), currency_code="EUR")
    assert ADAPTER.compare(record(currency="EUR"), euro).standing is Standing.SAME
    assert ADAPTER.compare(record(), euro).standing is Standing.SAME, "it leaves it open"
    locked = ADAPTER.compare(record(currency="GBP"), euro)
    assert locked.standing is Standing.LOCKED
    assert "is in EUR in Zoho Books" in locked.why
