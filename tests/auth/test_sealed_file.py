from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.auth import sealed_file
from syncdoctor.auth.envelope import DamagedEntry
from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.errors import StoreError

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def source(tmp_path: Path) -> Any:
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\nignored\n")
    return PassphraseSource(str(file))


@pytest.fixture
def path(tmp_path: Path) -> Any:
    return tmp_path / "deep" / "tokens.sealed"


@pytest.fixture
def store(path: Path, source: PassphraseSource) -> Any:
    return SealedFile(path, source)


def test_values_are_kept_sealed_and_private(
    store: SealedFile, path: Path, source: PassphraseSource
) -> None:
    assert store.get("a") is None
    assert store.keys() == ()
    store.check()
    store.put("connection/c-1", "planted-token")
    store.put("app/xero", "planted-secret")
    assert SealedFile(path, source).get("connection/c-1") == "planted-token"
    assert store.keys() == ("app/xero", "connection/c-1")
    assert b"planted" not in path.read_bytes()
    assert PASSPHRASE not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    store.delete("app/xero")
    store.delete("app/xero")
    assert store.get("app/xero") is None
    assert str(path) in store.describe()


def test_a_key_is_made_as_rfc_9106_recommends_where_memory_is_scarce(
    store: SealedFile, path: Path, real_kdf: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_file, "KDF", real_kdf)
    store.put("a", "x")
    told = {"name": "argon2id", "time": 3, "memory_kib": 65536, "lanes": 4}
    assert told.items() <= json.loads(path.read_text())["kdf"].items()
    assert store.get("a") == "x"


def test_a_wrong_passphrase_is_said_and_writes_nothing(
    store: SealedFile, path: Path, tmp_path: Path
) -> None:
    store.put("a", "x")
    before = path.read_bytes()
    other = tmp_path / "other"
    other.write_text("wrong\n")
    wrong = SealedFile(path, PassphraseSource(str(other)))
    acts: tuple[Callable[[], object], ...] = (
        lambda: wrong.get("a"),
        lambda: wrong.put("a", "y"),
        lambda: wrong.delete("a"),
    )
    for act in acts:
        with pytest.raises(StoreError, match="passphrase does not open"):
            act()
    assert path.read_bytes() == before


@pytest.mark.parametrize("raw", [b"", b"{", b"\x00" * 50, b"[]", b'{"format": "x"}', b"{}"])
def test_a_damaged_file_is_said_copied_and_never_empty(
    store: SealedFile, path: Path, raw: bytes
) -> None:
    store.put("a", "x")
    path.write_bytes(raw)
    for _ in range(2):
        with pytest.raises(StoreError, match="damaged"):
            store.get("a")
    copies = list(path.parent.glob("*.damaged-*"))
    assert [c.read_bytes() for c in copies] == [raw]
    assert path.read_bytes() == raw
    store.put("b", "new")
    assert store.get("b") == "new"


def test_a_damaged_entry_harms_no_other(store: SealedFile, path: Path) -> None:
    store.put("a", "x")
    store.put("b", "y")
    document = json.loads(path.read_text())
    document["entries"]["a"] = document["entries"]["b"]  # sealed for another name
    path.write_text(json.dumps(document))
    with pytest.raises(DamagedEntry):
        store.get("a")
    assert store.get("b") == "y"
    store.put("a", "z")
    assert store.get("a") == "z"
    assert any(name.startswith("a.damaged-") for name in tuple(store.keys()))


def test_a_newer_format_is_refused(store: SealedFile, path: Path) -> None:
    store.put("a", "x")
    path.write_text(path.read_text().replace("syncdoctor-store/1", "syncdoctor-store/2"))
    with pytest.raises(StoreError, match="newer"):
        store.put("a", "y")


def test_a_hostile_file_cannot_ask_for_endless_work(store: SealedFile, path: Path) -> None:
    store.put("a", "x")
    document = json.loads(path.read_text())
    document["kdf"]["memory_kib"] = 2**31
    path.write_text(json.dumps(document))
    with pytest.raises(StoreError, match="damaged"):
        store.get("a")


def test_the_key_is_derived_once_for_each_process(
    store: SealedFile, path: Path, source: PassphraseSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    import argon2.low_level

    calls: list[int] = []
    derive = argon2.low_level.hash_secret_raw

    def counted(*terms: Any) -> bytes:
        calls.append(1)
        return derive(*terms)

    monkeypatch.setattr(argon2.low_level, "hash_secret_raw", counted)
    store.put("a", "x")
    SealedFile(path, source).put("b", "y")
    assert SealedFile(path, source).get("a") == "x"
    assert len(calls) == 1


def test_a_crash_while_writing_leaves_the_old_file(
    store: SealedFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("a", "x")

    def crash(descriptor: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        store.put("a", "y")
    monkeypatch.undo()
    assert store.get("a") == "x"
    assert sorted(p.name for p in path.parent.iterdir()) == ["tokens.sealed", "tokens.sealed.lock"]


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path, source: PassphraseSource) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        SealedFile(tmp_path / "file" / "tokens", source).put("a", "x")


def test_a_link_is_followed_not_replaced(tmp_path: Path, source: PassphraseSource) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    SealedFile(link, source).put("a", "x")
    assert link.is_symlink()
    assert (tmp_path / "real").exists()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("false", "failed"),
        ("printf ''", "no passphrase"),
        ("/nowhere/at/all", "cannot be run"),
        ("'unbalanced", "cannot be run"),
        ("", "needs a passphrase"),
    ],
)
def test_a_passphrase_command_that_gives_none_is_said(path: Path, command: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        SealedFile(path, PassphraseSource(None, command)).get("a")


def test_a_passphrase_command_is_run_without_a_shell(path: Path, tmp_path: Path) -> None:
    SealedFile(path, PassphraseSource(None, "printf '%s' 'a; touch x'")).put("a", "x")
    file = tmp_path / "same"
    file.write_text("a; touch x")
    assert SealedFile(path, PassphraseSource(str(file))).get("a") == "x"


def test_a_passphrase_file_that_is_not_there_is_said(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        SealedFile(path, PassphraseSource(str(tmp_path / "none"))).get("a")
