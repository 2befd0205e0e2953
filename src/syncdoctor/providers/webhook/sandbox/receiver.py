"""A customer's own endpoint: it checks signatures by the reference library, and drops repeats.

``POST /webhook/`` takes events. ``PUT /webhook/secret`` with ``{"secret": "whsec_…"}`` is what the
customer does when a secret was rotated: from then on that one alone is known.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
(2026-11-22)
"""

from __future__ import annotations

import base64
import shlex
from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
from standardwebhooks import Webhook, WebhookVerificationError

from syncdoctor.providers.common.embedded import (
    Allowance,
    Call,
    EmbeddedWithoutSignIn,
    FaultSpec,
    Reply,
)

SECRET = "whsec_" + base64.b64encode(b"the sandbox receiver's secret 01").decode()
OTHER = "whsec_" + base64.b64encode(b"a secret that nobody else knows 1").decode()
SPEC = "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"
TYPES = {"json": "application/json", "html": "text/html; charset=utf-8"}

FAULTS = (
    FaultSpec(
        "signature-mismatch",
        "the receiver knows another secret: every delivery is refused",
        "https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python",
        ("api",),
    ),
    FaultSpec(
        "endpoint-gone",
        "the receiver answers 410: it wants no more deliveries",
        f"{SPEC}#delivery-success-and-failure",
        ("api",),
    ),
    FaultSpec(
        "redirect",
        "the receiver has moved and answers with a redirect",
        f"{SPEC}#delivery-success-and-failure",
        ("api",),
        {"location": "https://hooks.example.com/new"},
    ),
)


class Receiver(EmbeddedWithoutSignIn):
    """Takes events, each id once."""

    id = "webhook"
    faults = FAULTS

    def __init__(self) -> None:
        super().__init__()
        self.secret = SECRET
        self.events: dict[str, dict[str, Any]] = {}
        self.repeats = 0

    def set_up(self, api: str) -> str:
        """The connection, whose secret the receiver knows already."""
        add = ["syncdoctor", "connection", "add", "sandbox/webhook", "--setting", f"endpoint={api}"]
        return f"echo {SECRET} | {shlex.join(add)} --token-file -"

    def handle(self, call: Call) -> Reply:
        """Answer a delivery, a look, or the customer who changes the secret."""
        if call.faults.on("endpoint-gone"):
            return _json(410, {"message": "This endpoint is no longer in use"})
        if moved := call.faults.on("redirect"):
            return Reply(308, headers={"location": str(moved.params["location"])})
        if call.path.rstrip("/") == "/secret" and call.method == "PUT":
            self.secret = str(orjson.loads(call.body)["secret"])
            return Reply(204)
        if call.path.strip("/"):
            return _json(404, {"message": "Not found"})
        if call.method != "POST":
            return Reply(405, headers={"allow": "POST"})
        return self._delivered(call)

    def _delivered(self, call: Call) -> Reply:
        secret = OTHER if call.faults.on("signature-mismatch") else self.secret
        try:
            told = Webhook(secret).verify(call.body, dict(call.headers))
        except WebhookVerificationError as error:
            return _json(400, {"message": f"WebhookVerificationError: {error}"})
        message = call.headers["webhook-id"]
        if message in self.events:
            self.repeats += 1
        self.events[message] = told
        return Reply(204)

    def broken(self, fault: str) -> Reply:
        """Answers while the receiver is down; derived, since every receiver has its own."""
        status = {"server-error": 500, "html-error-page": 502}.get(fault, 503)
        words = f"<html><body><h1>{status}</h1><p>The receiver is down.</p></body></html>"
        return Reply(status, words.encode(), {"content-type": TYPES["html"]})

    def limit_key(self, call: Call) -> str | None:
        """Deliveries count; looks do not."""
        return "endpoint" if call.method == "POST" else None

    def limited(self, allowance: Allowance) -> Reply:
        """Too many deliveries."""
        headers = {"retry-after": str(allowance.retry_after_s)}
        return _json(429, {"message": "Too many deliveries"}, headers)

    def state(self) -> dict[str, Any]:
        """How often each record was told of, by its number, or its contact's name."""
        records = [event["data"] for event in self.events.values()]
        names = [str(r.get("number") or r.get("contact_name")) for r in records]
        types = Counter(event["type"] for event in self.events.values())
        return {"records": dict(Counter(names)), "types": dict(types), "repeats": self.repeats}


def _json(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, orjson.dumps(body), {"content-type": TYPES["json"], **(headers or {})})
