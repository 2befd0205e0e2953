"""The shapes in which MYOB answers: ``Errors``, pages of ``Items``, and gateways' pages.

https://developer.myob.com/api/myob-business-api/api-overview/error-messages (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from syncdoctor.providers.common.embedded import Call, Reply
from syncdoctor.providers.myob.sandbox.odata import Filter, NotUnderstood

Document = dict[str, Any]
JSON = {"content-type": "application/json; charset=utf-8"}
HTML = {"content-type": "text/html"}
USUAL_PAGE, LONGEST_PAGE = 400, 1000


class Refused(Exception):
    """The request ends here, with this error of MYOB's."""

    def __init__(
        self, status: int, name: str, message: str, code: int | None = None, details: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {
            "Name": name,
            "Message": message,
            "AdditionalDetails": details,
            "ErrorCode": code,
            "Severity": "Error",
        }

    def reply(self) -> Reply:
        """The answer."""
        return answer(self.status, {"Errors": [self.error]})


class SignOnRefused(Exception):
    """The company file does not know the user and password; the body is a bare list.

    https://apisupport.myob.com/hc/en-us/articles/5451932252175-Solving-Access-Denied-errors
    """


def answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer with a JSON body."""
    return Reply(status, orjson.dumps(body), {**JSON, **(headers or {})})


def listed(call: Call, items: Sequence[Document], base: str) -> Reply:
    """One page of what the filter lets through; ``base`` is the list's own address."""
    try:
        wanted = Filter(call.query.get("$filter", ""))
    except NotUnderstood as error:
        raise Refused(
            400, "BadRequest", f"The query specified in the URI is not valid. {error}"
        ) from None
    found = [item for item in items if wanted.admits(item)]
    top = min(_whole(call, "$top", USUAL_PAGE), LONGEST_PAGE)
    skip = _whole(call, "$skip", 0)
    more = len(found) > skip + top
    following = f"{base}?$top={top}&$skip={skip + top}" if more else None
    page = {"Items": found[skip : skip + top], "NextPageLink": following, "Count": len(found)}
    return answer(200, page)


def page(status: int, title: str) -> Reply:
    """A gateway's page; derived."""
    return Reply(status, f"<html><body><h1>{title}</h1></body></html>".encode(), HTML)


def _whole(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdigit():
        raise Refused(400, "BadRequest", f"The value of {name} is not valid.")
    return int(text)
