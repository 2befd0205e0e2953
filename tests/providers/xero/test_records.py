from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from syncdoctor.engine.adapter import Item, Ref, Remote, Standing
from syncdoctor.engine.record import Amounts, Line, Record, RecordStatus
from syncdoctor.providers.xero.records import ADAPTER

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "xero" / "xero_accounting.yaml"

CONTACT = Record("contact", "Juniper & Co", contact_email="a@b.example", contact_number="C-1")
INVOICE = Record(
    "invoice", "Juniper & Co", "INV-1", date=date(2026, 11, 20), due_date=date(2026, 12, 20),
    currency="GBP", status=RecordStatus.AUTHORISED, amounts=Amounts.INCLUSIVE, reference="R",
    lines=(Line("Advice", Decimal("2.5"), Decimal("60.0000"), "200", "OUTPUT2"),),
)  # fmt: skip
CREDIT = Record(
    "credit-note", "Juniper & Co", "CN-1", date=date(2026, 11, 20), due_date=date(2026, 12, 20),
    lines=(Line("Advice", Decimal(1), Decimal("0.1")),),
)  # fmt: skip


def there(**fields: Any) -> Remote:
    content = {
        "InvoiceID": "i-1", "Type": "ACCREC", "InvoiceNumber": "INV-1", "Status": "AUTHORISED",
        "Contact": {"ContactID": "c-1", "Name": "juniper &  co"}, "LineAmountTypes": "Inclusive",
        "DateString": "2026-11-20T00:00:00", "Date": "/Date(1795132800000+0000)/",
        "DueDate": "/Date(1797724800000+0000)/", "CurrencyCode": "GBP", "Reference": "R",
        "LineItems": [{"Description": "Advice", "Quantity": 2.5, "UnitAmount": 60.0,
                       "AccountCode": "200", "TaxType": "OUTPUT2", "LineAmount": 150.0}],
    } | fields  # fmt: skip
    return Remote("i-1", "INV-1", None, content)


def test_an_invoice_becomes_the_element_that_xero_documents() -> None:
    request = ADAPTER.create("invoice", [Item(INVOICE, contact_id="c-1")])
    assert (request.method, request.path) == ("PUT", "Invoices")
    assert request.params == {"summarizeErrors": "false", "unitdp": "4"}
    assert request.json == {
        "Invoices": [
            {
                "Type": "ACCREC",
                "InvoiceNumber": "INV-1",
                "Contact": {"ContactID": "c-1"},
                "LineAmountTypes": "Inclusive",
                "LineItems": [
                    {"Description": "Advice", "Quantity": 2.5, "UnitAmount": 60,
                     "AccountCode": "200", "TaxType": "OUTPUT2"}
                ],
                "Status": "AUTHORISED",
                "Date": "2026-11-20",
                "DueDate": "2026-12-20",
                "CurrencyCode": "GBP",
                "Reference": "R",
            }
        ]
    }  # fmt: skip


def test_a_change_names_the_record_and_never_takes_an_authorised_one_back() -> None:
    draft = Record("invoice", "Juniper & Co", "INV-1", status=RecordStatus.DRAFT)
    request = ADAPTER.update("invoice", [Item(draft, "c-1", there())])
    assert (request.method, request.path) == ("POST", "Invoices")
    (element,) = request.json["Invoices"]
    assert (element["InvoiceID"], element["Status"]) == ("i-1", "AUTHORISED")


