"""What is sent to MYOB for a record, and how its answers and documents are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from syncdoctor.engine.adapter import Item, Ref, Remote, Standing
from syncdoctor.engine.record import Amounts, Line, Record, RecordStatus
from syncdoctor.providers.myob.records import ADAPTER, MyobRecords
from syncdoctor.providers.myob.sandbox import seed

Make = Callable[..., Record]
CODES = {"account": seed.SALES_ACCOUNT, "tax_type": seed.TAX_CODE}


def there(record: Record, status: str = "Open", **changes: Any) -> Remote:
    """The document as MYOB would have it."""
    body = dict(ADAPTER.create(record.kind, [Item(record, "c-1")]).json)
    party = "Supplier" if record.is_bill else "Customer"
    lines = [{**one, "RowID": n, "RowVersion": f"v{n}"} for n, one in enumerate(body["Lines"], 1)]
    content = {
        **body,
        "UID": "i-1",
        "RowVersion": "v0",
        "Date": body["Date"].replace(" ", "T"),
        party: {"UID": "c-1", "Name": record.contact_name},
        "Lines": lines,
        "Status": status,
        "Terms": {"DueDate": f"{record.due_date}T00:00:00"},
    }
    return Remote("i-1", record.key, None, {**content, **changes})


def test_numbers_are_asked_for_a_few_at_a_time_over_every_layout() -> None:
    refs = [Ref("invoice", f"A'{n}") for n in range(12)]
    one, two = ADAPTER.look_up("invoice", refs)
    assert (one.method, one.path) == ("GET", "Sale/Invoice")
    assert one.params["$filter"].startswith("Number eq 'A''0' or Number eq 'A''1'")
    assert two.params["$filter"] == "Number eq 'A''10' or Number eq 'A''11'"
    assert [r.path for r in ADAPTER.look_up("settlement", refs[:1])] == [
        "Sale/Invoice",
        "Purchase/Bill",
    ]


def test_a_card_is_asked_for_as_a_company_as_a_person_and_by_its_card_id() -> None:
    (request,) = ADAPTER.look_up("contact", [Ref("contact", "Ada King Lovelace", "C-7")])
    assert request.path == "Contact/Customer"
    assert request.params["$filter"] == (
        "CompanyName eq 'Ada King Lovelace' or "
        "(FirstName eq 'Ada King' and LastName eq 'Lovelace') or DisplayID eq 'C-7'"
    )
    (supplier,) = ADAPTER.look_up("supplier", [Ref("supplier", "Etsy")])
    assert (supplier.path, supplier.params["$filter"]) == (
        "Contact/Supplier",
        "CompanyName eq 'Etsy'",
    )


def test_a_list_has_no_lines_so_the_whole_document_is_asked_for() -> None:
    service = {"UID": "7", "Number": "A", "InvoiceType": "Service", "Customer": {}}
    item = {"UID": "8", "Number": "B", "InvoiceType": "Item", "Customer": {}}
    body = {"Items": [service, item], "NextPageLink": None}
    assert [one.key for one in ADAPTER.found("invoice", body) or ()] == ["B"]
    (request,) = ADAPTER.further("invoice", body)
    assert request.path == "Sale/Invoice/Service/7"
    (found,) = ADAPTER.found("invoice", {**service, "Lines": []}) or ()
    assert (found.id, found.key) == ("7", "A")
    bills = {"Items": [{"UID": "9", "Number": "C", "BillType": "Service", "Supplier": {}}]}
    assert [r.path for r in ADAPTER.further("settlement", bills)] == ["Purchase/Bill/Service/9"]


@pytest.mark.parametrize("body", [{"Errors": [{"Name": "AccessDenied"}]}, "<html>", None])
def test_an_error_is_no_empty_list(body: Any) -> None:
    assert ADAPTER.found("invoice", body) is None
    assert ADAPTER.further("invoice", body) == ()


def test_a_company_and_a_person_are_found_by_their_names() -> None:
    cards = [
        {"UID": "1", "CompanyName": "Ada Ltd", "DisplayID": "C-1"},
        {"UID": "2", "CompanyName": None, "FirstName": "Ada", "LastName": "King"},
    ]
    found = ADAPTER.found("contact", {"Items": cards}) or ()
    assert [(one.id, one.key, one.alias) for one in found] == [
        ("1", "Ada Ltd", "C-1"),
        ("2", "Ada King", None),
    ]


def test_an_invoice_is_made_in_the_service_layout(record: Make) -> None:
    request = ADAPTER.create("invoice", [Item(record(reference="PO 7"), "c-1")])
    assert (request.method, request.path) == ("POST", "Sale/Invoice/Service")
    assert request.params == {"returnBody": "true"}
    assert request.json == {
        "Number": "TB-1",
        "Date": "2026-11-01 00:00:00",
        "IsTaxInclusive": False,
        "Lines": [
            {
                "Type": "Transaction",
                "Description": "Bread",
                "UnitCount": 2,
                "UnitPrice": 10.5,
                "Total": 21,
                "Account": {"UID": seed.SALES_ACCOUNT},
                "TaxCode": {"UID": seed.TAX_CODE},
            }
        ],
        "FreightTaxCode": {"UID": seed.TAX_CODE},
        "Customer": {"UID": "c-1"},
        "CustomerPurchaseOrderNumber": "PO 7",
        "Terms": {"PaymentIsDue": "InAGivenNumberOfDays", "BalanceDueDate": 30},
    }


def test_a_credit_note_is_an_invoice_over_less_than_nothing(record: Make) -> None:
    request = ADAPTER.create("credit-note", [Item(record(kind="credit-note"), "c-1")])
    assert request.path == "Sale/Invoice/Service"
    (line,) = request.json["Lines"]
    assert (line["UnitCount"], line["UnitPrice"], line["Total"]) == (-2, 10.5, -21)


def test_a_settlement_that_costs_is_a_bill_without_minus(record: Make) -> None:
    def made(*amounts: str) -> Any:
        lines = tuple(Line("x", Decimal(1), Decimal(a), **CODES) for a in amounts)
        settlement = record(kind="settlement", lines=lines, amounts=Amounts.INCLUSIVE)
        return ADAPTER.create("settlement", [Item(settlement, "c-1")])

    paid, owed = made("100", "-20"), made("10", "-30")
    assert paid.path == "Sale/Invoice/Service"
    assert [line["Total"] for line in paid.json["Lines"]] == [100, -20]
    assert (owed.path, owed.json["Supplier"]) == ("Purchase/Bill/Service", {"UID": "c-1"})
    assert [line["Total"] for line in owed.json["Lines"]] == [-10, 30]
    assert paid.json["IsTaxInclusive"] is True


def test_a_new_card_has_the_tax_codes_that_myob_wants() -> None:
    ada = Record("contact", "Ada Ltd", contact_email="a@ada.test", contact_number="C-7")
    adapter = MyobRecords(seed.TAX_CODE)
    tax = {"UID": seed.TAX_CODE}
    request = adapter.create("contact", [Item(ada)])
    assert (request.path, request.json) == (
        "Contact/Customer",
        {
            "CompanyName": "Ada Ltd",
            "IsIndividual": False,
            "DisplayID": "C-7",
            "Addresses": [{"Location": 1, "Email": "a@ada.test"}],
            "SellingDetails": {"TaxCode": tax, "FreightTaxCode": tax},
        },
    )
    supplier = adapter.create("supplier", [Item(Record("supplier", "Etsy"))])
    assert supplier.json["BuyingDetails"] == {"TaxCode": tax, "FreightTaxCode": tax}
    assert ADAPTER.problem(ada) is not None
    assert adapter.problem(ada) is None


def test_a_change_says_of_which_version_it_is(record: Make) -> None:
    lines = (Line("A", Decimal(1), Decimal(3), **CODES), Line("B", Decimal(1), Decimal(4), **CODES))
    request = ADAPTER.update("invoice", [Item(record(lines=lines), "c-1", there(record()))])
    assert (request.method, request.path) == ("PUT", "Sale/Invoice/Service/i-1")
    assert (request.json["UID"], request.json["RowVersion"]) == ("i-1", "v0")
    assert [(one.get("RowID"), one.get("RowVersion")) for one in request.json["Lines"]] == [
        (1, "v1"),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("error", "exists", "said"),
    [
        ({"Name": "Duplicate", "Message": "In use", "ErrorCode": 200}, True, "In use"),
        (
            {"Name": "Required", "Message": "Customer is required", "AdditionalDetails": "X"},
            False,
            "Customer is required (X)",
        ),
        (
            {"Name": "ValidationError", "Message": "BusinessEvent_DateOccurred_InLockPeriod"},
            False,
            "its date lies in a period that is locked in MYOB "
            "(BusinessEvent_DateOccurred_InLockPeriod)",
        ),
    ],
)
def test_a_refusal_is_told_in_words(error: dict[str, Any], exists: bool, said: str) -> None:
    (outcome,) = ADAPTER.outcomes("invoice", 1, {"Errors": [error]}) or ()
    assert (outcome.accepted, outcome.exists, outcome.message) == (False, exists, said)


def test_what_no_record_can_mend_is_no_outcome_of_a_record(record: Make) -> None:
    assert ADAPTER.outcomes("invoice", 1, {"Errors": [{"Name": "RateLimitError"}]}) is None
    assert ADAPTER.outcomes("invoice", 1, "<html>") is None
    (made,) = ADAPTER.outcomes("invoice", 1, {"UID": "7"}) or ()
    assert (made.accepted, made.provider_id) == (True, "7")
    (silent,) = ADAPTER.outcomes("invoice", 1, None) or ()
    assert (silent.accepted, silent.provider_id) == (True, None)
    assert ADAPTER.remaining(Item(record()), made) is None


def test_a_document_is_compared_with_all_that_is_sent(record: Make) -> None:
    made = record()

    def standing(remote: Remote, mine: Record = made) -> Standing:
        return ADAPTER.compare(mine, remote).standing

    assert standing(there(made)) is Standing.SAME
    assert standing(there(made, "Closed")) is Standing.SAME
    assert standing(there(made, Date="2026-11-02T00:00:00")) is Standing.DIFFERS
    assert standing(there(made, Terms={"DueDate": "2026-12-02T00:00:00"})) is Standing.DIFFERS
    assert standing(there(made, Customer={"Name": "Other Ltd"})) is Standing.DIFFERS
    assert standing(there(made, "Closed", IsTaxInclusive=True)) is Standing.LOCKED
    assert standing(there(made, InvoiceType="Item")) is Standing.LOCKED
    dearer = (Line("Bread", Decimal(2), Decimal("10.51"), **CODES),)
    assert standing(there(made), record(lines=dearer)) is Standing.DIFFERS
    owed = record(kind="settlement", lines=(Line("x", Decimal(1), Decimal(-5), **CODES),))
    assert standing(there(owed), owed) is Standing.SAME
    assert standing(there(made), owed) is Standing.LOCKED


def test_a_card_that_is_there_is_taken_as_it_is() -> None:
    ada = Record("contact", "Ada")
    assert ADAPTER.compare(ada, Remote("1", "Ada", None, {"IsActive": True})).standing == "same"
    asleep = ADAPTER.compare(ada, Remote("1", "Ada", None, {"IsActive": False}))
    assert asleep.standing is Standing.LOCKED


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"number": "9" * 14}, "number"),
        ({"contact_name": "n" * 51}, "contact_name"),
        ({"currency": "AUD"}, "currency"),
        ({"status": RecordStatus.DRAFT}, "status"),
        ({"date": None}, "date"),
        ({"due_date": dt.date(2026, 10, 1)}, "due_date"),
        ({"lines": (Line("d", Decimal(1), Decimal(1)),)}, "account"),
        ({"lines": (Line("d", Decimal(1), Decimal(1), "4-1000", seed.TAX_CODE),)}, "account"),
        ({"lines": (Line("d", Decimal(1), Decimal(1), seed.SALES_ACCOUNT, "GST"),)}, "tax_type"),
    ],
)
def test_what_myob_can_never_take_is_said_before_it_is_sent(
    record: Make, changes: dict[str, Any], column: str
) -> None:
    problem = ADAPTER.problem(record(**changes))
    assert problem is not None
    assert problem[0] == column
    assert ADAPTER.problem(record()) is None


def test_cards_and_sales_are_files_for_accountright(record: Make) -> None:
    ada = Record("contact", "Ada Ltd", contact_email="a@ada.test")
    cards, sales = ADAPTER.export([ada, record(), record(kind="credit-note", number="C-1")])
    assert (cards.name, cards.records, cards.rows) == (
        "myob-customer-cards.csv",
        1,
        (("Ada Ltd", "", "a@ada.test"),),
    )
    assert (sales.header[1], sales.records) == ("Invoice No.", 2)
    assert [row[6] for row in sales.rows] == ["21.00", "-21.00"]
    assert sales.rows[0][2] == "01/11/2026"
    assert ADAPTER.export([]) == ()
