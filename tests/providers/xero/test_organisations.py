from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from syncdoctor.model import Organisation
from syncdoctor.providers.xero.organisations import event_of, from_answer, link_of

# The shape of the example in
# https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero-identity.yaml, 2026-11-22.
LINKS = [
    {
        "id": "l1",
        "authEventId": "e1",
        "tenantId": "t1",
        "tenantType": "ORGANISATION",
        "tenantName": "Maple Florists Ltd",
    },
    {
        "id": "l2",
        "authEventId": "e2",
        "tenantId": "t2",
        "tenantType": "ORGANISATION",
        "tenantName": "Adam Demo Company (NZ)",
    },
    {
        "id": "l3",
        "authEventId": "e2",
        "tenantId": "t3",
        "tenantType": "PRACTICE",
        "tenantName": "Books & Co",
    },
]


def test_organisations_are_listed_and_practices_are_not() -> None:
    assert from_answer(LINKS) == (
        Organisation("t1", "Maple Florists Ltd"),
        Organisation("t2", "Adam Demo Company (NZ)"),
    )
    assert [o.id for o in from_answer(LINKS, "e2")] == ["t2"]


@pytest.mark.parametrize("body", [None, "", {}, {"tenantId": "t"}, ["t"], [{}], [None]])
def test_what_is_no_list_of_links_holds_none(body: Any) -> None:
    assert from_answer(body) == ()
    assert link_of(body, "t") is None


def test_the_link_of_an_organisation() -> None:
    assert link_of(LINKS, "t2") == "l2"
    assert link_of(LINKS, "t9") is None


def token(claims: Any) -> Any:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJub25lIn0.{part}.sig"


def test_the_consent_that_a_token_came_from() -> None:
    assert event_of(token({"authentication_event_id": "e1"})) == "e1"
    for other in (
        "opaque",
        "a.b.c",
        "a.%%.c",
        token({}),
        token([]),
        token({"authentication_event_id": 1}),
    ):
        assert event_of(other) is None
