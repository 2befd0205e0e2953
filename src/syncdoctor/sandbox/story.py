"""The demo's customer: 120 recent invoices, 7 of them bad in 5 different ways."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

INVOICES = 120
CUSTOMERS = ("Ridgeway University", "City Agency", "Bayside Club", "Hamilton Smith", "Young Bros")
WORK = ("Boiler service", "Callout", "Gutter repair", "Annual inspection", "Spare parts")
# Which invoice is bad, in which column, and what stands there.
BAD: Mapping[int, tuple[str, str]] = {
    19: ("account", "999"),  # no such account in Xero
    47: ("account", "999"),
    58: ("tax_type", "OUTPUT9"),  # no such tax rate in Xero
    71: ("currency", "JPY"),  # the organisation is not subscribed to it
    86: ("date", "31/11/2026"),  # no date
    99: ("unit_amount", "1,250.00"),  # no number
    104: ("unit_amount", "12 pounds"),
}


def rows(number: int, today: date) -> Iterator[dict[str, str]]:
    """The first ``number`` invoices, one line each, issued over the last six days."""
    for index in range(1, number + 1):
        issued = today - timedelta(days=6 - index * 6 // INVOICES)
        row = {
            "kind": "invoice",
            "number": f"ACME-{index:04}",
            "contact_name": CUSTOMERS[index % len(CUSTOMERS)],
            "date": issued.isoformat(),
            "due_date": (issued + timedelta(days=30)).isoformat(),
            "line_description": WORK[index % len(WORK)],
            "quantity": "1",
            "unit_amount": f"{40 + index * 7 % 400}.00",
            "account": "",
            "tax_type": "",
            "currency": "",
        }
        if index in BAD:
            column, value = BAD[index]
            row[column] = value
        yield row


def write_source(path: Path, number: int, today: date) -> None:
    """Write the first ``number`` invoices as a CSV source."""
    made = list(rows(number, today))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(made[0]))
        writer.writeheader()
        writer.writerows(made)
