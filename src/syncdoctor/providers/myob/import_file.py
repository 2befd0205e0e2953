"""Cards and sales as AccountRight's own import takes them: comma-separated text. Pure.

The import matches fields by their names; a service sale has a line for each line of the invoice,
under one number. Accounts and tax codes go by their codes there, which is why they are left for
the person to choose: a record holds their UIDs.
https://help.myob.com/wiki/x/8YFk and https://help.accountedge.com/prem16/win/impexptables-19.htm
(2026-11-22)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from syncdoctor.engine.adapter import ExportFile
from syncdoctor.engine.record import CONTACT, CREDIT_NOTE, INVOICE, Amounts, Line, Record

CARDS = ("Co./Last Name", "Card ID", "Addr 1 - Email")
SALES = (
    "Co./Last Name",
    "Invoice No.",
    "Date",
    "Customer PO",
    "Description",
    "Account No.",
    "Amount",
    "Inclusive",
    "Tax Code",
)
CENT = Decimal("0.01")


def import_files(records: Sequence[Record]) -> tuple[ExportFile, ...]:
    """A file of cards and one of service sales, where there are such records."""
    cards = [record for record in records if record.kind == CONTACT]
    sales = [record for record in records if record.kind in (INVOICE, CREDIT_NOTE)]
    files = (
        ExportFile("myob-customer-cards.csv", CARDS, tuple(map(_card, cards)), len(cards)),
        ExportFile(
            "myob-service-sales.csv",
            SALES,
            tuple(row for sale in sales for row in _rows(sale)),
            len(sales),
        ),
    )
    return tuple(file for file in files if file.records)


def _card(record: Record) -> tuple[str, ...]:
    return record.contact_name, record.contact_number or "", record.contact_email or ""


def _rows(sale: Record) -> Iterator[tuple[str, ...]]:
    for line in sale.lines:
        yield (
            sale.contact_name,
            sale.number or "",
            _day(sale.date),
            sale.reference or "",
            line.description,
            "",
            _amount(sale, line),
            "X" if sale.amounts is Amounts.INCLUSIVE else "",
            "",
        )


def _amount(sale: Record, line: Line) -> str:
    amount = (line.quantity * line.unit_amount).quantize(CENT, ROUND_HALF_UP)
    return format(-amount if sale.kind == CREDIT_NOTE else amount, "f")


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""
