"""The shapes in which FreeAgent answers: JSON, or XML where it is asked for.

Shapes of successes: https://dev.freeagent.com/docs/introduction and the pages of each resource; of
errors: https://api-discuss.freeagent.com/t/list-of-api-error-responses/2809 (2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import orjson

from syncdoctor.providers.common.embedded import Call, Reply

Document = dict[str, Any]
JSON = {"content-type": "application/json; charset=utf-8"}
XML = {"content-type": "application/xml; charset=utf-8"}
HTML = {"content-type": "text/html; charset=utf-8"}
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Refused(Exception):
    """The request ends here, with this status and these sentences."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(status)
        self.status = status
        self.messages = messages


def answer(
    call: Call, status: int, value: Document, headers: Mapping[str, str] | None = None
) -> Reply:
    """An answer in the form that the request asks for."""
    if "xml" in call.headers.get("accept", ""):
        text = f"{HEAD}<freeagent>{xml(value)}</freeagent>"
        return Reply(status, text.encode(), {**XML, **(headers or {})})
    return Reply(status, orjson.dumps(value), {**JSON, **(headers or {})})


def refusal(call: Call, refused: Refused) -> Reply:
    """An error: one sentence alone, several in a list."""
    errors = [{"message": message} for message in refused.messages]
    if "xml" in call.headers.get("accept", ""):
        inner = "".join(f"<error>{xml(error)}</error>" for error in errors)
        return Reply(refused.status, f"{HEAD}<errors>{inner}</errors>".encode(), XML)
    one = len(errors) == 1 and refused.status != 422  # noqa: PLR2004 - validation is a list
    body: Document = {"errors": {"error": errors[0]} if one else errors}
    return Reply(refused.status, orjson.dumps(body), JSON)


def page(status: int, title: str) -> Reply:
    """The page of a gateway."""
    text = f"<html><head><title>{status} {title}</title></head><body>{status} {title}</body></html>"
    return Reply(status, text.encode(), HTML)


def xml(value: Any, name: str = "") -> str:
    """A value as XML: hyphens for underscores, a list's elements called as one of them."""
    if isinstance(value, Mapping):
        return "".join(_tag(str(key), inner) for key, inner in value.items())
    if isinstance(value, list):
        one = f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")
        return "".join(_tag(one, inner) for inner in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def _tag(name: str, value: Any) -> str:
    tag = name.replace("_", "-")
    kind = ' type="array"' if isinstance(value, list) else ""
    return f"<{tag}{kind}>{xml(value, name)}</{tag}>"


def decimal(value: Decimal) -> str:
    """FreeAgent's decimals are strings with at least one place: 200.0, 14.4."""
    text = format(value.normalize(), "f")
    return text if "." in text else f"{text}.0"


def moment(value: datetime) -> str:
    """A time as FreeAgent shows it."""
    return f"{value:%Y-%m-%dT%H:%M:%S.000Z}"


def listed(call: Call, base: str, name: str, documents: Sequence[Document], *, path: str) -> Reply:
    """One page of a list, with ``Link`` and ``X-Total-Count``."""
    size = min(_number(call, "per_page", 25), 100)
    number, total = _number(call, "page", 1), len(documents)
    last = max(1, -(-total // size))
    start = (number - 1) * size
    pages = {"prev": number - 1, "next": number + 1, "first": 1, "last": last}
    links = [
        f'<{base}{path}?{_query(call, target)}>; rel="{rel}"'
        for rel, target in pages.items()
        if 1 <= target <= last and not (rel == "next" and number >= last)
    ]
    headers = {"x-total-count": str(total)} | ({"link": ", ".join(links)} if last > 1 else {})
    return answer(call, 200, {name: list(documents[start : start + size])}, headers)


def _query(call: Call, number: int) -> str:
    from urllib.parse import urlencode

    return urlencode({**call.query, "page": number})


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    return max(1, int(text)) if text.isdigit() else default
