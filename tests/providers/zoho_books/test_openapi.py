"""Our requests, judged by the vendor's own description of them.

See shared/specs/zoho-books/README.md: it describes parameters and bodies, and of answers the
envelope alone. Lines without an item are taken by Zoho although the description wants ``item_id``;
``account_id`` and ``line_item_id`` of an invoice's lines are left out of it, and are those of its
credit notes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.engine.adapter import Item, Ref, Remote, Request
from syncdoctor.engine.record import Record
from syncdoctor.providers.zoho_books.records import ADAPTER
from syncdoctor.providers.zoho_books.sandbox.service import API

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "zoho-books" / "openapi-derived.json"
pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason="the description is in ../shared")
LEFT_OUT = {"account_id", "line_item_id"}
KINDS = ("contact", "invoice", "credit-note")
IDS = {"contacts": "contact_id", "invoices": "invoice_id", "creditnotes": "creditnote_id"}


@cache
def paths() -> Any:
    return json.loads(SPEC.read_text("utf-8"))["paths"]


def check(request: Request) -> None:
    """Path, method, parameters and body are described."""
    first, *rest = request.path.split("/")
    path = "/".join(["", first, *([f"{{{IDS[first]}}}", *rest[1:]] if rest else [])])
    operation = paths()[path][request.method.lower()]
    known = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
    assert set(request.params) <= known
    assert "organization_id" in known
    if request.json is None:
        return
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert set(request.json) <= set(schema["properties"])
    assert set(schema.get("required", ())) <= set(request.json)
    lines = schema["properties"].get("line_items", {}).get("items", {}).get("properties", {})
    for line in request.json.get("line_items", ()):
        extra = {"rate"} if first == "creditnotes" else set()
        assert set(line) <= set(lines) | LEFT_OUT | extra


def whole(record: Record, kind: str, status: str) -> Remote:
    body = ADAPTER.create(kind, [Item(record, "c-1")]).json
    lines = [{**line, "line_item_id": "7"} for line in body.get("line_items", ())]
    return Remote("1", record.key, None, {**body, "line_items": lines, "status": status})


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_asked_for_and_made_is_described(record: Callable[..., Record], kind: str) -> None:
    made = record(kind=kind, reference="PO", contact_email="a@ada.test")
    for request in ADAPTER.look_up(kind, [Ref(kind, "A")]):
        check(request)
    check(ADAPTER.create(kind, [Item(made, "c-1")]))


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("status", ["draft", "sent"])
def test_what_is_changed_is_described(
    record: Callable[..., Record], kind: str, status: str
) -> None:
    remote = whole(record(kind=kind), kind, status)
    check(ADAPTER.update(kind, [Item(record(kind=kind), "c-1", remote)]))
    check(ADAPTER.update(kind, [Item(record(kind=kind, reference="new"), "c-1", remote)]))
    listed = {"code": 0, "invoices": [{"invoice_id": "1"}], "creditnotes": [{"creditnote_id": "1"}]}
    for request in ADAPTER.further(kind, listed):
        check(request)


def test_the_sandbox_serves_described_paths_alone() -> None:
    assert API == "/books/v3/"
    for path in ("/organizations", "/users/me", "/chartofaccounts", "/settings/taxes"):
        assert "get" in paths()[path]
