"""Answers of the embedded FreeAgent, and our requests, judged by its documentation's own tables.

FreeAgent publishes no OpenAPI: the description is derived from its documentation pages (see
shared/specs/freeagent/README.md). It is OpenAPI 3.0, so ``nullable`` is turned into a JSON Schema
type. Changes and transitions are described by a status alone; errors not at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from tests.providers.openapi import json_schema

from syncdoctor.engine.adapter import Item, Remote
from syncdoctor.engine.record import Record
from syncdoctor.providers.freeagent.records import ADAPTER

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "freeagent" / "openapi-derived.json"
pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason="the description is in ../shared")
Json = Any
Make = Callable[..., Any]
CONTACT = "https://api.freeagent.com/v2/contacts/2"
# In the documentation's tables of attributes, or sent by the live API, and in no example of this
# very answer: https://github.com/alekc/freeagent/blob/HEAD/docs/api-quirks.md (2026-11-22)
BEYOND_EXAMPLES = {
    "url", "contact_name", "involves_sales_tax", "sales_tax_value", "sales_tax_rate",
    "sales_tax_status", "position", "category",
}  # fmt: skip


@cache
def paths() -> Json:
    found: Json = json.loads(SPEC.read_text("utf-8"))["paths"]
    return json_schema(found)


def answer_schema(method: str, path: str, status: int) -> Json:
    return paths()[path][method]["responses"][str(status)]["content"]["application/json"]["schema"]


def request_schema(method: str, path: str) -> Json:
    return paths()[path][method]["requestBody"]["content"]["application/json"]["schema"]


def judge(schema: Json) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker(["date"]))


@pytest.fixture
def answers(api: httpx2.Client, invoice: Make) -> list[tuple[str, Json, Json]]:
    """One answer of every kind with the schema that describes it."""
    fields = invoice()["invoice"]
    note = {key: value for key, value in fields.items() if key != "invoice_items"}
    note |= {"reference": "CN-1", "credit_note_items": fields["invoice_items"]}
    person = {"first_name": "Ada", "last_name": "Love", "email": "ada@example.com"}
    made = {
        "/contacts": api.post("contacts", json={"contact": person}),
        "/invoices": api.post("invoices", json=invoice()),
        "/credit_notes": api.post("credit_notes", json={"credit_note": note}),
    }
    calls = [("post", path, answer) for path, answer in made.items()]
    for path, answer in made.items():
        (element,) = answer.json().values()
        calls.append(("get", f"{path}/{{id}}", api.get(element["url"])))
    nested = {"nested_invoice_items": "true", "nested_credit_note_items": "true"}
    calls += [
        ("get", path, api.get(path.strip("/"), params=nested))
        for path in ("/company", "/users/me", "/contacts", "/invoices", "/credit_notes")
    ]
    return [
        (f"{method} {path}", answer.json(), answer_schema(method, path, answer.status_code))
        for method, path, answer in calls
    ]


@pytest.fixture
def requests(record: Make) -> list[tuple[str, Json, Json]]:
    """What is sent to make and change each kind, with the schema that describes it."""
    note = record(kind="credit-note", due_date=None)
    ada = Record("contact", "Ada Ltd", contact_email="ada@example.com")
    found = []
    for path, kind, one in (
        ("/invoices", "invoice", record()),
        ("/credit_notes", "credit-note", note),
        ("/contacts", "contact", ada),
    ):
        made = ADAPTER.create(kind, [Item(one, CONTACT)])
        found.append((f"post {path}", made.json, request_schema("post", path)))
        there = Remote(f"https://api.freeagent.com/v2{path}/3", one.key, None, {"status": "Draft"})
        changed = ADAPTER.update(kind, [Item(one, CONTACT, there)])
        schema = request_schema("put", f"{path}/{{id}}")
        found.append((f"put {path}", changed.json, schema))
    return found


def wrong(examples: list[tuple[str, Json, Json]]) -> list[str]:
    return [
        f"{name}: {error.json_path} {error.message}"
        for name, body, schema in examples
        for error in judge(schema).iter_errors(body)
    ]


def test_every_answer_fits_the_description(answers: list[tuple[str, Json, Json]]) -> None:
    assert wrong(answers) == []


def test_every_request_fits_the_description(requests: list[tuple[str, Json, Json]]) -> None:
    assert wrong(requests) == []


def test_the_description_refuses_a_wrong_value_everywhere(
    answers: list[tuple[str, Json, Json]], requests: list[tuple[str, Json, Json]]
) -> None:
    for name, body, schema in answers + requests:
        checker, places = judge(schema), list(_described(body, schema, ()))
        assert places, name
        for path in places:
            assert not checker.is_valid(_spoilt(body, path)), f"{name} takes anything at {path}"


def test_the_description_refuses_a_request_with_an_unknown_field(
    requests: list[tuple[str, Json, Json]],
) -> None:
    for name, body, schema in requests:
        (element,) = body
        odd = {element: {**body[element], "no_such_field": 1}}
        assert not judge(schema).is_valid(odd), name


def test_every_name_is_in_the_documentation(answers: list[tuple[str, Json, Json]]) -> None:
    unknown = {
        f"{name}: {field}"
        for name, body, schema in answers
        for field in _unknown_names(body, schema)
        if field not in BEYOND_EXAMPLES
    }
    assert unknown == set()


def test_categories_and_changes_are_described_by_a_status_alone() -> None:
    """So that nobody believes that they were judged."""
    assert "content" not in paths()["/categories"]["get"]["responses"]["200"]
    assert "content" not in paths()["/invoices/{id}"]["put"]["responses"]["200"]
    mark = "/invoices/{id}/transitions/mark_as_sent"
    assert "content" not in paths()[mark]["put"]["responses"]["200"]


def _described(
    value: Json, schema: Json, path: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    """Every place of a body that the description has a type for."""
    if path and ("type" in schema or "enum" in schema or "oneOf" in schema):
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in schema.get("properties", {}):
                yield from _described(inner, schema["properties"][name], (*path, name))
    elif isinstance(value, list) and value and "items" in schema:
        yield from _described(value[0], schema["items"], (*path, 0))


def _spoilt(body: Json, path: tuple[str | int, ...]) -> Json:
    copy = deepcopy(body)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = [[[]]]  # no text, number, boolean or object, and no list of objects
    return copy


def _unknown_names(value: Json, schema: Json) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _unknown_names(item, schema.get("items", {}))
    elif isinstance(value, dict) and "properties" in schema:
        for name, inner in value.items():
            if name in schema["properties"]:
                yield from _unknown_names(inner, schema["properties"][name])
            else:
                yield name
