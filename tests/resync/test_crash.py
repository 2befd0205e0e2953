"""A crash before and after every write of the journal, and any order of crashes and lost answers.

The provider here takes the same number twice, so only the journal keeps records from being doubled.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from syncdoctor.resync.earlier import NothingToResume
from syncdoctor.resync.run import resync
from syncdoctor.store.statedb import StateDB

if TYPE_CHECKING:
    from tests.resync.conftest import Bench, Forgetful

    from syncdoctor.store.database import Backend


class Crash(BaseException):
    """The process is gone: nothing more is written."""


class MortalDB(StateDB):
    """Dies at the n-th write, before or after it reached the disk."""

    def __init__(self, path: Path, *, at: int, after: bool, **parts: Any) -> None:
        self.left = at
        self.after = after
        super().__init__(path, **parts)

    @contextmanager
    def transaction(self) -> Iterator[Backend]:
        self.left -= 1
        if self.left < 0 or (self.left == 0 and not self.after):
            raise Crash
        with super().transaction() as connection:
            yield connection
        if self.left == 0:
            raise Crash


def run_until_crash(bench: Bench, at: int, *, after: bool, **changes: Any) -> bool:
    """Whether it crashed; else the run came to its end."""
    path = bench.state_dir / "state.sqlite3"
    with MortalDB(path, at=at, after=after, clock=lambda: bench.clock) as db:
        try:
            resync(bench.job(db, **changes))
        except Crash:
            return True
    return False


def in_small_batches(bench: Bench, size: int = 4) -> Any:
    provider = bench.catalogue.providers["xero"]
    return dataclasses.replace(provider, limits=dataclasses.replace(provider.limits, batch=size))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("resume", [False, True], ids=["again", "resume"])
def test_a_crash_at_every_write(
    bench: Bench, forgetful: Forgetful, after: bool, resume: bool
) -> None:
    provider = in_small_batches(bench)
    at, crashes = 0, 0
    crashed = True
    while crashed:
        at += 1
        shutil.rmtree(bench.state_dir, ignore_errors=True)
        for shelf in forgetful.shelves.values():
            shelf.clear()
        numbers = bench.write_invoices(18, contacts=3)
        crashed = run_until_crash(bench, at, after=after, provider=provider)
        crashes += crashed
        try:
            report = bench.resync(provider=provider, resume=resume)
        except NothingToResume:  # it came to its end, or died before it was written down
            report = bench.resync(provider=provider)
        assert report.exit_code == 0
        assert forgetful.numbers() == dict.fromkeys(numbers, 1)
        assert set(forgetful.numbers("Contacts").values()) == {1}
        with bench.open_db() as db:
            assert db.unresolved("c-1") == ()
            assert db.failed_records("c-1") == frozenset()
    assert crashes >= 12


@settings(
    max_examples=25, stateful_step_count=12, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
class Journeys(RuleBasedStateMachine):
    """Records are added and changed, runs crash or lose answers, in any order."""

    bench: Bench
    forgetful: Forgetful
    template: Bench

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="journeys-"))
        self.amounts = {"INV-1": 1}

    @initialize()
    def begin(self) -> None:
        self.forgetful = type(self).forgetful.__class__()
        self.bench = dataclasses.replace(
            type(self).template, directory=self.directory, open_client=lambda: self.forgetful
        )

    def teardown(self) -> None:
        self.run_clean()
        assert self.there() == self.amounts
        shutil.rmtree(self.directory)

    def there(self) -> dict[str, int]:
        return {
            e["InvoiceNumber"]: e["LineItems"][0]["UnitAmount"]
            for e in self.forgetful.shelves["Invoices"]
        }

    def write(self) -> None:
        self.bench.write(
            *(
                self.bench.row(number, amount=str(amount), contact=f"Customer {amount % 3}")
                for number, amount in self.amounts.items()
            )
        )

    @rule(number=st.integers(1, 9), amount=st.integers(1, 5))
    def put_record(self, number: int, amount: int) -> None:
        self.amounts[f"INV-{number}"] = amount

    @rule()
    def run_clean(self) -> None:
        self.write()
        self.forgetful.strike = lambda _when, _path: None
        self.bench.resync(provider=in_small_batches(self.bench, 2))

    @rule(at=st.integers(1, 20), after=st.booleans())
    def run_and_crash(self, at: int, after: bool) -> None:
        self.write()
        self.forgetful.strike = lambda _when, _path: None
        run_until_crash(self.bench, at, after=after, provider=in_small_batches(self.bench, 2))

    @rule(losses=st.lists(st.sampled_from(["before", "after", None]), max_size=12))
    def run_and_lose_answers(self, losses: list[str | None]) -> None:
        self.write()
        left = list(losses)

        def strike(when: str, path: str) -> int | None:
            del path
            if when == "before":
                self.lost = left.pop() if left else None
            return 0 if self.lost == when else None

        self.forgetful.strike = strike
        self.bench.resync(provider=in_small_batches(self.bench, 2))

    @invariant()
    def nothing_is_doubled(self) -> None:
        for shelf in ("Invoices", "Contacts"):
            assert all(n == 1 for n in self.forgetful.numbers(shelf).values())


def test_any_order_of_crashes_and_lost_answers(bench: Bench, forgetful: Forgetful) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    Journeys.template = bench
    Journeys.forgetful = forgetful
    run_state_machine_as_test(Journeys)
    assert Journeys.template is bench
