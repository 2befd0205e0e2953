"""What ``--resume`` and ``--failed`` take up, with no word of where it came from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncdoctor.errors import NotFound, UsageError
from syncdoctor.model import Trigger
from syncdoctor.resync.earlier import NothingToResume, SourceUnknown
from syncdoctor.resync.plan import Selection
from syncdoctor.resync.report import RecordOutcome, Report
from syncdoctor.resync.run import Stop
from syncdoctor.store.rows import SyncStatus

if TYPE_CHECKING:
    from tests.resync.conftest import Bench, Forgetful

R = RecordOutcome
COUNT = 40


def other_source(bench: Bench, name: str = "other.csv", count: int = COUNT) -> Path:
    """A file of invoices that is not the workspace's source."""
    bench.write_invoices(count, prefix=f"{name[0].upper()}-")
    return bench.source.rename(bench.directory / name)


def interrupted(bench: Bench, forgetful: Forgetful, source: Path) -> Report:
    """A sync of a named source that is stopped after its first batch."""
    stop = Stop()

    def strike(when: str, path: str) -> int | None:
        if when == "after" and path == "Invoices":
            stop.code = 130
        return None

    forgetful.strike = strike
    provider = bench.catalogue.providers["xero"]
    small = replace(provider, limits=replace(provider.limits, batch=2))
    report = bench.resync(source=source, source_given=True, stop=stop, provider=small)
    forgetful.strike = lambda _when, _path: None
    assert report.not_sent > 0
    return report


def failed(bench: Bench) -> Selection:
    return Selection(since=bench.clock, failed=True)


@pytest.mark.parametrize("how", ["resume", "failed"])
@pytest.mark.parametrize("between", [False, True], ids=["at-once", "after-another"])
def test_what_was_not_sent_is_taken_from_where_it_came(
    bench: Bench, forgetful: Forgetful, how: str, between: bool
) -> None:
    left = interrupted(bench, forgetful, other_source(bench))
    bench.write(bench.row("OWN-1"))
    if between:
        assert bench.resync().counts == {R.CONFIRMED: 1}
    bench.clock += timedelta(days=10)
    changes: dict[str, Any] = {"resume": True} if how == "resume" else {"selection": failed(bench)}
    report = bench.resync(**changes)
    assert (report.exit_code, report.counts[R.CONFIRMED]) == (0, left.not_sent)
    assert report.warnings == (f"Taken from {bench.directory / 'other.csv'}, as in sync 1.",)
    assert set(forgetful.numbers().values()) == {1}
    with pytest.raises(NothingToResume):
        bench.resync(resume=True)


def test_a_resumed_sync_that_is_interrupted_again_can_be_resumed(
    bench: Bench, forgetful: Forgetful
) -> None:
    interrupted(bench, forgetful, other_source(bench))
    bench.write(bench.row("OWN-1"))
    stop = Stop(code=130)
    assert bench.resync(resume=True, stop=stop).exit_code == 130
    assert bench.resync(resume=True).exit_code == 0
    assert len(forgetful.numbers()) == COUNT
    with pytest.raises(NothingToResume):
        bench.resync(resume=True)


def test_nothing_is_resumed_where_nothing_was_broken_off(bench: Bench) -> None:
    bench.write(bench.row("A"))
    for _ in range(2):
        with pytest.raises(NothingToResume, match="there is nothing to resume"):
            bench.resync(resume=True)
        assert bench.resync().exit_code == 0


def test_failed_records_of_another_source_are_told(bench: Bench, forgetful: Forgetful) -> None:
    for name in ("b.csv", "c.csv"):
        interrupted(bench, forgetful, other_source(bench, name))
    bench.write(bench.row("OWN-1"))
    report = bench.resync(selection=failed(bench))
    taken, elsewhere = report.warnings
    assert taken == f"Taken from {bench.directory / 'c.csv'}, as in sync 2."
    assert elsewhere.endswith(f"resync acme/xero --failed --source {bench.directory / 'b.csv'}")
    assert bench.resync(selection=failed(bench)).exit_code == 0
    assert len(forgetful.numbers()) == 2 * COUNT


def test_a_row_that_was_wrong_is_a_failed_record(bench: Bench) -> None:
    bench.write(bench.row("A", amount="1.2.3"))
    assert bench.resync().exit_code == 3
    bench.write(bench.row("A"))
    bench.clock += timedelta(days=30)
    assert bench.resync(selection=failed(bench)).counts == {R.CONFIRMED: 1}


def test_no_source_at_all(bench: Bench) -> None:
    with pytest.raises(SourceUnknown):
        bench.resync(source=None)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"records": ("INV-404",)}, NotFound, "Not in the source: INV-404."),
        ({"records": ("A", "INV-404")}, NotFound, "Not in the source: INV-404."),
        ({"source": "typo.csv"}, UsageError, "There is no file"),
        ({"rejects": "."}, UsageError, "Is a directory"),
        ({"rejects": "records.csv"}, UsageError, "is the source itself"),
        ({"rejects": "records.csv/x.csv"}, UsageError, "cannot be written"),
    ],
)
def test_a_slip_of_the_pen_is_no_sync_and_sends_nothing(
    bench: Bench,
    forgetful: Forgetful,
    changes: dict[str, Any],
    error: type[UsageError],
    said: str,
) -> None:
    bench.write(bench.row("A"))
    parts: dict[str, Any] = {
        name: bench.directory / changes[name] for name in ("source", "rejects") if name in changes
    }
    since = bench.clock - timedelta(days=7)
    parts["selection"] = Selection(since=since, records=frozenset(changes.get("records", ())))
    with pytest.raises(error, match=said):
        bench.resync(**parts)
    with bench.open_db() as db:
        assert db.syncs() == ()
    assert forgetful.calls == []
    with pytest.raises(error):  # of a timer's run the history tells, for nobody was there
        bench.resync(**parts, trigger=Trigger.AUTOMATIC)
    with bench.open_db() as db:
        assert [sync.status for sync in db.syncs()] == [SyncStatus.FAILED]
