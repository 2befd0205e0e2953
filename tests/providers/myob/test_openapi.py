"""Answers of the embedded MYOB and our requests, judged by a description of the vendor's SDK.

See shared/specs/myob/README.md: fields that the SDK does not know are refused, required ones are
not marked. ``/{cfid}`` itself is not described, and CurrentUser is described as a page although
the documentation shows it bare.
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

from syncdoctor.engine.adapter import Item, Ref, Request
from syncdoctor.engine.record import Line, Record
from syncdoctor.providers.myob.records import MyobRecords
from syncdoctor.providers.myob.sandbox import seed

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "myob" / "openapi-derived.json"
pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason="the description is in ../shared")
ADAPTER = MyobRecords(seed.TAX_CODE)


@cache
def spec() -> Any:
    return json_schema(json.loads(SPEC.read_text("utf-8")))


def check(name: str, value: Any) -> None:
    """The value is what the description calls by that name."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": spec()["components"]}
    problems = [
        f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema).iter_errors(value)
    ]
    assert problems == []


def check_request(request: Request, schema: str | None = None) -> None:
    first = request.path.split("/")
    uid = len(first[-1]) == 36 or first[-1] == "i-1"
    path = "/{cfid}/" + "/".join([*first[: -1 if uid else None], *(["{uid}"] if uid else [])])
    operation = spec()["paths"][path][request.method.lower()]
    known = {one["name"] for one in operation["parameters"]}
    assert set(request.params) <= known
    if schema:
        check(schema, request.json)


@pytest.mark.parametrize(
    ("kind", "sign", "schema"),
    [
        ("contact", 1, "Customer"),
        ("supplier", 1, "Supplier"),
        ("invoice", 1, "ServiceInvoice"),
        ("credit-note", 1, "ServiceInvoice"),
        ("settlement", 1, "ServiceInvoice"),
        ("settlement", -1, "ServiceBill"),
    ],
)
def test_what_is_asked_for_and_sent_is_described(
    record: Callable[..., Record], kind: str, sign: int, schema: str
) -> None:
    (line,) = record().lines
    line = Line(
        line.description, line.quantity * sign, line.unit_amount, line.account, line.tax_type
    )
    made = record(kind=kind, reference="PO", contact_email="a@ada.test", lines=(line,))
    for request in ADAPTER.look_up(kind, [Ref(kind, "A")]):
        check_request(request)
    check_request(ADAPTER.create(kind, [Item(made, seed.uid("c"))]), schema)


def test_every_answer_of_the_sandbox_is_described(
    api: httpx2.Client, record: Callable[..., Record]
) -> None:
    customer = api.get("Contact/Customer").json()["Items"][0]
    create = ADAPTER.create("invoice", [Item(record(), customer["UID"])])
    made = api.post(create.path, params=dict(create.params), json=create.json)
    assert made.status_code == 201
    uid = made.json()["UID"]
    assert made.headers["location"].endswith(f"/Sale/Invoice/Service/{uid}")
    check("ServiceInvoice", made.json())
    check("ServiceInvoice", api.get(f"Sale/Invoice/Service/{uid}").json())
    check("ServiceInvoice", api.get("Sale/Invoice").json()["Items"][0])  # a list's head is a part
    check("Customer", customer)
    check("CurrentUser", api.get("CurrentUser").json())
    check("CompanyPreferences", api.get("Company/Preferences").json())
    check("CompanyFileWithResources", api.get("").json())
    for one in api.get("GeneralLedger/Account").json()["Items"]:
        check("Account", one)
    for one in api.get("GeneralLedger/TaxCode").json()["Items"]:
        check("TaxCode", one)