@pytest.mark.parametrize(
    ("kind", "record", "schema"),
    [
        ("contact", CONTACT, "Contacts"),
        ("invoice", INVOICE, "Invoices"),
        ("credit-note", CREDIT, "CreditNotes"),
    ],
)
def test_requests_fit_the_vendors_description(kind: str, record: Record, schema: str) -> None:
    if not SPEC.exists():
        pytest.skip("the vendor's description is not here")
    spec = yaml.load(SPEC.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    request = ADAPTER.create(kind, [Item(record)])
    assert request.method.lower() in spec["paths"][f"/{request.path}"]
    properties = spec["components"]["schemas"][schema.removesuffix("s")]["properties"]
    (element,) = request.json[schema]
    assert set(element) <= set(properties)
    assert set(_lines(element)) <= set(spec["components"]["schemas"]["LineItem"]["properties"])
    validator = Draft202012Validator(
        {"components": spec["components"], "$ref": f"#/components/schemas/{schema}"}
    )
    assert [e.message for e in validator.iter_errors(request.json)] == []


def _lines(element: dict[str, Any]) -> Iterator[str]:
    for line in element.get("LineItems", []):
        yield from line


def test_look_ups_ask_for_forty_at_a_time_by_number_or_name() -> None:
    refs = [Ref("invoice", f"INV-{n}") for n in range(90)]
    requests = ADAPTER.look_up("invoice", refs)
    assert [len(r.params["InvoiceNumbers"].split(",")) for r in requests] == [40, 40, 10]
    assert {r.method for r in requests} == {"GET"}
    (comma,) = ADAPTER.look_up("invoice", [Ref("invoice", "A,B")])
    assert comma.params["where"] == 'InvoiceNumber=="A,B"'
    (credit,) = ADAPTER.look_up("credit-note", [Ref("credit-note", n) for n in "AB"])
    assert credit.params["where"] == 'CreditNoteNumber=="A" OR CreditNoteNumber=="B"'
    plain, quoted = ADAPTER.look_up(
        "contact", [Ref("contact", "Ann", "C-1"), Ref("contact", 'The "Old" Mill')]
    )
    assert plain.params["where"] == 'Name=="Ann" OR ContactNumber=="C-1"'
    assert plain.params["includeArchived"] == "true"
    assert quoted.params["searchTerm"] == 'The "Old" Mill'
    assert ADAPTER.look_up("invoice", []) == ()


def test_found_leaves_out_bills_and_deleted_drafts() -> None:
    body = {
        "Invoices": [
            {"InvoiceID": "1", "Type": "ACCREC", "InvoiceNumber": "A", "Status": "DRAFT"},
            {"InvoiceID": "2", "Type": "ACCPAY", "InvoiceNumber": "A", "Status": "DRAFT"},
            {"InvoiceID": "3", "Type": "ACCREC", "InvoiceNumber": "A", "Status": "DELETED"},
        ]
    }
    assert [r.id for r in ADAPTER.found("invoice", body)] == ["1"]
    assert ADAPTER.found("invoice", "<html>") == ()
    (contact,) = ADAPTER.found(
        "contact", {"Contacts": [{"ContactID": "c", "Name": "Ann", "ContactNumber": "C-1"}]}
    )
    assert contact.answers(Ref("contact", " ANN "))
    assert contact.answers(Ref("contact", "Other", "C-1"))
    assert not contact.answers(Ref("contact", "Other"))


@pytest.mark.parametrize(
    ("fields", "standing"),
    [
        ({}, Standing.SAME),
        ({"Status": "PAID"}, Standing.SAME),
        ({"Status": "DRAFT"}, Standing.DIFFERS),
        ({"Reference": "other"}, Standing.DIFFERS),
        ({"DueDate": "/Date(1797811200000+0000)/"}, Standing.DIFFERS),
        ({"LineItems": []}, Standing.DIFFERS),
        ({"Contact": {"Name": "Other"}}, Standing.DIFFERS),
        ({"Reference": "other", "Status": "PAID"}, Standing.LOCKED),
        ({"Reference": "other", "AmountCredited": 1.5}, Standing.LOCKED),
        ({"Reference": "other", "Allocations": [{}]}, Standing.LOCKED),
        ({"Status": "VOIDED"}, Standing.LOCKED),
    ],
)
def test_comparison(fields: dict[str, Any], standing: Standing) -> None:
    comparison = ADAPTER.compare(INVOICE, there(**fields))
    assert comparison.standing is standing
    assert bool(comparison.why) is (standing is Standing.LOCKED)


def test_what_the_record_leaves_open_is_xeros_to_choose() -> None:
    bare = Record(
        "invoice", "Juniper & Co", "INV-1", amounts=Amounts.INCLUSIVE, status=RecordStatus.DRAFT,
        lines=(Line("Advice", Decimal("2.5"), Decimal(60)),),
    )  # fmt: skip
    assert ADAPTER.compare(bare, there()).standing is Standing.SAME


# Answers after https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero_accounting.yaml
REFUSED = {
    "InvoiceID": "00000000-0000-0000-0000-000000000000",
    "InvoiceNumber": "B",
    "StatusAttributeString": "ERROR",
    "HasErrors": True,
    "ValidationErrors": [{"Message": "Account code '9' is not a valid code for this document."}],
}


def test_each_element_has_its_own_outcome() -> None:
    taken = {**REFUSED, "ValidationErrors": [{"Message": "Invoice # must be unique."}]}
    accepted = {"InvoiceID": "i-1", "StatusAttributeString": "OK", "ValidationErrors": []}
    body = {"Id": "x", "Status": "OK", "Invoices": [accepted, REFUSED, taken]}
    outcomes = ADAPTER.outcomes("invoice", 3, body)
    assert outcomes is not None
    one, two, three = outcomes
    assert (one.accepted, one.provider_id) == (True, "i-1")
    assert (two.accepted, two.exists) == (False, False)
    assert two.message == "Account code '9' is not a valid code for this document."
    assert two.body == {"Id": "x", "Status": "OK", "Invoices": [REFUSED]}
    assert three.exists


def test_a_400_with_elements_is_told_apart_and_anything_else_is_not() -> None:
    body = {"ErrorNumber": 10, "Type": "ValidationException", "Elements": [REFUSED]}
    outcomes = ADAPTER.outcomes("invoice", 1, body)
    assert outcomes is not None
    assert outcomes[0].body == body
    assert ADAPTER.outcomes("invoice", 2, body) is None
    unreadable = {"Message": "JSON could not be read"}
    others: tuple[Any, ...] = (unreadable, "<html>", None, [], {"Invoices": "x"})
    for other in others:
        assert ADAPTER.outcomes("invoice", 1, other) is None


def test_a_warning_is_no_refusal() -> None:
    element = {"InvoiceID": "i", "StatusAttributeString": "WARNING", "Warnings": [{"Message": "m"}]}
    outcomes = ADAPTER.outcomes("invoice", 1, {"Invoices": [element]})
    assert outcomes is not None
    assert outcomes[0].accepted


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"contact_name": "n" * 256}, "contact_name"),
        ({"contact_number": "n" * 51}, "contact_number"),
        ({"number": 'a"b'}, "number"),
        ({"due_date": None}, "due_date"),
    ],
)
def test_what_xero_can_never_take(changes: dict[str, Any], column: str) -> None:
    from dataclasses import replace

    problem = ADAPTER.problem(replace(INVOICE, **changes))
    assert problem is not None
    assert problem[0] == column
    assert ADAPTER.problem(INVOICE) is None


def test_amounts_survive_json_exactly() -> None:
    line = Line("x", Decimal("0.1"), Decimal("12345678901.2345"))
    record = Record("invoice", "Ann", "A", lines=(line,))
    text = json.dumps(ADAPTER.create("invoice", [Item(record)]).json)
    (sent,) = json.loads(text, parse_float=Decimal)["Invoices"][0]["LineItems"]
    assert (sent["Quantity"], sent["UnitAmount"]) == (Decimal("0.1"), Decimal("12345678901.2345"))
