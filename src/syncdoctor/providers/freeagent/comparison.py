"""Whether FreeAgent has what would be sent, and whether its record may still be changed. Pure.

A document that was sent is locked until somebody marks it as draft again:
https://api-discuss.freeagent.com/t/422-error-when-trying-to-update-an-invoice/819 (2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from syncdoctor.engine.adapter import Comparison, Standing, folded

DRAFT = "Draft"
_AMOUNTS = frozenset({"quantity", "price", "sales_tax_rate", "total_value"})
_LINKS = frozenset({"contact", "category"})


def compare(
    sent: Mapping[str, Any],
    there: Mapping[str, Any],
    items: str,
    contact_name: str,
    *,
    to_be_sent: bool,
) -> Comparison:
    """Compare the element that would be sent with FreeAgent's own.

    Args:
        items: the name under which an element has its lines.
        contact_name: whom the document is for.
        to_be_sent: whether a draft is not enough.
    """
    draft = there.get("status") == DRAFT
    same = same_document(sent, there, items) and _same_contact(contact_name, there)
    if same and not (draft and to_be_sent):
        return Comparison(Standing.SAME)
    if not draft:
        status = str(there.get("status") or "sent").lower()
        why = f"is {status} in FreeAgent, where it differs; mark it as draft there to change it"
        return Comparison(Standing.LOCKED, why)
    if not same and any(item_id(line) is None for line in lines_of(there, items)):
        why = "is in FreeAgent with lines that cannot be told apart; change it there"
        return Comparison(Standing.LOCKED, why)
    return Comparison(Standing.DIFFERS)


def compare_settlement(
    sent: Mapping[str, Any], there: Mapping[str, Any], items: str, contact_name: str, word: str
) -> Comparison | None:
    """What is said of a settlement alone; None where it is compared like any invoice.

    ``word`` is what it is now: ``invoice`` or ``bill``, of which two may have one reference.
    """
    found = "bill" if "/bills/" in str(there.get("url")) else "invoice"
    if not _same_contact(contact_name, there):
        name = there.get("contact_name")
        why = f"is the reference of the {found} of {name} in FreeAgent; give it one of its own"
        return Comparison(Standing.LOCKED, why)
    if found != word:
        why = f"is the reference of the {found} in FreeAgent and would be a {word}; delete it there"
        return Comparison(Standing.LOCKED, why)
    if word != "bill":
        return None
    if same_document(sent, there, items):
        return Comparison(Standing.SAME)
    status = str(there.get("status"))
    if status in ("Paid", "Refunded"):
        return Comparison(Standing.LOCKED, f"is {status.lower()} in FreeAgent, where it differs")
    return Comparison(Standing.DIFFERS)


def same_document(sent: Mapping[str, Any], there: Mapping[str, Any], items: str) -> bool:
    """Whether all that is sent is there; what it leaves open is FreeAgent's to choose."""
    head = {name: value for name, value in sent.items() if name not in (items, "contact")}
    if not all(_same_field(name, value, there.get(name)) for name, value in head.items()):
        return False
    ours, theirs = sent.get(items) or [], lines_of(there, items)
    return len(ours) == len(theirs) and all(
        _same_field(name, value, other.get(name))
        for line, other in zip(ours, theirs, strict=True)
        for name, value in line.items()
    )


def lines_of(document: Mapping[str, Any], items: str) -> Sequence[Mapping[str, Any]]:
    """The lines of a document."""
    found = document.get(items)
    return [line for line in found if isinstance(line, Mapping)] if isinstance(found, list) else []


def last_part(url: Any) -> str:
    """The last part of an address, by which FreeAgent names a thing."""
    return str(url).rstrip("/").rpartition("/")[2]


def item_id(line: Mapping[str, Any]) -> int | None:
    """The id under which a line is changed, from its address."""
    number = last_part(line.get("url") or "")
    return int(number) if number.isdigit() else None


def _same_contact(name: str, there: Mapping[str, Any]) -> bool:
    # The name shown may have the person's name beside the organisation's.
    shown = there.get("contact_name")
    return shown is None or folded(name) in folded(str(shown))


def _same_field(name: str, value: Any, other: Any) -> bool:
    if name in _AMOUNTS:
        return _amount(value) == _amount(other)
    if name in _LINKS:
        return last_part(value) == last_part(other)
    return bool(value == other)


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
