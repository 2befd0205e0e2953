"""Pulling into a file: whatever strikes on the way, no change is lost and none is told twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.errors import UsageError
from syncdoctor.model import Connection, Exchange
from syncdoctor.providers.google_calendar.pulling import GoogleCalendarPuller
from syncdoctor.resync import mirror
from syncdoctor.resync.conflicts import Rule, both_changed, rule_of
from syncdoctor.resync.pull import Halted, TwoWay, fetch, keep, look, told
from syncdoctor.resync.report import Change
from syncdoctor.store.statedb import StateDB
from syncdoctor.wire.client import Answer

AT = datetime(2026, 11, 22, tzinfo=UTC)
CONNECTION = Connection("acme", "cal", "c-1", "google-calendar", "app", AT)


class Google:
    """Answers the pages that it was given, in turn; keeps what it was asked."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[Mapping[str, str]] = []

    def send(self, method: str, path: str = "", **parts: Any) -> Answer:
        self.asked.append(parts["params"])
        status, body = self.answers.pop(0)
        return Answer(Exchange(method=method, url=path, status=status, body=body), status, {}, body)

    def close(self) -> None:
        pass


def event(identity: str, etag: str = "1", **fields: Any) -> dict[str, Any]:
    times = {"start": {"date": "2026-11-25"}, "end": {"date": "2026-11-26"}}
    return {
        "id": identity,
        "etag": etag,
        "status": "confirmed",
        "summary": identity,
        **times,
        **fields,
    }


def page(*events: Any, token: str | None = None, further: str | None = None) -> tuple[int, Any]:
    end = {"nextPageToken": further} if further else {"nextSyncToken": token}
    return 200, {"items": list(events), **end}


GONE = (410, {"error": {"errors": [{"reason": "fullSyncRequired"}], "message": "x"}})


@pytest.fixture
def db(tmp_path: Path) -> Any:
    with StateDB(tmp_path / "state.sqlite3", clock=lambda: AT) as opened:
        opened.move("c-1", "cal")
        yield opened


@pytest.fixture
def two_way(tmp_path: Path) -> TwoWay:
    return TwoWay(GoogleCalendarPuller("c-1", "cal"), tmp_path / "events.pulled.jsonl")


def pull(two_way: TwoWay, db: StateDB, google: Google) -> Any:
    changes = fetch(google, two_way, db, CONNECTION, lambda _: ())
    return keep(changes, two_way, db, CONNECTION)


def titles(two_way: TwoWay) -> dict[str, str]:
    lines = map(json.loads, two_way.file.read_text().splitlines())
    return {line["provider_id"]: line["status"] for line in lines}


def test_the_next_pull_begins_where_the_last_page_ended(two_way: TwoWay, db: StateDB) -> None:
    first = Google(page(event("a"), further="2"), page(event("b"), token="t1"))
    done = pull(two_way, db, first)
    assert [one.change for one in done.events] == [Change.CREATED, Change.CREATED]
    assert (done.full, done.announced) == ("the first pull", False)
    assert [asked.get("pageToken") for asked in first.asked] == [None, "2"]
    then = Google(page(event("a", "2"), event("b", status="cancelled", etag="2"), token="t2"))
    done = pull(two_way, db, then)
    assert then.asked[0]["syncToken"] == "t1"
    assert [one.change for one in done.events] == [Change.CHANGED, Change.DELETED]
    assert titles(two_way) == {"a": "confirmed", "b": "cancelled"}


def test_a_failure_half_way_keeps_nothing_of_that_pull(two_way: TwoWay, db: StateDB) -> None:
    pull(two_way, db, Google(page(event("a"), token="t1")))
    with pytest.raises(Halted):
        pull(two_way, db, Google(page(event("b"), further="2"), (500, None)))
    assert titles(two_way) == {"a": "confirmed"}
    again = Google(page(event("b"), token="t2"))
    assert len(pull(two_way, db, again).events) == 1
    assert again.asked[0]["syncToken"] == "t1"


