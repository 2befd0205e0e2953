from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.provider import Provider
from syncdoctor.engine.records import failed_records
from syncdoctor.model import Exchange


@pytest.fixture
def acct(made: Callable[..., Catalogue]) -> Provider:
    return made().providers["acct"]


def invoice(*messages: str) -> dict[str, Any]:
    return {"Number": "1", "ValidationErrors": [{"Message": text} for text in messages]}


def test_only_records_with_errors_with_what_is_round_them(acct: Provider) -> None:
    body = {"Status": "OK", "Invoices": [invoice("a"), invoice(), invoice("b")], "Other": [1]}
    parts = failed_records(Exchange(status=200, body=body), acct)
    assert [part.body for part in parts] == [
        {"Status": "OK", "Invoices": [invoice("a")]},
        {"Status": "OK", "Invoices": [invoice("b")]},
    ]
    assert all(part.status == 200 for part in parts)


@pytest.mark.parametrize(
    "body", [None, "text", [], {"Invoices": []}, {"Invoices": [invoice("a")]}, {"Invoices": 3}]
)
def test_no_batch(acct: Provider, body: Any) -> None:
    assert failed_records(Exchange(status=200, body=body), acct) == []


def test_a_batch_in_xml(acct: Provider) -> None:
    error = "<ValidationErrors><E><Message>{}</Message></E></ValidationErrors>"
    rows = "".join(f"<Invoice>{error.format(word)}</Invoice>" for word in "ab")
    text = f"<R><Status>OK</Status><Invoices>{rows}<Invoice/></Invoices></R>"
    assert len(failed_records(Exchange(status=200, body=text), acct)) == 2
