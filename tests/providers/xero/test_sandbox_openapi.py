"""Every answer of the embedded Xero is judged by Xero's own OpenAPI description.

The files are those of https://github.com/XeroAPI/Xero-OpenAPI (see shared/specs/xero/README.md).
What is odd in them, and what is done about it:

- The bodies are recursive (Invoice, Payment, CreditNote and Contact name each other), and tools
  that expand references may end with a schema that takes anything. Here references are followed
  (``referencing``), never expanded, and ``test_the_description_refuses_…`` proves for each schema
  that a wrong value is refused in every single place.
- They are OpenAPI 3.0: ``nullable`` is turned into a JSON Schema type, and everything beside
  ``$ref`` would be ignored there, while here it is obeyed too, which is stricter.
- Some schemas (Action, Connection) list properties without saying ``type: object``, and so would
  take a number or a list: the type is added.
- YAML 1.1 reads the country code NO as false, so the files are read without that habit.
- Dates of the accounting API are plain strings for the description (``x-is-msdate``); their form
  is tested in test_sandbox_accounting.py. Its identity API says ``date-time`` and shows an
  example without a time zone, which is none: that format is not checked, only ``uuid`` is.
- Answers with 401, 403 and 429 are not described at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from syncdoctor.sandbox.server import Running

SPECS = Path(__file__).parents[4] / "shared" / "specs" / "xero"
pytestmark = pytest.mark.skipif(
    not SPECS.is_dir(), reason="the vendor's descriptions are in ../shared"
)
Make = Callable[..., dict[str, Any]]
Json = Any
# Sent by the live API and recorded from it, but missing from the description:
# https://github.com/corrin/docketworks/tree/main/apps/xero/fake/recordings (2026-11-22)
RECORDED = {
    "Id",
    "Status",
    "ProviderName",
    "DateTimeUTC",
    "DateString",
    "DueDateString",
    "Prepayments",
    "CreditNotes",
}


class _Loader(yaml.CSafeLoader):
    """YAML without the habit of reading NO, ON and dates as something else than text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag.rsplit(":", 1)[-1] != "timestamp"]
    for first, pairs in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    if first not in "yYnNoO"
}


@cache
def registry() -> Registry[Any]:
    found: Registry[Any] = Registry()
    for name in ("xero_accounting", "xero-identity"):
        text = SPECS.joinpath(f"{name}.yaml").read_text("utf-8")
        spec = yaml.load(text, _Loader)
        found = found.with_resource(f"urn:{name}", DRAFT202012.create_resource(_converted(spec)))
    return found


