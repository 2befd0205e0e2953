"""The shapes in which Xero answers.

Shapes of successes and validation errors: the vendor's OpenAPI description
(https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero_accounting.yaml) and answers recorded
from a demo company (https://github.com/corrin/docketworks/tree/main/apps/xero/fake/recordings).
All sources were read on 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import getrandbits
from typing import Any
from uuid import UUID

import orjson

from syncdoctor.providers.common.embedded import Call, Reply

Document = dict[str, Any]
NO_ID = "00000000-0000-0000-0000-000000000000"
JSON = {"content-type": "application/json; charset=utf-8"}
HTML = {"content-type": "text/html; charset=utf-8"}


class Refused(Exception):
    """The request ends here, with this answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def json(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer with a JSON body."""
    return Reply(status, orjson.dumps(value), {**JSON, **(headers or {})})


def html(status: int, text: str) -> Reply:
    """An answer with a page or a bare sentence, as Xero's front end sends it."""
    return Reply(status, text.encode(), HTML)


def new_id() -> str:
    """A random id. None of them is a secret, so the system's own randomness is not asked."""
    return str(UUID(int=getrandbits(128), version=4))


def msdate(moment: datetime) -> str:
    """Xero's form of a date: milliseconds since 1970 in ``/Date(…)/``."""
    return f"/Date({round(moment.timestamp() * 1000)}+0000)/"


def day(value: datetime) -> datetime:
    """Midnight, UTC, of a day."""
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def envelope(
    call: Call, name: str, items: Sequence[Any], pagination: Mapping[str, int] | None = None
) -> Reply:
    """A success of the accounting API."""
    body: dict[str, Any] = {
        "Id": new_id(),
        "Status": "OK",
        "ProviderName": call.bearer.app,
        "DateTimeUTC": msdate(call.now).replace("+0000", ""),
    }
    if pagination is not None:
        body["pagination"] = pagination
    return json(200, {**body, name: items})


def problem(
    status: int, title: str, detail: str, headers: Mapping[str, str] | None = None
) -> Reply:
    """The envelope of 401 and 403.

    Shape: https://github.com/waynerobinson/xeroizer/pull/509.
    """
    body: Document = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": new_id(),
        "Extensions": {},
    }
    return json(status, body, headers)


def exception(number: int, kind: str, message: str, **more: Any) -> Reply:
    """A 400 of the accounting API: ``ErrorNumber``, ``Type`` and ``Message``.

    Numbers: 10 ValidationException (the OpenAPI description), 14 PostDataInvalidException
    (https://github.com/XeroAPI/xero-php-oauth2/issues/205), 16 QueryParseException.
    """
    return json(400, {"ErrorNumber": number, "Type": kind, "Message": message, **more})


def validation(elements: Sequence[Document]) -> Reply:
    """The 400 of a write that some elements did not pass."""
    return exception(
        10, "ValidationException", "A validation exception occurred", Elements=elements
    )


def not_found() -> Reply:
    """The 404 of a record; recorded with the content type text/html."""
    return html(404, "The resource you're looking for cannot be found")


def unreadable(why: str) -> Reply:
    """The 400 for a body that is no JSON of the expected form."""
    message = f"JSON request body could not be read, Error {why}"
    return exception(14, "PostDataInvalidException", message)


def messages(errors: Sequence[str]) -> list[dict[str, str]]:
    """Validation errors as Xero lists them."""
    return [{"Message": error} for error in errors]
