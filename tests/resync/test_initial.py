from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncdoctor.model import Trigger
from syncdoctor.resync.initial import adapter_of, initial_sync

if TYPE_CHECKING:
    from tests.resync.conftest import Bench, Forgetful


def begin(bench: Bench, **changes: Any) -> Any:
    with bench.open_db() as db:
        parts: dict[str, Any] = {
            "db": db,
            "state_dir": bench.state_dir,
            "source": bench.source,
            "open_client": bench.open_client,
            "judge": bench.judge,
        }
        return initial_sync(
            bench.connection, bench.catalogue.providers["xero"], **(parts | changes)
        )


def test_what_is_recent_is_pushed_after_a_reconnect(bench: Bench, forgetful: Forgetful) -> None:
    bench.write(bench.row("NEW"), bench.row("OLD", day="2026-01-01"))
    told: list[str] = []
    report = begin(bench, on_event=lambda event: told.append(event.key))
    assert forgetful.numbers() == {"NEW": 1}
    assert told == ["NEW"]
    assert report.sync.trigger is Trigger.AUTOMATIC


def test_without_a_source_or_an_adapter_there_is_nothing_to_push(bench: Bench) -> None:
    assert begin(bench, source=None) is None
    assert adapter_of("xero") is not None
    assert adapter_of("no-such-provider") is None