def _converted(node: Json) -> Json:
    """OpenAPI 3.0's ``nullable`` in JSON Schema's way, and ``type: object`` where it is meant."""
    if isinstance(node, list):
        return [_converted(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _converted(value) for key, value in node.items()}
    if made.pop("nullable", None) is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    if isinstance(made.get("properties"), dict) and "type" not in made["properties"]:
        made.setdefault("type", "object")
    return made


def schema_of(pointer: str) -> Json:
    """The schema at ``FILE#/POINTER``."""
    return registry().resolver().lookup(f"urn:{pointer}").contents


def validator(pointer: str) -> Draft202012Validator:
    schema = {"$ref": f"urn:{pointer}"}
    checker = FormatChecker(["uuid"])
    return Draft202012Validator(schema, registry=registry(), format_checker=checker)


def accounting(name: str) -> str:
    return f"xero_accounting#/components/schemas/{name}"


@pytest.fixture
def answers(
    api: httpx2.Client, sandbox: Running, invoice: Make
) -> dict[str, list[tuple[str, Json]]]:
    """One answer or more of every kind, by the schema that describes it."""
    connections = api.get(sandbox.app_urls("xero")["connections"])
    note = invoice(Type="ACCRECCREDIT", CreditNoteNumber="TBCN-1")
    del note["InvoiceNumber"]
    broken = invoice("TB-9", LineItems=[{"Description": "x", "AccountCode": "999"}])
    mixed = {"Invoices": [invoice("TB-2"), broken]}
    calls: dict[str, list[httpx2.Response]] = {
        "Invoices": [
            api.post("Invoices", json=invoice()),
            api.put("Invoices", json=invoice("TB-3", Status="DRAFT")),
            api.post("Invoices?summarizeErrors=false", json=mixed),
            api.get("Invoices"),
            api.get("Invoices", params={"page": 1}),
            api.get("Invoices/TB-1"),
        ],
        "CreditNotes": [
            api.post("CreditNotes", json=note),
            api.get("CreditNotes", params={"page": 1}),
        ],
        "Contacts": [
            api.post("Contacts", json={"Name": "Ada", "EmailAddress": "ada@example.com"}),
            api.post("Contacts?summarizeErrors=false", json={"EmailAddress": "x"}),
            api.get("Contacts", params={"page": 1}),
        ],
        "Error": [
            api.post("Invoices", json=broken),
            api.put("Contacts", json={"Name": "Ada"}),
            api.get("Invoices", params={"where": "=="}),
            api.post("Invoices", content=b"{"),
        ],
        "Organisations": [api.get("Organisation")],
        "Actions": [api.get("Organisation/Actions")],
        "Accounts": [api.get("Accounts"), api.get("Accounts/200")],
        "TaxRates": [api.get("TaxRates")],
    }
    found = {
        accounting(name): [(f"{r.request.method} {r.request.url}", r.json()) for r in replies]
        for name, replies in calls.items()
    }
    array = "xero-identity#/paths/~1Connections/get/responses/200/content/application~1json/schema"
    found[array] = [("GET connections", connections.json())]
    return found


def test_every_answer_fits_the_description(answers: dict[str, list[tuple[str, Json]]]) -> None:
    wrong = [
        f"{call}: {error.json_path} {error.message}"
        for pointer, replies in answers.items()
        for call, body in replies
        for error in validator(pointer).iter_errors(body)
    ]
    assert wrong == []


def test_the_description_refuses_a_wrong_value_everywhere(
    answers: dict[str, list[tuple[str, Json]]],
) -> None:
    for pointer, replies in answers.items():
        judge = validator(pointer)
        tried = 0
        for _, body in replies[:1]:
            for path in _places(body, pointer):
                tried += 1
                assert not judge.is_valid(_spoilt(body, path)), (
                    f"{pointer} takes anything at {path}"
                )
        assert tried, pointer


def test_every_schema_that_is_used_compiles(answers: dict[str, list[tuple[str, Json]]]) -> None:
    seen: set[str] = set()
    todo = list(answers)
    while todo:
        pointer = todo.pop()
        if pointer in seen:
            continue
        seen.add(pointer)
        schema = schema_of(pointer)
        Draft202012Validator.check_schema(schema)
        file = pointer.partition("#")[0]
        todo += [file + reference for reference in _references(schema)]
    assert accounting("Payment") in seen
    assert accounting("ContactPerson") in seen


def test_every_name_is_in_the_description_or_was_recorded(
    answers: dict[str, list[tuple[str, Json]]],
) -> None:
    unknown = {
        f"{pointer.rsplit('/', 1)[-1]}: {name}"
        for pointer, replies in answers.items()
        for _, body in replies
        for name in _unknown_names(body, pointer)
    }
    # In the elements of a ValidationException Xero sends back what came in; described are the
    # ids and the errors alone.
    assert {name for name in unknown if not name.startswith("Error: ")} == set()


def test_no_country_is_lost_to_yaml() -> None:
    codes = schema_of(accounting("CountryCode"))["enum"]
    assert "NO" in codes
    assert all(isinstance(code, str) for code in codes)


def _references(node: Json) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def _resolved(pointer: str, schema: Json) -> tuple[str, Json]:
    while "$ref" in schema:
        pointer = pointer.partition("#")[0] + schema["$ref"]
        schema = schema_of(pointer)
    return pointer, schema


def _places(body: Json, pointer: str) -> Iterator[tuple[str | int, ...]]:
    """Every place of a body that the description has a type for."""
    yield from _described(body, pointer, schema_of(pointer), ())


def _described(
    value: Json, pointer: str, schema: Json, path: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    pointer, schema = _resolved(pointer, schema)
    if path and ("type" in schema or "enum" in schema):
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in schema.get("properties", {}):
                yield from _described(inner, pointer, schema["properties"][name], (*path, name))
    elif isinstance(value, list) and value and "items" in schema:
        yield from _described(value[0], pointer, schema["items"], (*path, 0))


def _spoilt(body: Json, path: tuple[str | int, ...]) -> Json:
    copy = deepcopy(body)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    # A list of a list of nothing is no text, number, boolean or object, and no list of objects.
    inner[path[-1]] = [[[]]]
    return copy


def _unknown_names(body: Json, pointer: str) -> Iterator[str]:
    def walk(value: Json, at: str, schema: Json) -> Iterator[str]:
        at, schema = _resolved(at, schema)
        if isinstance(value, list):
            for item in value:
                yield from walk(item, at, schema.get("items", {}))
        elif isinstance(value, dict) and "properties" in schema:
            for name, inner in value.items():
                if name in schema["properties"]:
                    yield from walk(inner, at, schema["properties"][name])
                elif name not in RECORDED:
                    yield name

    yield from walk(body, pointer, schema_of(pointer))
