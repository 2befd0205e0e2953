"""The shapes in which Zoho Books answers: ``code``, ``message`` and the resource.

https://www.zoho.com/books/api/v3/response/ and /errors/, read on 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import orjson

from syncdoctor.providers.common.embedded import Call, Reply

Document = dict[str, Any]
JSON = {"content-type": "application/json;charset=UTF-8"}
HTML = {"content-type": "text/html;charset=UTF-8"}
LONGEST_PAGE = 200  # https://www.zoho.com/books/api/v3/pagination/


class Refused(Exception):
    """The request ends here, with this code of Zoho's."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def reply(self) -> Reply:
        """The answer."""
        return answer(self.status, {"code": self.code, "message": self.message})


def answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    """An answer with a JSON body."""
    return Reply(status, orjson.dumps(body), {**JSON, **(headers or {})})


def done(resource: Mapping[str, Any], message: str = "success", status: int = 200) -> Reply:
    """An answer that tells of a success."""
    return answer(status, {"code": 0, "message": message, **resource})


def listed(call: Call, name: str, items: Sequence[Any]) -> Reply:
    """One page of a list, with the context that says whether there is another."""
    page, size = _whole(call, "page", 1), min(_whole(call, "per_page", LONGEST_PAGE), LONGEST_PAGE)
    first = (page - 1) * size
    context = {"page": page, "per_page": size, "has_more_page": len(items) > first + size}
    shown = list(islice(items, first, first + size))
    return done({name: shown, "page_context": context})


def page(status: int, title: str) -> Reply:
    """A gateway's page; derived."""
    return Reply(status, f"<html><body><h1>{title}</h1></body></html>".encode(), HTML)


def missing(what: str) -> Refused:
    """The words for a record that is not there; https://www.zoho.com/books/api/v3/errors/."""
    return Refused(404, 1002, f"{what} does not exist.")


def _whole(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise Refused(400, 4, f"Invalid value passed for {name}")
    return int(text)
