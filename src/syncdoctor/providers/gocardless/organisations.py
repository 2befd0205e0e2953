"""Which creditors a GoCardless token belongs to, from the answer of ``GET /creditors``. Pure.

A token is for one organisation, which has one creditor unless GoCardless has opened more for it.
https://developer.gocardless.com/api-reference/#core-endpoints-creditors (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncdoctor.model import Organisation


def from_answer(body: Any, event: str | None = None) -> tuple[Organisation, ...]:
    """The creditors in an answer.

    Args:
        body: the parsed answer.
        event: not known at GoCardless.
    """
    del event
    creditors = body.get("creditors") if isinstance(body, Mapping) else None
    return tuple(
        Organisation(str(creditor["id"]), str(creditor.get("name") or creditor["id"]))
        for creditor in (creditors if isinstance(creditors, list) else [])
        if isinstance(creditor, Mapping) and creditor.get("id")
    )
