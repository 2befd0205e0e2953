"""What GoCardless's list of creditors proves: whose token it is, and how long it is verifying."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from syncdoctor.model import Connection, Organisation
from syncdoctor.providers.gocardless.organisations import from_answer
from syncdoctor.providers.gocardless.probes import facts_at
from syncdoctor.providers.gocardless.verification import unfinished

MINE = Organisation("CR1", "Bakery Ltd")
CONNECTED = datetime(2026, 11, 16, 15, tzinfo=UTC)  # a Monday


def connection(chosen: Organisation | None = MINE) -> Connection:
    return Connection("w", "c", "u", "gocardless", "a", CONNECTED, organisation=chosen)


def creditor(status: str = "successful", created: str = "2026-11-16T09:00:00.000Z") -> Any:
    return {
        "id": "CR1",
        "name": "Bakery Ltd",
        "created_at": created,
        "verification_status": status,
    }


def facts(one: Any, now: datetime, chosen: Organisation | None = MINE) -> dict[str, Any]:
    return facts_at(now, "identity", {"creditors": [one]}, connection(chosen))


def day(number: int, month: int = 11, hour: int = 12) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


def test_a_token_may_be_for_several_creditors() -> None:
    body = {"creditors": [{"id": "CR1", "name": "Bakery Ltd"}, {"id": "CR2", "name": ""}]}
    assert from_answer(body) == (MINE, Organisation("CR2", "CR2"))


@pytest.mark.parametrize("body", [None, [], "page", {}, {"creditors": None}, {"creditors": [{}]}])
def test_an_answer_that_names_no_creditor_gives_none(body: Any) -> None:
    assert from_answer(body) == ()


def test_the_creditor_that_was_chosen_must_be_there() -> None:
    found = facts(creditor() | {"id": "CR2", "name": "Other"}, day(17))
    assert found["organisation_missing"] is True
    assert found["seen"] == "the token belongs to Other, not to Bakery Ltd"
    assert facts(creditor(), day(17), None) == {"organisation_chosen": False}


def test_a_verified_account_has_nothing_to_tell() -> None:
    known = {"organisation_chosen": True, "organisation_missing": False}
    assert facts(creditor(), day(30)) == known
    assert facts({"id": "CR1", "name": "Bakery Ltd"}, day(30)) == known


@pytest.mark.parametrize(
    ("now", "days", "stuck"),
    [
        (day(16, hour=23), 0, False),
        (day(17), 1, False),
        (day(19), 3, False),
        (day(20), 4, False),
        (day(22), 4, False),  # a Sunday
        (day(23), 5, True),
        (day(1, 12), 11, True),
    ],
)
def test_a_review_of_five_working_days_is_stuck(now: datetime, days: int, stuck: bool) -> None:
    found = facts(creditor("in_review"), now)
    word = "day" if days == 1 else "days"
    said = f"GoCardless is verifying Bakery Ltd since 16 November 2026, {days} working {word}"
    assert found["seen"] == said + ("; 1 to 3 are usual, so it is stuck" if stuck else "")
    assert (found["verification"], found["verification_stuck"]) == ("in_review", stuck)
    assert found["verification_since"] == "2026-11-16"


def test_what_waits_for_the_account_holder_is_never_stuck() -> None:
    found = facts(creditor("action_required"), day(30))
    assert (found["verification"], found["verification_stuck"]) == ("action_required", False)
    assert "waits for something from Bakery Ltd" in found["seen"]


@pytest.mark.parametrize(
    ("created", "since"),
    [
        ("2026-11-18T09:00:00Z", date(2026, 11, 18)),  # signed up after the connection was made
        ("2026-11-02T09:00:00Z", date(2026, 11, 2)),  # looked at by support later
        ("2019-03-01T09:00:00Z", date(2026, 11, 16)),  # verified long ago: in review anew
        ("2026-11-02T09:00:00", date(2026, 11, 16)),  # no zone
        (None, date(2026, 11, 16)),
        ("odd", date(2026, 11, 16)),
    ],
)
def test_it_is_counted_from_where_it_most_likely_began(created: Any, since: date) -> None:
    found = unfinished(creditor("in_review", created), CONNECTED, day(24))
    assert found is not None
    assert found.since == since


def test_christmas_does_not_make_it_stuck() -> None:
    eve = "2026-12-23T09:00:00Z"
    found = unfinished(creditor("in_review", eve), CONNECTED, datetime(2026, 12, 31, tzinfo=UTC))
    assert found is not None
    assert (found.working_days, found.stuck) == (4, False)
