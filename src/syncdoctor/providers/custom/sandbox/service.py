"""An HTTP API of somebody's own, as docs/custom.md describes the convention. Derived: it is ours.

``GET /me``; ``GET``, ``POST /KINDs``; ``GET``, ``PUT /KINDs/NUMBER``; ``GET``, ``POST /keys``;
``DELETE /keys/ID``.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from syncdoctor.engine.record import CONTACT, KINDS
from syncdoctor.providers.common.embedded import (
    Allowance,
    Call,
    EmbeddedWithoutSignIn,
    FaultSpec,
    Reply,
)
from syncdoctor.providers.custom.sandbox.keys import FIRST, Key, Keys

SHELVES = {f"{kind}s": kind for kind in KINDS}
OURS = "derived: the sandbox's own API"
ACCOUNT = {"id": "acc-1", "name": "Riverside Trading"}

FAULTS = (
    FaultSpec(
        "keys-revoked",
        "every key but the newest is refused; a newer one heals it",
        OURS,
        ("api",),
    ),
    FaultSpec("permission-removed", "the key may only read", OURS, ("api",)),
    FaultSpec("no-key-management", "the API lets nobody make keys", OURS, ("api",)),
    FaultSpec("record-refused", "records are refused as invalid", OURS, ("api",)),
)


class Refused(Exception):
    """The request ends here."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status)
        self.status, self.code, self.message = status, code, message


class Service(EmbeddedWithoutSignIn):
    """Keys and shelves of records."""

    id = "custom"
    faults = FAULTS

    def __init__(self) -> None:
        super().__init__()
        self.keys = Keys()
        self._shelves: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in SHELVES}
        self._made: Counter[str] = Counter()
        self._answered: dict[str, Reply] = {}

    def set_up(self, api: str) -> str:
        """The connection, with the key that is there from the beginning."""
        add = ["syncdoctor", "connection", "add", "sandbox/custom", "--setting", f"base_url={api}"]
        return f"echo {FIRST} | {shlex.join(add)} --token-file -"

    def handle(self, call: Call) -> Reply:
        """Answer a call; a write whose idempotency key is known gets its old answer."""
        known = call.headers.get("idempotency-key")
        if known and known in self._answered:
            return self._answered[known]
        try:
            key = self._key(call)
            first, _, rest = call.path.strip("/").partition("/")
            reply = self._route(call, key, first, unquote(rest))
        except Refused as refused:
            error = {"error": {"code": refused.code, "message": refused.message}}
            return _json(refused.status, error)
        if known:
            self._answered[known] = reply
        return reply

    def _key(self, call: Call) -> Key:
        scheme, _, bearer = call.headers.get("authorization", "").partition(" ")
        text = call.headers.get("x-api-key") or (bearer if scheme.lower() == "bearer" else "")
        if not text:
            raise Refused(401, "api_key_missing", "No API key found in request")
        key = self.keys.of(text, call.now)
        newest = max((one.serial for one in self.keys), default=0)
        ended = call.faults.on("keys-revoked")
        if key is None or (ended and (newest == 1 or key.serial < newest)):
            raise Refused(401, "invalid_api_key", "The API key is not valid or was revoked")
        return key

    def _route(self, call: Call, key: Key, first: str, rest: str) -> Reply:
        if first == "me" and call.method == "GET":
            may = ["read"] if call.faults.on("permission-removed") else ["read", "write"]
            return _json(200, {**ACCOUNT, "permissions": may, "key": key.shown()})
        if first == "keys" and not call.faults.on("no-key-management"):
            return self._managed(call, rest)
        if first not in SHELVES:
            raise Refused(404, "not_found", f"There is nothing at {call.path}")
        if call.method in ("POST", "PUT"):
            if call.faults.on("permission-removed"):
                raise Refused(403, "forbidden", "This API key may not write")
            return self._write(call, first, rest)
        if not rest:
            return _json(200, {"data": list(self._shelves[first].values())})
        if rest not in self._shelves[first]:
            raise Refused(404, "not_found", f"There is no {SHELVES[first]} {rest}")
        return _json(200, self._shelves[first][rest])

    def _managed(self, call: Call, rest: str) -> Reply:
        if call.method == "GET":
            return _json(200, {"data": [key.shown() for key in self.keys]})
        if call.method == "POST":
            made = self.keys.create(str(_object(call).get("name") or "key"), call.now)
            return _json(201, {**made.shown(), "key": made.text})
        if call.method == "DELETE" and self.keys.revoke(rest):
            return Reply(204)
        raise Refused(404, "not_found", f"There is no key {rest}")

    def _write(self, call: Call, shelf: str, number: str) -> Reply:
        fields, there = _object(call), self._shelves[shelf]
        if call.faults.on("record-refused"):
            raise Refused(422, "validation_failed", "contact_email is required")
        name = "contact_name" if SHELVES[shelf] == CONTACT else "number"
        key = str(fields.get(name) or number)
        if call.method == "POST":
            if key in there:
                raise Refused(409, "already_exists", f"{SHELVES[shelf]} {key} already exists")
            self._made[key] += 1
            there[key] = {"id": f"{SHELVES[shelf]}-{len(there) + 1}", **fields}
            return _json(201, there[key])
        if number not in there:
            raise Refused(404, "not_found", f"There is no {SHELVES[shelf]} {number}")
        there[number] |= fields
        return _json(200, there[number])

    def broken(self, fault: str) -> Reply:
        """Answers while the API is down."""
        if fault == "html-error-page":
            page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            return Reply(502, page, {"content-type": "text/html"})
        status = 500 if fault == "server-error" else 503
        return _json(status, {"error": {"code": "unavailable", "message": "Try again later"}})

    def limit_key(self, call: Call) -> str | None:
        """Calls count for the whole API."""
        del call
        return "api"

    def limited(self, allowance: Allowance) -> Reply:
        """Too many calls."""
        error = {"error": {"code": "rate_limited", "message": "Too many requests"}}
        return _json(429, error, {"retry-after": str(allowance.retry_after_s)})

    def state(self) -> dict[str, Any]:
        """How often each record was made, and how many there are."""
        counts = {shelf: len(records) for shelf, records in self._shelves.items() if records}
        return {"made": dict(self._made), "records": counts, "keys": len(list(self.keys))}


def _object(call: Call) -> dict[str, Any]:
    try:
        value = orjson.loads(call.body or b"{}")
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Refused(400, "invalid_json", "The body is no JSON object")
    return value


def _json(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    content = {"content-type": "application/json", **(headers or {})}
    return Reply(status, orjson.dumps(body), content)
