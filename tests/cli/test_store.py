from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.cli.main import run

PLANTED = "planted-token-77"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"SYNCDOCTOR_{name}_DIR", str(tmp_path / name.lower()))
    (tmp_path / "passphrase").write_text("correct horse\n")
    monkeypatch.setenv("SYNCDOCTOR_STORE", "file")
    monkeypatch.setenv("SYNCDOCTOR_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.delenv("SYNCDOCTOR_PASSPHRASE_COMMAND", raising=False)
    return tmp_path


def store(home: Path, name: str = "state/tokens.sealed") -> SealedFile:
    return SealedFile(home / name, PassphraseSource(str(home / "passphrase")))


def test_status_names_the_entries_and_no_value(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["store", "status"]) == 0
    assert "nothing yet" in capsys.readouterr().out
    store(home).put("connection/c-1", PLANTED)
    assert run(["store", "status", "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out)["entries"] == ["connection/c-1"]
    assert PLANTED not in out


def test_check_proves_the_store_and_finds_damage(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(home).put("connection/c-1", PLANTED)
    assert run(["store", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    path = home / "state/tokens.sealed"
    document = json.loads(path.read_text())
    document["entries"]["connection/c-1"] = "AAAA"
    path.write_text(json.dumps(document))
    assert run(["store", "check"]) == 7
    assert "connection/c-1" in capsys.readouterr().err
    (home / "passphrase").write_text("wrong")
    assert run(["store", "check"]) == 7
    assert "passphrase does not open" in capsys.readouterr().err


def test_move_wipes_the_old_place_when_the_new_one_is_proven(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = store(home), store(home, "elsewhere")
    old.put("connection/c-1", PLANTED)
    old.put("app/xero", "s")
    assert run(["store", "move", "--to", f"file:{home}/elsewhere"]) == 0
    captured = capsys.readouterr()
    assert "Moved 2 entries" in captured.err
    assert "SYNCDOCTOR_STORE=file:" in captured.err
    assert PLANTED not in captured.out + captured.err
    assert new.get("connection/c-1") == PLANTED
    assert old.keys() == ()


def test_move_to_a_place_that_does_not_work_wipes_nothing(home: Path) -> None:
    old = store(home)
    old.put("connection/c-1", PLANTED)
    (home / "blocked").touch()
    assert run(["store", "move", "--to", f"file:{home}/blocked/tokens"]) == 7
    assert run(["store", "move", "--to", "file"]) == 2
    assert run(["store", "move", "--to", "plaintext"]) == 2
    assert old.get("connection/c-1") == PLANTED


def test_move_stops_at_an_entry_that_was_not_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = store(home)
    old.put("connection/c-1", PLANTED)
    get = SealedFile.get

    def forget(self: SealedFile, key: str) -> str | None:
        return "other" if "elsewhere" in self.describe() else get(self, key)

    monkeypatch.setattr(SealedFile, "get", forget)
    assert run(["store", "move", "--to", f"file:{home}/elsewhere"]) == 7
    assert "nothing was wiped" in capsys.readouterr().err
    monkeypatch.undo()
    assert old.get("connection/c-1") == PLANTED
