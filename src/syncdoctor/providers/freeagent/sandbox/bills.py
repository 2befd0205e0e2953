"""Making and changing bills, which have no drafts and whose references may be doubled.

https://dev.freeagent.com/docs/bills and
https://api-discuss.freeagent.com/t/multi-item-bills-now-available/2879 (2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from syncdoctor.providers.common.embedded import Call
from syncdoctor.providers.freeagent.sandbox.answers import Document, Refused, decimal, moment
from syncdoctor.providers.freeagent.sandbox.books import Books
from syncdoctor.providers.freeagent.sandbox.documents import INVALID, Kind, set_contact

BILLS = Kind("bills", "bill", "bill_items", "paid_value")
MOST_ITEMS = 40
CENT = Decimal("0.01")


def make(books: Books, call: Call, kind: Kind, fields: Mapping[str, Any]) -> Document:
    """A new bill, open at once."""
    needed = ("contact", "reference", "dated_on", "due_on")
    if missing := [f"{name} can't be blank" for name in needed if not fields.get(name)]:
        raise Refused(INVALID, *missing)
    number = books.next_id()
    bill: Document = {
        "url": f"{kind.path}/{number}",
        "currency": "GBP",
        "exchange_rate": "1.0",
        "created_at": moment(call.now),
        kind.items: [],
    }
    _write(books, call, bill, fields)
    books.documents[kind.path][number] = bill
    return bill


def change(books: Books, call: Call, kind: Kind, bill: Document, fields: Mapping[str, Any]) -> None:
    """Change a bill that is not paid."""
    if bill["status"] == "Paid":
        raise Refused(INVALID, f"{kind.element} has already been paid")
    changed = {**bill, kind.items: [dict(line) for line in bill[kind.items]]}
    _write(books, call, changed, fields)
    bill.update(changed)


def _write(books: Books, call: Call, bill: Document, fields: Mapping[str, Any]) -> None:
    if "contact" in fields:
        set_contact(books, bill, str(fields["contact"]))
    if "reference" in fields:
        bill["reference"] = str(fields["reference"])
    for name in ("dated_on", "due_on"):
        try:
            bill[name] = date.fromisoformat(str(fields.get(name, bill.get(name)))).isoformat()
        except ValueError:
            raise Refused(INVALID, f"{name} is invalid") from None
    lock = books.lock_date(call.faults, call.now)
    if lock is not None and date.fromisoformat(bill["dated_on"]) <= lock:
        raise Refused(INVALID, "dated_on is in a locked period")
    for given in fields.get("bill_items") or []:
        _set_item(books, call, bill["bill_items"], given)
    if len(bill["bill_items"]) > MOST_ITEMS:
        raise Refused(INVALID, f"bill_items is too long (maximum is {MOST_ITEMS} items)")
    _add_up(bill, call)


def _set_item(books: Books, call: Call, items: list[Document], given: Mapping[str, Any]) -> None:
    """Add a line, or change or destroy the one whose address is given."""
    address = "/".join(str(given.get("url") or "").split("/")[-2:])
    line = next((one for one in items if one["url"] == address), None)
    if line is not None and given.get("_destroy"):
        items.remove(line)
        return
    if line is None:
        line = {"url": f"bill_items/{books.next_id()}", "category": "categories/285"}
        items.append(line)
    code = str(given.get("category") or line["category"]).rpartition("/")[2]
    found = books.category(code, call.faults)
    if found is None:
        raise Refused(400, f"Invalid nominal code {code}")
    try:
        total = Decimal(str(given.get("total_value", line.get("total_value", "0"))))
        rate = Decimal(str(given.get("sales_tax_rate", line.get("sales_tax_rate", "0"))))
    except InvalidOperation:
        raise Refused(INVALID, "bill_items.total_value is not a number") from None
    line |= {
        "description": str(given.get("description", line.get("description", ""))),
        "category": found[1]["url"],
        "total_value": decimal(total),
        "sales_tax_rate": decimal(rate),
        "sales_tax_value": decimal((total - total / (1 + rate / 100)).quantize(CENT)),
    }


def _add_up(bill: Document, call: Call) -> None:
    total = sum((Decimal(line["total_value"]) for line in bill["bill_items"]), Decimal(0))
    tax = sum((Decimal(line["sales_tax_value"]) for line in bill["bill_items"]), Decimal(0))
    overdue = date.fromisoformat(bill["due_on"]) < call.now.date()
    bill |= {
        "total_value": decimal(total),
        "sales_tax_value": decimal(tax),
        "net_value": decimal(total - tax),
        "paid_value": "0.0",
        "due_value": decimal(total),
        "status": "Zero Value" if total == 0 else "Overdue" if overdue else "Open",
        "updated_at": moment(call.now),
    }
