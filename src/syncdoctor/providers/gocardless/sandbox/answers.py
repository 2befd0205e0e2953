"""The shapes in which GoCardless answers: an envelope by the resource's name, or an error.

https://developer.gocardless.com/api-reference/#api-usage-errors, /#api-usage-cursor-pagination and
the fixtures of its Python SDK, gocardless/gocardless-pro-python tests/fixtures (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson

from syncdoctor.providers.common.embedded import Call, Reply

Document = dict[str, Any]
JSON = {"content-type": "application/json"}
DOCUMENTATION = "https://developer.gocardless.com/api-reference#"
LONGEST_PAGE, PAGE = 500, 50
INVALID_USAGE, INVALID_STATE, VALIDATION = "invalid_api_usage", "invalid_state", "validation_failed"


class Refused(Exception):
    """The request ends here, with this error."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        kind: str = INVALID_USAGE,
        errors: Sequence[Document] | None = None,
        links: Document | None = None,
    ) -> None:
        """``errors`` stand in place of the one that ``reason``, ``message`` and ``links`` make."""
        super().__init__(message)
        self.status, self.reason, self.message, self.kind = status, reason, message, kind
        one: Document = {"reason": reason, "message": message}
        self.errors = list(errors or [one | ({"links": links} if links else {})])


def invalid(resource: str, problems: Sequence[tuple[str, str]]) -> Refused:
    """The refusal of a resource some of whose fields are wrong: each with what is wrong."""
    errors = [
        {"field": field, "message": message, "request_pointer": f"/{resource}/{field}"}
        for field, message in problems
    ]
    words = "Validation failed"
    return Refused(422, VALIDATION, words, kind=VALIDATION, errors=errors)


def answer(status: int, body: Document) -> Reply:
    """A success."""
    return Reply(status, orjson.dumps(body), JSON)


def refusal(refused: Refused) -> Reply:
    """An error in its envelope."""
    error = {
        "message": refused.message,
        "errors": refused.errors,
        "documentation_url": DOCUMENTATION + refused.reason,
        "type": refused.kind,
        "request_id": str(uuid4()),
        "code": refused.status,
    }
    return Reply(refused.status, orjson.dumps({"error": error}), JSON)


def broken(status: int, reason: str) -> Reply:
    """A failure of GoCardless's own."""
    return refusal(Refused(status, reason, "An internal error has occurred", kind="gocardless"))


def moment(value: datetime) -> str:
    """A time as GoCardless shows it."""
    return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"


def page(call: Call, name: str, elements: Sequence[Document]) -> Reply:
    """One page of a list, newest first, with cursors to the ones before and after it."""
    size = _limit(call)
    ids = [element["id"] for element in elements]
    start, stop = 0, len(ids)
    if after := call.query.get("after"):
        start = _place(ids, after, "after") + 1
    if before := call.query.get("before"):
        stop = _place(ids, before, "before")
        start = max(start, stop - size)
    shown = list(elements[start : min(stop, start + size)])
    more = start + len(shown) < len(ids)
    cursors = {
        "before": shown[0]["id"] if shown and start else None,
        "after": shown[-1]["id"] if shown and more else None,
    }
    return answer(200, {name: shown, "meta": {"cursors": cursors, "limit": size}})


def _limit(call: Call) -> int:
    text = call.query.get("limit", str(PAGE))
    size = int(text) if text.isdigit() else 0
    if not 1 <= size <= LONGEST_PAGE:
        raise Refused(400, "invalid_filters", "The filters provided are invalid")
    return size


def _place(ids: Sequence[str], cursor: str, name: str) -> int:
    if cursor not in ids:
        words = f"The cursor {name} was not found"  # derived
        raise Refused(400, "cursor_not_found", words)
    return ids.index(cursor)
