"""The shapes in which Google Calendar answers.

https://developers.google.com/workspace/calendar/api/guides/errors, read on 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from syncdoctor.providers.common.embedded import Call, Reply

Document = dict[str, Any]
JSON = {"content-type": "application/json; charset=UTF-8"}
HTML = {"content-type": "text/html; charset=UTF-8"}
PROJECT = "123456789012"


class Refused(Exception):
    """The request ends here, with this reason of Google's."""

    def __init__(self, status: int, reason: str, message: str, **more: Any) -> None:
        """``more``: ``domain``, ``location`` of a parameter or header, ``details`` of a policy."""
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.more = more

    def reply(self) -> Reply:
        """The answer."""
        one = {
            "domain": self.more.get("domain", "global"),
            "reason": self.reason,
            "message": self.message,
        }
        if location := self.more.get("location"):
            kind = "header" if location[:1].isupper() else "parameter"
            one |= {"locationType": kind, "location": location}
        error: Document = {"errors": [one], "code": self.status, "message": self.message}
        if detail := self.more.get("detail"):
            error["status"] = "PERMISSION_DENIED"
            error["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": detail,
                    "domain": "googleapis.com",
                    "metadata": {"service": "calendar-json.googleapis.com"},
                }
            ]
        return answer(self.status, {"error": error})


def answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    """An answer with a JSON body."""
    return Reply(status, orjson.dumps(body), {**JSON, **(headers or {})})


def page(status: int, title: str) -> Reply:
    """A page of Google's front end; derived."""
    return Reply(status, f"<html><body><h1>Error: {title}</h1></body></html>".encode(), HTML)


def not_found() -> Refused:
    """The words for what is not there, or not to be seen."""
    return Refused(404, "notFound", "Not Found")


def paged(call: Call, items: Sequence[Any], usual: int, most: int) -> tuple[list[Any], str | None]:
    """One page of a list, and the token of the next one."""
    size = min(number(call, "maxResults", usual), most)
    first = number(call, "pageToken", 0, least=0)
    shown = list(items[first : first + size])
    following = first + size
    return shown, str(following) if following < len(items) else None


def number(call: Call, name: str, usual: int, *, least: int = 1) -> int:
    """A whole number of the query."""
    text = call.query.get(name, str(usual))
    if not text.isdigit() or int(text) < least:
        raise Refused(400, "invalid", f"Invalid value for: {name}", location=name)
    return int(text)


def flag(call: Call, name: str) -> bool:
    """A boolean of the query."""
    return call.query.get(name, "false").lower() == "true"
