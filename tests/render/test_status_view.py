from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest

from syncdoctor.model import Connection, CredentialKind, State, Trigger
from syncdoctor.render.status_view import status_table
from syncdoctor.render.terminal import console
from syncdoctor.states import Row
from syncdoctor.store.rows import Sync, SyncStatus

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG = Connection(
    "acme", "books-of-the-shop", "c-7f3a9c2e", "google-calendar", None, NOW,
    credential=CredentialKind.FEED,
)  # fmt: skip
SYNC = Sync(7, LONG.uid, LONG.target, Trigger.MANUAL, NOW, NOW, SyncStatus.SUCCEEDED)
ROW = Row(LONG, State.RECONNECT_NEEDED, "Reconnect needed", None, SYNC, ("syncdoctor", "status"))


@pytest.mark.parametrize("width", [120, 80, 60])
def test_nothing_is_cut_however_narrow_the_terminal_is(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    file = StringIO()
    console(file).print(status_table([ROW], NOW))
    shown = file.getvalue()
    assert max(map(len, shown.splitlines())) <= width
    assert "…" not in shown
    for word in ("Last sync", "Checked", "succeeded", "never", "c-7f3a9c2e", "2026-11-22"):
        assert word in shown or width == 60
    assert shown.splitlines()[0].count("UID") == (width == 120)
