"""Answers of the embedded GoCardless, and our requests, judged by the types of the vendor's SDK.

The description is derived from the SDK for Node (see shared/specs/gocardless/README.md). It is
OpenAPI 3.0, so ``nullable`` is turned into a JSON Schema type.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from tests.providers.openapi import json_schema

from syncdoctor.engine.adapter import Item, Remote
from syncdoctor.engine.record import Record
from syncdoctor.providers.gocardless.records import ADAPTER

SHARED = Path(__file__).parents[4] / "shared" / "specs" / "gocardless"
SPEC = SHARED / "openapi-derived.json"
pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason="the description is in ../shared")
Json = Any


@cache
def document() -> Json:
    return json_schema(json.loads(SPEC.read_text("utf-8")))


def wrong(value: Json, schema: Json) -> list[str]:
    whole = {**schema, "components": document()["components"]}
    found = Draft202012Validator(whole).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


def answered(path: str, method: str, status: int) -> Json:
    answer = document()["paths"][path][method]["responses"][str(status)]
    return answer["content"]["application/json"]["schema"]


def asked(path: str, method: str) -> Json:
    return document()["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]


def test_what_is_sent_and_made_fits_the_description(
    api: httpx2.Client, record: Callable[..., Record]
) -> None:
    known = api.get("mandates").json()["mandates"][-1]
    customer = Record("contact", "Ada Ltd", contact_email="a@example.com", contact_number="7")
    for kind, item in (
        ("contact", Item(customer)),
        ("payment", Item(record(reference="R"), backing=known)),
    ):
        request = ADAPTER.create(kind, [item])
        path = f"/{request.path}"
        assert wrong(request.json, asked(path, "post")) == []
        made = api.post(request.path, json=request.json)
        assert made.status_code == 201
        assert wrong(made.json(), answered(path, "post", 201)) == []
        (remote,) = ADAPTER.found(kind, made.json())
        changed = ADAPTER.update(kind, [Item(item.record, remote=remote)])
        assert wrong(changed.json, asked(path + "/{identity}", "put")) == []
        assert isinstance(remote, Remote)


def test_every_list_fits_the_description(api: httpx2.Client) -> None:
    mandate = api.get("mandates").json()["mandates"][-1]["id"]
    fields = {"amount": 1, "currency": "GBP", "links": {"mandate": mandate}}
    assert api.post("payments", json={"payments": fields}).status_code == 201
    for name in ("creditors", "customers", "customer_bank_accounts", "mandates", "payments"):
        body = api.get(name).json()
        assert wrong(body, answered(f"/{name}", "get", 200)) == [], name
        spoilt = {**body, name: [{**body[name][0], "id": 1}]}
        assert wrong(spoilt, answered(f"/{name}", "get", 200)), f"{name} takes anything"


@pytest.mark.parametrize(
    ("name", "reason", "body", "bearer"),
    [
        ("unauthorized_error", "access_token_not_found", {}, "odd"),
        ("validation_failed_error", "validation_failed", {"customers": {}}, None),
        ("invalid_api_usage_error", "invalid_document_structure", [], None),
    ],
)
def test_errors_have_the_shape_of_the_vendors_fixtures(
    api: httpx2.Client, name: str, reason: str, body: Json, bearer: str | None
) -> None:
    fixture = json.loads((SHARED / "fixtures" / f"{name}.json").read_text("utf-8"))["error"]
    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    error = api.post("customers", json=body, headers=headers).json()["error"]
    assert set(error) == set(fixture)
    assert (error["type"], error["code"]) == (fixture["type"], fixture["code"])
    assert set(fixture["errors"][0]) <= set(error["errors"][0])
    assert error["documentation_url"].endswith(f"#{reason}")
