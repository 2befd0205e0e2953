from __future__ import annotations

import json
import os

import pytest

from syncdoctor.auth import sealed_file
from syncdoctor.auth.envelope import DamagedEntry
from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.errors import StoreError

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\nignored\n")
    return PassphraseSource(str(file))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "tokens.sealed"


@pytest.fixture
def store(path, source):
    return SealedFile(path, source)


def test_values_are_kept_sealed_and_private(store, path, source):
    assert store.get("a") is None
    assert store.keys() == ()
    store.check()
    store.put("connection/c-1", "planted-token")
    store.put("app/xero", "planted-secret")
    assert SealedFile(path, source).get("connection/c-1") == "planted-token"
    assert store.keys() == ("app/xero", "connection/c-1")
    assert b"planted" not in path.read_bytes()
    assert PASSPHRASE not in path.read_text()
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(path.parent).st_mode & 0o777 == 0o700
    store.delete("app/xero")
    store.delete("app/xero")
    assert store.get("app/xero") is None
    assert str(path) in store.describe()


def test_a_wrong_passphrase_is_said_and_writes_nothing(store, path, tmp_path):
    store.put("a", "x")
    before = path.read_bytes()
    other = tmp_path / "other"
    other.write_text("wrong\n")
    wrong = SealedFile(path, PassphraseSource(str(other)))
    for act in (lambda: wrong.get("a"), lambda: wrong.put("a", "y"), lambda: wrong.delete("a")):
        with pytest.raises(StoreError, match="passphrase does not open"):
            act()
    assert path.read_bytes() == before


@pytest.mark.parametrize("raw", [b"", b"{", b"\x00" * 50, b"[]", b'{"format": "x"}', b"{}"])
def test_a_damaged_file_is_said_copied_and_never_empty(store, path, raw):
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


def test_a_damaged_entry_harms_no_other(store, path):
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
    assert any(name.startswith("a.damaged-") for name in store.keys())


def test_a_newer_format_is_refused(store, path):
    store.put("a", "x")
    path.write_text(path.read_text().replace("syncdoctor-store/1", "syncdoctor-store/2"))
    with pytest.raises(StoreError, match="newer"):
        store.put("a", "y")


def test_a_hostile_file_cannot_ask_for_endless_work(store, path):
    store.put("a", "x")
    document = json.loads(path.read_text())
    document["kdf"]["memory_kib"] = 2**31
    path.write_text(json.dumps(document))
    with pytest.raises(StoreError, match="damaged"):
        store.get("a")


def test_the_key_is_derived_once_for_each_process(store, path, source, monkeypatch):
    import argon2.low_level

    calls = []
    derive = argon2.low_level.hash_secret_raw
    monkeypatch.setattr(
        argon2.low_level, "hash_secret_raw", lambda *a: calls.append(1) or derive(*a)
    )
    store.put("a", "x")
    SealedFile(path, source).put("b", "y")
    assert SealedFile(path, source).get("a") == "x"
    assert len(calls) == 1


def test_a_crash_while_writing_leaves_the_old_file(store, path, monkeypatch):
    store.put("a", "x")

    def crash(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(sealed_file.os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        store.put("a", "y")
    monkeypatch.undo()
    assert store.get("a") == "x"
    assert sorted(p.name for p in path.parent.iterdir()) == ["tokens.sealed", "tokens.sealed.lock"]


def test_a_directory_that_cannot_be_made_is_said(tmp_path, source):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        SealedFile(tmp_path / "file" / "tokens", source).put("a", "x")


def test_a_link_is_followed_not_replaced(tmp_path, source):
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
def test_a_passphrase_command_that_gives_none_is_said(path, command, words):
    with pytest.raises(StoreError, match=words):
        SealedFile(path, PassphraseSource(None, command)).get("a")


def test_a_passphrase_command_is_run_without_a_shell(path, tmp_path):
    SealedFile(path, PassphraseSource(None, "printf '%s' 'a; touch x'")).put("a", "x")
    file = tmp_path / "same"
    file.write_text("a; touch x")
    assert SealedFile(path, PassphraseSource(str(file))).get("a") == "x"


def test_a_passphrase_file_that_is_not_there_is_said(path, tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        SealedFile(path, PassphraseSource(str(tmp_path / "none"))).get("a")
