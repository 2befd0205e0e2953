from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.auth import pending as room
from syncdoctor.auth.authorisation import Authorisation
from syncdoctor.auth.memory import MemoryVault
from syncdoctor.auth.pending import PendingSignIns
from syncdoctor.errors import NotFound, StoreError
from syncdoctor.model import Connection

CONNECTION = Connection("acme", "xero", "c-1", "xero", "xero", datetime(2026, 1, 1, tzinfo=UTC))
ASKED = Authorisation("http://localhost:1/cb", "https://x", "planted-state", "planted-verifier")


@pytest.fixture
def waiting(tmp_path: Path) -> Any:
    return PendingSignIns(tmp_path, MemoryVault())


def test_a_sign_in_is_kept_with_its_secrets_in_the_store(
    waiting: PendingSignIns, tmp_path: Path
) -> None:
    kept = waiting.keep(CONNECTION, ASKED)
    assert waiting.find(kept.id) == kept
    assert waiting.of(CONNECTION) == (kept,)
    assert waiting.of(replace(CONNECTION, uid="c-2")) == ()
    found = waiting.authorisation(kept)
    assert (found.state, found.verifier) == (ASKED.state, ASKED.verifier)
    file = tmp_path / "pending" / f"{kept.id}.json"
    assert "planted" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    waiting.drop(kept)
    assert not file.exists()
    with pytest.raises(NotFound):
        waiting.authorisation(kept)


def test_after_an_hour_it_is_gone(waiting: PendingSignIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LIFETIME", timedelta(seconds=-1))
    kept = waiting.keep(CONNECTION, ASKED)
    with pytest.raises(NotFound, match="hour is over"):
        waiting.find(kept.id)
    monkeypatch.undo()
    waiting.keep(CONNECTION, ASKED)
    assert f"pending/{kept.id}" not in tuple(waiting._vault.keys())


def test_half_a_file_waits_for_nobody(waiting: PendingSignIns, tmp_path: Path) -> None:
    kept = waiting.keep(CONNECTION, ASKED)
    (tmp_path / "pending" / "half.json").write_text('{"id": "half"')
    (tmp_path / "pending" / "other.json").write_text("[]")
    assert waiting.find(kept.id) == kept


@pytest.mark.parametrize("given", ["../../etc/passwd", "", "nothing"])
def test_an_id_is_never_a_path(waiting: PendingSignIns, given: str) -> None:
    with pytest.raises(NotFound):
        waiting.find(given)


def test_a_state_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        PendingSignIns(tmp_path / "file", MemoryVault()).keep(CONNECTION, ASKED)
