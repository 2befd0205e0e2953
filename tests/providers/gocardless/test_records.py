"""Records to requests, and GoCardless's answers to outcomes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from syncdoctor.engine.adapter import Backed, Item, Ref, Remote, Standing, Unbacked
from syncdoctor.engine.record import Record
from syncdoctor.model import Cause
from syncdoctor.providers.gocardless.records import ADAPTER

Make = Callable[..., Record]
Json = dict[str, Any]
CUSTOMER = {"id": "CU1", "company_name": "Juniper & Co", "email": "a@juniper.example"}


def mandate(status: str = "active", **changes: Any) -> Json:
    links = {"customer": "CU1", "creditor": "CR1"}
    day = "2026-11-26"
    made = {"id": "MD1", "status": status, "scheme": "bacs", "next_possible_charge_date": day}
    return {**made, "links": links, **changes}


def there(**changes: Any) -> Remote:
    known = {"number": "P-1", "invoice_number": "INV-1"}
    made = {
        "id": "PM1",
        "status": "pending_submission",
        "amount": 12050,
        "currency": "GBP",
        "charge_date": "2026-11-26",
        "metadata": known,
    }
    return Remote("PM1", "P-1", None, {**made, **changes})


def backed(record: Record, mandates: list[Json], *more: Json) -> Any:
    return ADAPTER.back(record, [{"customers": [CUSTOMER, *more]}, {"mandates": mandates}])


def sent(record: Record, known: Json | None = None) -> Json:
    request = ADAPTER.create("payment", [Item(record, backing=known or mandate())])
    assert (request.method, request.path) == ("POST", "payments")
    element: Json = request.json["payments"]
    return element


def test_a_payment_is_sent_in_the_smaller_unit_with_what_it_is_known_by(record: Make) -> None:
    assert sent(record(reference="March")) == {
        "amount": 12050,
        "currency": "GBP",
        "description": "Invoice INV-1",
        "charge_date": "2026-11-26",
        "metadata": {"number": "P-1", "invoice_number": "INV-1", "reference": "March"},
        "links": {"mandate": "MD1"},
    }


@pytest.mark.parametrize(
    ("wanted", "first", "charged"),
    [
        (None, "2026-11-26", "2026-11-26"),
        (dt.date(2026, 11, 1), "2026-11-26", "2026-11-26"),
        (dt.date(2026, 12, 1), "2026-11-26", "2026-12-01"),
        (dt.date(2026, 12, 1), None, "2026-12-01"),
        (None, None, None),
    ],
)
def test_nothing_is_charged_before_the_mandate_can_be(
    record: Make, wanted: dt.date | None, first: str | None, charged: str | None
) -> None:
    element = sent(record(date=wanted), mandate(next_possible_charge_date=first))
    assert element.get("charge_date") == charged


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"amount": Decimal("1.005")}, "amount"),
        ({"currency": "JPY"}, "currency"),
        ({"number": "n" * 501}, "number"),
        ({"reference": "r" * 501}, "reference"),
    ],
)
def test_what_can_never_be_taken_is_said_first(record: Make, changes: Json, column: str) -> None:
    found = ADAPTER.problem(record(**changes))
    assert found is not None
    assert found[0] == column


def test_a_right_payment_has_no_problem(record: Make) -> None:
    assert ADAPTER.problem(record(amount=Decimal("0.01"), number="n" * 500)) is None
    assert ADAPTER.problem(Record("contact", "Ada Ltd")) is None


@pytest.mark.parametrize(
    "status", ["pending_customer_approval", "pending_submission", "submitted", "active"]
)
def test_these_mandates_are_charged(record: Make, status: str) -> None:
    assert backed(record(), [mandate(status)])["id"] == "MD1"


@pytest.mark.parametrize(
    "status", ["failed", "cancelled", "expired", "consumed", "blocked", "suspended_by_payer", "odd"]
)
def test_these_mandates_are_not(record: Make, status: str) -> None:
    found = backed(record(), [mandate(status)])
    assert isinstance(found, Unbacked)
    assert found.cause is Cause.PAYMENT_REFUSED
    assert found.message.startswith("Juniper & Co has no mandate that can be used: MD1 ")
    assert "None" not in found.message


def test_the_mandate_furthest_on_its_way_is_taken(record: Make) -> None:
    newer = [mandate("pending_submission", id="MD3"), mandate("cancelled", id="MD2")]
    assert backed(record(), [*newer, mandate("active")])["id"] == "MD1"
    assert backed(record(), newer)["id"] == "MD3"


def test_the_currency_decides_where_it_is_given(record: Make) -> None:
    euros = mandate(id="MD2", scheme="sepa_core")
    assert backed(record(currency="EUR"), [mandate(), euros])["id"] == "MD2"
    assert sent(record(), euros)["currency"] == "EUR"
    found = backed(record(currency="SEK"), [mandate(), euros])
    assert found.message == "Juniper & Co has mandates for EUR, GBP and none for SEK."


@pytest.mark.parametrize(
    ("name", "cause", "words"),
    [
        ("Nobody Ltd", Cause.RECORD_NOT_FOUND, "Nobody Ltd is no customer at GoCardless."),
        ("Juniper & Co", Cause.PAYMENT_REFUSED, "set up a Direct Debit first"),
    ],
)
def test_who_cannot_be_charged_is_said(record: Make, name: str, cause: Cause, words: str) -> None:
    found = backed(record(contact_name=name), [])
    assert found.cause is cause
    assert words in found.message


def test_of_two_customers_of_one_name_none_is_charged_by_guess(record: Make) -> None:
    twin = {"id": "CU2", "company_name": "JUNIPER &  CO", "metadata": {"contact_number": "7"}}
    other = mandate(id="MD2", links={"customer": "CU2", "creditor": "CR1"})
    mandates = [mandate(), other]
    found = backed(record(), mandates, twin)
    assert "is the name of 2 customers" in found.message
    assert backed(record(contact_email="A@juniper.example"), mandates, twin)["id"] == "MD1"
    assert backed(record(contact_number="7"), mandates, twin)["id"] == "MD2"


def test_of_two_creditors_none_is_paid_by_guess(record: Make) -> None:
    other = mandate(id="MD2", links={"customer": "CU1", "creditor": "CR2"})
    assert "more than one creditor" in backed(record(), [mandate(), other]).message


def test_a_person_is_a_customer_too(record: Make) -> None:
    person = {"id": "CU1", "given_name": "Ada", "family_name": "Love"}
    found = ADAPTER.back(
        record(contact_name="ada love"), [{"customers": [person], "mandates": [mandate()]}]
    )
    assert not isinstance(found, Unbacked)
    assert found["id"] == "MD1"


def test_lists_are_read_through_by_their_cursors() -> None:
    (request,) = ADAPTER.look_up("payment", [Ref("payment", "P-1")])
    assert (request.path, request.params) == ("payments", {"limit": "500"})
    body = {"payments": [], "meta": {"cursors": {"after": "PM9"}, "limit": 500}}
    (page,) = ADAPTER.further("payment", body)
    assert (page.path, page.params) == ("payments", {"limit": "500", "after": "PM9"})
    assert ADAPTER.further("payment", {**body, "meta": {"cursors": {"after": None}}}) == ()
    (page,) = ADAPTER.further_backing({"mandates": [], "meta": {"cursors": {"after": "MD9"}}})
    assert page.path == "mandates"
    assert isinstance(ADAPTER, Backed)


def test_what_was_told_by_its_id_is_asked_for_alone() -> None:
    (request,) = ADAPTER.look_up("payment", [Ref("payment", "P-1", id="PM1")])
    assert request.path == "payments/PM1"
    (found,) = ADAPTER.found("payment", {"payments": dict(there().content)})
    assert (found.id, found.key) == ("PM1", "P-1")


@pytest.mark.parametrize(
    ("element", "keys"),
    [
        ({"metadata": {"number": "P-1", "invoice_number": "INV-1"}}, ["P-1"]),
        ({"metadata": {"order": "P-1", "shop": "7"}, "reference": "R1"}, ["P-1", "7", "R1"]),
        ({"metadata": {}}, []),
        ({}, []),
    ],
)
def test_a_payment_of_another_program_is_known_by_what_that_noted(
    element: Json, keys: list[str]
) -> None:
    found = ADAPTER.found("payment", {"payments": [{"id": "PM1", **element}]})
    assert [remote.key for remote in found] == keys


@pytest.mark.parametrize(
    ("changes", "standing", "words"),
    [
        ({}, Standing.SAME, ""),
        ({"status": "paid_out"}, Standing.SAME, ""),
        ({"amount": 100}, Standing.LOCKED, "with 1.00 GBP; cancel it there"),
        ({"amount": 100, "status": "submitted"}, Standing.LOCKED, "is submitted at GoCardless"),
        ({"status": "failed"}, Standing.LOCKED, "failed at GoCardless; retry it there"),
        ({"status": "cancelled"}, Standing.LOCKED, "was cancelled"),
        ({"status": "charged_back"}, Standing.LOCKED, "was charged back"),
        ({"status": "customer_approval_denied"}, Standing.LOCKED, "was not approved"),
        ({"metadata": {"number": "P-1"}}, Standing.DIFFERS, ""),
        ({"metadata": {"order": "P-1"}}, Standing.SAME, ""),
    ],
)
def test_nothing_but_the_metadata_of_a_payment_can_be_changed(
    record: Make, changes: Json, standing: Standing, words: str
) -> None:
    found = ADAPTER.compare(record(), there(**changes))
    assert found.standing is standing
    assert words in found.why


def test_a_later_day_than_the_one_there_is_a_difference(record: Make) -> None:
    found = ADAPTER.compare(record(date=dt.date(2026, 12, 1)), there())
    assert (found.standing, "the charge date 2026-11-26" in found.why) == (Standing.LOCKED, True)
    assert ADAPTER.compare(record(date=dt.date(2026, 11, 1)), there()).standing is Standing.SAME
    assert ADAPTER.compare(record(currency="EUR"), there()).standing is Standing.LOCKED


def test_metadata_is_changed_and_what_others_noted_stays(record: Make) -> None:
    known = there(metadata={"number": "P-1", "shop": "7"})
    request = ADAPTER.update("payment", [Item(record(), remote=known)])
    assert (request.method, request.path) == ("PUT", "payments/PM1")
    metadata = {"number": "P-1", "shop": "7", "invoice_number": "INV-1"}
    assert request.json == {"payments": {"metadata": metadata}}


def test_a_customer_is_made_found_and_changed() -> None:
    ada = Record("contact", "Ada Ltd", contact_email="ada@example.com", contact_number="7")
    request = ADAPTER.create("contact", [Item(ada)])
    details = {"email": "ada@example.com", "metadata": {"contact_number": "7"}}
    assert request.json == {"customers": {"company_name": "Ada Ltd", **details}}
    (found,) = ADAPTER.found("contact", {"customers": [{"id": "CU1", "company_name": "Ada Ltd"}]})
    assert ADAPTER.compare(Record("contact", "Ada Ltd"), found).standing is Standing.SAME
    assert ADAPTER.compare(ada, found).standing is Standing.DIFFERS
    change = ADAPTER.update("contact", [Item(ada, remote=found)])
    assert (change.path, change.json) == ("customers/CU1", {"customers": details})


def test_an_answer_is_an_outcome() -> None:
    made = ADAPTER.outcomes("payment", 1, {"payments": {"id": "PM1"}})
    assert made is not None
    assert (made[0].accepted, made[0].provider_id) == (True, "PM1")
    errors = [{"field": "amount", "message": "must be greater than 0"}]
    body = {"error": {"message": "Validation failed", "errors": errors}}
    refused = ADAPTER.outcomes("payment", 1, body)
    assert refused is not None
    assert (refused[0].accepted, refused[0].exists) == (False, False)
    assert refused[0].message == "amount must be greater than 0"


def test_a_conflict_names_what_is_there() -> None:
    links = {"conflicting_resource_id": "PM9"}
    one = {"reason": "idempotent_creation_conflict", "message": "Already", "links": links}
    found = ADAPTER.outcomes("payment", 1, {"error": {"message": "Already", "errors": [one]}})
    assert found is not None
    assert (found[0].exists, found[0].provider_id) == (True, "PM9")


@pytest.mark.parametrize("body", [None, "page", [], {}, {"error": "odd"}, {"customers": {}}])
def test_an_answer_of_another_shape_tells_nothing(body: Any) -> None:
    assert ADAPTER.outcomes("payment", 1, body) is None


def test_content_is_known_again_by_its_hash(record: Make) -> None:
    one = record()
    assert one.content_hash() == record(amount=Decimal("120.5")).content_hash()
    assert one.content_hash() != record(amount=Decimal("120.51")).content_hash()
    assert one.content_hash() != record(invoice_number="INV-2").content_hash()
