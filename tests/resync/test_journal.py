from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncdoctor.engine.record import OperationState as S
from syncdoctor.model import Trigger
from syncdoctor.resync.journal import ALLOWED, Journal, idempotency_key
from syncdoctor.store.operations import Result
from syncdoctor.store.statedb import StateDB


@pytest.fixture
def db(place: Path | str) -> Iterator[StateDB]:
    with StateDB(place) as opened:
        yield opened


def journal(db: StateDB) -> Journal:
    return Journal(db, db.begin_sync("u", "acme/xero", Trigger.MANUAL).id, "u")


def test_the_intent_is_on_the_disk_before_the_request(db: StateDB) -> None:
    log = journal(db)
    operations = log.plan([("invoice", "A", "h1"), ("invoice", "B", "h2")])
    log.intend(operations[:1], "create")
    with StateDB(db.place) as other:
        assert [(o.key, o.state) for o in other.unresolved("u")] == [("A", S.SENDING)]


def test_an_intent_is_adopted_by_the_next_run(db: StateDB) -> None:
    first = journal(db)
    first.intend(first.plan([("invoice", "A", "h")]), "create")
    second = journal(db)
    (left,) = second.adopt()
    second.settle([Result(left.id, S.CONFIRMED, "id-1")])
    assert db.unresolved("u") == ()
    assert db.confirmed_hashes("u") == {("invoice", "A"): "h"}
    assert second.now(left.id).provider_id == "id-1"


@pytest.mark.parametrize("end", [S.CONFIRMED, S.REJECTED])
def test_an_answer_is_final(db: StateDB, end: S) -> None:
    log = journal(db)
    (operation,) = log.plan([("invoice", "A", "h")])
    log.intend([operation], "create")
    log.settle([Result(operation.id, end)])
    assert ALLOWED[end] == set()
    with pytest.raises(AssertionError, match="cannot go from"):
        log.settle([Result(operation.id, S.UNKNOWN)])
    with pytest.raises(AssertionError, match="cannot go from"):
        log.intend([operation], "create")


def test_the_key_is_made_from_connection_record_and_content(db: StateDB) -> None:
    log = journal(db)
    one, two = log.plan([("invoice", "A", "h1"), ("invoice", "B", "h2")])
    key = log.intend([one, two], "create")
    assert key == idempotency_key("u", "create", [one, two])
    assert len(key) <= 128
    others = {
        idempotency_key("other", "create", [one, two]),
        idempotency_key("u", "update", [one, two]),
        idempotency_key("u", "create", [one]),
        idempotency_key("u", "create", [two, one]),
    }
    assert len(others | {key}) == 5


def test_the_same_batch_has_the_same_key_after_a_crash_and_another_after_an_answer(
    db: StateDB,
) -> None:
    first = journal(db)
    (operation,) = first.plan([("invoice", "A", "h")])
    key = first.intend([operation], "create")
    second = journal(db)  # the first one was killed
    second.settle([Result(o.id, S.PLANNED) for o in second.adopt()])
    (again,) = second.plan([("invoice", "A", "h")])
    assert second.intend([again], "create") == key
    second.settle([Result(again.id, S.REJECTED, message="no such account")])
    third = journal(db)
    assert third.intend(third.plan([("invoice", "A", "h")]), "create") != key
