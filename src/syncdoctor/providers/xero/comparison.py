"""Whether Xero has what would be sent, and whether its record may still be changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from syncdoctor.engine.adapter import Comparison, Remote, Standing, same_key

_FURTHER = {
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "PAID"),
    "AUTHORISED": ("AUTHORISED", "PAID"),
}
_MS_DATE = re.compile(r"/Date\((-?\d+)")


def compare(sent: Mapping[str, Any], remote: Remote) -> Comparison:
    """Compare the element that would be sent with Xero's own."""
    there = remote.content
    status = str(there.get("Status") or there.get("ContactStatus") or "")
    if status in ("ARCHIVED", "GDPRREQUEST"):
        return Comparison(Standing.LOCKED, "is archived in Xero; restore it there first")
    if status == "VOIDED":
        return Comparison(Standing.LOCKED, "was voided in Xero and is not sent again")
    if _same(sent, there):
        return Comparison(Standing.SAME)
    taken = _taken(there, status)
    return Comparison(Standing.LOCKED, taken) if taken else Comparison(Standing.DIFFERS)


def strange(sent: Mapping[str, Any], there: Mapping[str, Any]) -> str | None:
    """Why what has a settlement's number is not that settlement, and must be left alone."""
    words = {"ACCREC": "an invoice", "ACCPAY": "a bill"}
    is_, should = (words.get(str(one.get("Type")), "something else") for one in (there, sent))
    if not _same_field("Contact", sent["Contact"], there):
        name = (there.get("Contact") or {}).get("Name", "another contact")
        return f"is the number of {is_} of {name} in Xero; give the settlement one of its own"
    if is_ != should:
        return f"is {is_} in Xero and would be {should} now; delete it there first"
    return None


def _taken(there: Mapping[str, Any], status: str) -> str | None:
    """Why a record that differs takes no change any more."""
    if status == "PAID":
        return "is paid in Xero, where it differs"
    if any(_amount(there.get(name)) for name in ("AmountPaid", "AmountCredited")):
        return "is paid in part in Xero, where it differs"
    return "is allocated in Xero, where it differs" if there.get("Allocations") else None


def _same(sent: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    return all(_same_field(name, value, there) for name, value in sent.items())


def _same_field(name: str, value: Any, there: Mapping[str, Any]) -> bool:
    if name == "Contact":
        contact = there.get("Contact") or {}
        named = str(contact.get("Name") or value.get("Name", ""))
        return same_key(named, str(value.get("Name", "")))
    if name == "Name":
        return same_key(str(value), str(there.get("Name", "")))
    if name in ("Date", "DueDate"):
        return bool(_date(there, name) == value)
    if name == "Status":
        return str(there.get("Status")) in _FURTHER[value]
    if name == "LineItems":
        return _same_lines(value, there.get("LineItems"))
    return bool(value == there.get(name))


def _same_lines(sent: Sequence[Mapping[str, Any]], there: Any) -> bool:
    if not isinstance(there, list) or len(sent) != len(there):
        return False
    return all(
        _same_line_field(name, value, other)
        for line, other in zip(sent, there, strict=True)
        for name, value in line.items()
    )


def _same_line_field(name: str, value: Any, other: Mapping[str, Any]) -> bool:
    if name in ("Quantity", "UnitAmount"):
        return _amount(value) == _amount(other.get(name))
    return bool(value == other.get(name))


def _amount(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def _date(there: Mapping[str, Any], name: str) -> str | None:
    """The day, from ``DateString`` or from Microsoft's ``/Date(1552262400000+0000)/``."""
    text = there.get(f"{name}String") or there.get(name)
    if not isinstance(text, str):
        return None
    if found := _MS_DATE.match(text):
        return datetime.fromtimestamp(int(found[1]) / 1000, UTC).date().isoformat()
    return text[:10]
