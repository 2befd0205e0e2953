from __future__ import annotations

from datetime import date
from decimal import Decimal

from syncdoctor.engine.record import Amounts, Line, Record
from syncdoctor.providers.xero.import_file import HEADER
from syncdoctor.providers.xero.records import ADAPTER


def invoice(number: str, amounts: Amounts = Amounts.EXCLUSIVE, tax: str | None = None) -> Record:
    return Record(
        "invoice", "Zoë, Ltd", number, date=date(2026, 11, 2), amounts=amounts,
        lines=(
            Line("One", Decimal("1.5"), Decimal("10.00"), "200", tax),
            Line("Two", Decimal(1), Decimal(2)),
        ),
    )  # fmt: skip


def test_a_row_for_each_line_as_xero_wants_it() -> None:
    (file,) = ADAPTER.export([invoice("A", tax="OUTPUT2"), Record("credit-note", "x", "CN")])
    assert file.header == HEADER
    assert file.records == 1
    first, second = file.rows
    assert dict(zip(file.header, first, strict=True)) == {
        "*ContactName": "Zoë, Ltd", "EmailAddress": "", "*InvoiceNumber": "A", "Reference": "",
        "*InvoiceDate": "02/11/2026", "*DueDate": "02/11/2026", "*Description": "One",
        "*Quantity": "1.5", "*UnitAmount": "10.00", "*AccountCode": "200",
        "*TaxType": "20% (VAT on Income)", "Currency": "",
    }  # fmt: skip
    assert second[2] == "A"


def test_files_hold_500_invoices_of_one_kind_of_amounts() -> None:
    records = [invoice(f"A{n}") for n in range(501)] + [invoice("B", Amounts.INCLUSIVE, "ODD")]
    files = ADAPTER.export(records)
    assert [(f.name, f.records) for f in files] == [
        ("xero-invoices-exclusive-1.csv", 500),
        ("xero-invoices-exclusive-2.csv", 1),
        ("xero-invoices-inclusive-1.csv", 1),
    ]
    assert files[2].rows[0][10] == "ODD"
    assert ADAPTER.export([]) == ()