def test_killed_between_file_and_token_it_pulls_the_same_again_and_tells_no_change_twice(
    two_way: TwoWay, db: StateDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(StateDB, "save_pull", killed)
        with pytest.raises(KeyboardInterrupt):
            pull(two_way, db, Google(page(event("a"), token="t1")))
    assert titles(two_way) == {"a": "confirmed"}
    done = pull(two_way, db, Google(page(event("a"), token="t1")))
    assert done.events == ()
    assert titles(two_way) == {"a": "confirmed"}


def test_a_full_sync_marks_what_is_gone_and_leaves_what_is_old(
    two_way: TwoWay, db: StateDB
) -> None:
    old = event("old", end={"date": "2024-01-02"})
    pull(two_way, db, Google(page(event("a"), event("b"), old, token="t1")))
    done = pull(two_way, db, Google(GONE, page(event("a"), token="t2")))
    assert done.announced
    assert "410 fullSyncRequired" in done.full
    assert [(one.provider_id, one.change) for one in done.events] == [("b", Change.DELETED)]
    assert titles(two_way) == {"a": "confirmed", "b": "cancelled", "old": "confirmed"}


def test_a_full_sync_that_ends_in_410_too_halts(two_way: TwoWay, db: StateDB) -> None:
    pull(two_way, db, Google(page(event("a"), token="t1")))
    with pytest.raises(Halted):
        pull(two_way, db, Google(GONE, GONE))


def test_a_file_that_is_gone_or_elsewhere_is_made_anew(two_way: TwoWay, db: StateDB) -> None:
    pull(two_way, db, Google(page(event("a"), token="t1")))
    two_way.file.unlink()
    done = pull(two_way, db, Google(page(event("a"), token="t2")))
    assert done.announced
    assert done.full.endswith("is gone")
    moved = TwoWay(two_way.puller, two_way.file.with_name("other.jsonl"))
    done = pull(moved, db, Google(page(event("a"), token="t3")))
    assert "go into" in done.full
    assert titles(moved) == {"a": "confirmed"}


def test_a_file_that_cannot_be_written_is_said_and_the_token_stays(
    two_way: TwoWay, db: StateDB, tmp_path: Path
) -> None:
    (tmp_path / "folder").write_text("a file")
    blocked = TwoWay(two_way.puller, tmp_path / "folder" / "events.jsonl")
    with pytest.raises(UsageError):
        pull(blocked, db, Google(page(event("a"), token="t1")))
    last = db.last_pull("c-1")
    assert last is not None
    assert last.sync_token is None


def test_what_we_brought_there_is_no_change_when_it_comes_back(
    two_way: TwoWay, db: StateDB
) -> None:
    with db.transaction() as connection:
        connection.execute("INSERT INTO records VALUES ('c-1', 'event', 'B-1', 'h', 'a', 0, '1')")
    changes = fetch(Google(page(event("a"), token="t")), two_way, db, CONNECTION, lambda _: ())
    made, lines = told(changes, db, CONNECTION, dry=True)
    assert made == ()
    assert lines["a"]["number"] == "B-1"
    assert db.versions("c-1") == {("event", "B-1"): "1"}
    assert not two_way.file.exists()


def test_another_calendar_is_another_sync(two_way: TwoWay, db: StateDB) -> None:
    assert not two_way.moved(db, CONNECTION)
    other = TwoWay(GoogleCalendarPuller("c-1", "other"), two_way.file)
    assert other.moved(db, CONNECTION)
    stopped = look(Google((404, {"error": {}})), other.puller, "acme/cal", lambda _: ())
    assert stopped is not None
    assert stopped.hint == "syncdoctor connection pick acme/cal --list"


@pytest.mark.parametrize("text", ["?", '{"kind": "event"}', "[1]", "\udcff"])
def test_a_file_that_is_no_mirror_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(mirror.Damaged):
        mirror.read(path)
    kept = mirror.keep_aside(path, AT)
    assert kept.exists()
    assert mirror.read(path) is None


def test_the_rule_of_conflicts() -> None:
    assert rule_of(None, {}) is Rule.SKIP
    assert rule_of("product", {"conflicts": "provider"}) is Rule.PRODUCT
    with pytest.raises(UsageError):
        rule_of(None, {"conflicts": "newest"})


def test_without_versions_there_is_no_conflict() -> None:
    from syncdoctor.engine.adapter import Remote

    assert not both_changed(Remote("x", "k", None, {}), None)
    assert both_changed(Remote("x", "k", None, {}, "2"), "1")
    assert both_changed(Remote("x", "k", None, {}, "2"), None)
    assert not both_changed(Remote("x", "k", None, {}, "2"), "2")
