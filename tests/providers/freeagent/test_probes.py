"""What FreeAgent's answers to the probes prove, and which company a token is for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from syncdoctor.model import Connection, Organisation
from syncdoctor.providers.freeagent.organisations import from_answer
from syncdoctor.providers.freeagent.probes import CHOSEN_FROM, choices, facts

MINE = Organisation("12345", "My Company")
CATEGORIES = {
    "income_categories": [{"nominal_code": "001", "description": "Sales"}],
    "general_categories": [{"nominal_code": "051", "description": "Interest Received"}],
}


def connection(chosen: Organisation | None = MINE, **settings: Any) -> Connection:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return Connection("w", "c", "u", "freeagent", "a", now, organisation=chosen, settings=settings)


@pytest.mark.parametrize("identity", [12345, "12345"])  # a number, or quoted as in the example
def test_a_token_is_for_one_company(identity: Any) -> None:
    body = {"company": {"id": identity, "name": "My Company", "subdomain": "mycompany"}}
    assert from_answer(body) == (MINE,)
    assert facts("identity", body, connection())["organisation_missing"] is False


def test_a_company_without_id_or_name_goes_by_its_subdomain() -> None:
    assert from_answer({"company": {"subdomain": "mine"}}) == (Organisation("mine", "mine"),)


@pytest.mark.parametrize("body", [None, [], "page", {}, {"company": None}, {"company": {}}])
def test_an_answer_that_names_no_company_gives_none(body: Any) -> None:
    assert from_answer(body) == ()


def test_the_token_of_another_company_is_told() -> None:
    body = {"company": {"id": 999, "name": "Other"}}
    found = facts("identity", body, connection())
    assert found["organisation_missing"] is True
    assert found["seen"] == "the token belongs to Other, not to My Company"
    assert facts("identity", body, connection(None)) == {"organisation_chosen": False}


@pytest.mark.parametrize(
    ("level", "kinds", "missing"),
    [(8, None, False), (4, None, False), (3, None, True), (0, None, True),
     (3, ["contact"], False), (2, ["contact"], True), (3, ["contact", "invoice"], True)],
)  # fmt: skip
def test_the_access_level_must_be_enough(
    level: int, kinds: list[str] | None, missing: bool
) -> None:
    found = facts("permission", {"user": {"permission_level": level}}, connection(kinds=kinds))
    assert found["permission_missing"] is missing
    assert f"the access level is {level} (" in found["seen"]


@pytest.mark.parametrize(
    ("code", "gone"), [("001", False), ("051", False), ("001-2", False), ("002", True)]
)
def test_a_category_that_is_gone_is_told(code: str, gone: bool) -> None:
    found = facts("categories", CATEGORIES, connection(category=code))
    assert (found["setting"], found["setting_gone"]) == ("category", gone)


def test_a_category_that_was_never_chosen_is_no_fact_of_the_provider() -> None:
    assert facts("categories", CATEGORIES, connection()) == {}
    assert facts("no such probe", {}, connection()) == {}


def test_income_categories_are_offered() -> None:
    assert CHOSEN_FROM == {"category": "categories"}
    assert choices("category", CATEGORIES) == [("001", "Sales")]
