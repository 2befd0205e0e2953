"""What lies below a company file: the user, preferences, lists, cards and documents.

Paths and fields: https://developer.myob.com/api/accountright/v2/ and the vendor's .NET SDK,
https://github.com/myob-oss/AccountRight_Live_API_.Net_SDK (2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson

from syncdoctor.providers.common.embedded import Call, Reply
from syncdoctor.providers.myob.sandbox import documents
from syncdoctor.providers.myob.sandbox.answers import Document, Refused, answer, listed
from syncdoctor.providers.myob.sandbox.books import Books

METHODS = ("GET", "POST", "PUT", "DELETE")
ABSENT = Refused(404, "NotFound", "The resource could not be found")


def resource(call: Call, books: Books, rest: list[str], base: str) -> Reply:
    """Answer a call below a company file; ``base`` is its own address.

    Raises:
        Refused: it cannot be done.
    """
    path = "/".join(rest)
    shown: Mapping[str, Any] = {
        "CurrentUser": lambda: answer(200, _user(call, base)),
        "Company/Preferences": lambda: answer(200, _preferences(call, books)),
        "GeneralLedger/Account": lambda: listed(call, books.accounts(call.faults), base),
        "GeneralLedger/TaxCode": lambda: listed(call, books.tax_codes(call.faults), base),
    }
    if path in shown and call.method == "GET":
        reply: Reply = shown[path]()
        return reply
    if rest[0] == "Contact" and rest[1:2] and rest[1] in books.cards:
        return _cards(call, books, rest[1], rest[2:], base)
    kind = documents.KINDS.get("/".join(rest[:2]))
    if kind is None:
        raise ABSENT
    if len(rest) == 2 and call.method == "GET":  # noqa: PLR2004 - Sale/Invoice
        every = books.documents[kind.path].values()
        return listed(call, [documents.head(one) for one in every], base)
    return _documents(call, books, kind, rest[2:], base)


def _user(call: Call, base: str) -> Document:
    """Made after https://developer.myob.com/api/myob-business-api/v2/current-user/."""
    root = base.removesuffix("CurrentUser")
    access = ["GET"] if call.faults.on("permission-removed") else list(METHODS)
    paths = ("Contact/Customer", "Contact/Supplier", "Sale/Invoice/Service")
    return {"UserAccess": [{"ResourcePath": f"{root}{p}/", "Access": access} for p in paths]}


def _preferences(call: Call, books: Books) -> Document:
    until = books.locked_before(call.faults, call.now)
    before = f"{until + timedelta(days=1)}T00:00:00" if until else None
    return {"System": {"LockPeriodPriorTo": before}, "RowVersion": "1"}


def _cards(call: Call, books: Books, kind: str, rest: list[str], base: str) -> Reply:
    shelf = books.cards[kind]
    if not rest and call.method == "GET":
        return listed(call, list(shelf.values()), base)
    if not rest and call.method == "POST":
        return _made(call, books.add_card(kind, _fields(call)), base)
    card = shelf.get(rest[0]) if len(rest) == 1 else None
    if card is None or call.method != "GET":
        raise ABSENT
    return answer(200, card)


def _documents(call: Call, books: Books, kind: documents.Kind, rest: list[str], base: str) -> Reply:
    shelf = books.documents[kind.path]
    if rest[0] != "Service" or len(rest) > 2:  # noqa: PLR2004 - Service and a UID
        raise ABSENT
    if len(rest) == 1:
        if call.method == "GET":
            return listed(call, list(shelf.values()), base)
        if call.method != "POST":
            raise ABSENT
        return _made(call, documents.make(books, call, kind, _fields(call)), base)
    document = shelf.get(rest[1])
    if document is None:
        raise ABSENT
    if call.method == "PUT":
        documents.change(books, call, kind, document, _fields(call))
        return answer(200, document) if _body_wanted(call) else Reply(200)
    if call.method != "GET":
        raise ABSENT
    return answer(200, document)


def _made(call: Call, made: Document, base: str) -> Reply:
    location = {"location": f"{base}/{made['UID']}"}
    return answer(201, made, location) if _body_wanted(call) else Reply(201, b"", location)


def _body_wanted(call: Call) -> bool:
    return call.query.get("returnBody", "").lower() == "true"


def _fields(call: Call) -> Document:
    try:
        fields = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        fields = None
    if not isinstance(fields, dict):
        raise Refused(400, "SerializationError", "Error converting value", 50)
    return fields
