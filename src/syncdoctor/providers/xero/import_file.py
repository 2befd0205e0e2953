"""Invoices and bills as the CSV that Xero's own imports of them take. Pure.

The first columns of Xero's templates; dates are DD/MM/YYYY, a tax rate goes by the name that Xero
shows, and a file holds at most 500 invoices. That of bills has the same columns.
https://skipentry.com/blog/xero-invoice-import-guide (2026-11-22)
https://central.xero.com/s/article/Import-or-export-a-customer-invoice (2026-11-22, by way of
https://xero-help.caltrix.asia/en/articles/12528333-how-to-import-sales-invoice-into-xero)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from syncdoctor.engine.adapter import ExportFile
from syncdoctor.engine.record import Amounts, Record

AT_MOST = 500
HEADER = (
    "*ContactName",
    "EmailAddress",
    "*InvoiceNumber",
    "Reference",
    "*InvoiceDate",
    "*DueDate",
    "*Description",
    "*Quantity",
    "*UnitAmount",
    "*AccountCode",
    "*TaxType",
    "Currency",
)
# The names of the United Kingdom's rates in a new organisation; others go by their code.
# https://developer.xero.com/documentation/api/accounting/types (2026-11-22)
TAX_NAMES = {
    "OUTPUT2": "20% (VAT on Income)",
    "RROUTPUT": "5% (VAT on Income)",
    "ZERORATEDOUTPUT": "Zero Rated Income",
    "EXEMPTOUTPUT": "Exempt Income",
    "NONE": "No VAT",
}


def import_files(records: Sequence[Record]) -> tuple[ExportFile, ...]:
    """Files of at most 500 invoices; one says on import whether its amounts hold tax."""
    invoices = _files("invoices", [record for record in records if not record.is_bill])
    return (*invoices, *_files("bills", [record for record in records if record.is_bill]))


def _files(what: str, records: Sequence[Record]) -> Iterator[ExportFile]:
    for amounts in Amounts:
        mine = [record for record in records if record.amounts is amounts]
        for number, start in enumerate(range(0, len(mine), AT_MOST), 1):
            some = mine[start : start + AT_MOST]
            name = f"xero-{what}-{amounts}-{number}.csv"
            rows = tuple(row for one in some for row in _rows(one))
            yield ExportFile(name, HEADER, rows, len(some))


def _rows(invoice: Record) -> Iterator[tuple[str, ...]]:
    for line in invoice.booked_lines:
        yield (
            invoice.contact_name,
            invoice.contact_email or "",
            invoice.number or "",
            invoice.reference or "",
            _day(invoice.date),
            _day(invoice.due_date or invoice.date),
            line.description,
            format(line.quantity, "f"),
            format(line.unit_amount, "f"),
            line.account or "",
            TAX_NAMES.get(line.tax_type or "", line.tax_type or ""),
            invoice.currency or "",
        )


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""
