from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from syncdoctor.auth import vault as room
from syncdoctor.auth.memory import MemoryVault
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.auth.vault import KeyringVault, open_vault
from syncdoctor.errors import StoreError, UsageError


class InMemory(keyring.backend.KeyringBackend):
    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.values: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> Any:
        return self.values.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.values[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.values[service, username]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(backend: Any) -> Any:
        monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
        return backend

    return use


def test_the_setting_says_which_store(tmp_path: Path) -> None:
    assert isinstance(open_vault(None, directory=tmp_path), KeyringVault)
    assert isinstance(open_vault("", directory=tmp_path), KeyringVault)
    assert isinstance(open_vault("keyring", directory=tmp_path), KeyringVault)
    file = open_vault("file", directory=tmp_path)
    assert isinstance(file, SealedFile)
    assert str(tmp_path) in file.describe()
    assert "/elsewhere/t" in open_vault("file:/elsewhere/t", directory=tmp_path).describe()
    for wrong in ("plaintext", "keyring:x", "File"):
        with pytest.raises(UsageError, match="is no token store"):
            open_vault(wrong, directory=tmp_path)


def test_opening_asks_no_keyring_and_makes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", lambda: pytest.fail("asked"))
    open_vault(None, directory=tmp_path)
    open_vault("file", directory=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_entries_are_kept_listed_and_deleted(tmp_path: Path, use: Any) -> None:
    backend = use(InMemory())
    vault = KeyringVault(tmp_path)
    vault.check()
    assert backend.values == {}
    vault.put("connection/c-1", "t" * 9000)
    vault.put("app/x", "s")
    assert vault.keys() == ("app/x", "connection/c-1")
    assert KeyringVault(tmp_path).get("connection/c-1") == "t" * 9000
    vault.delete("app/x")
    vault.delete("app/x")
    assert vault.keys() == ("connection/c-1",)


def test_the_limit_of_windows_is_kept(tmp_path: Path, use: Any) -> None:
    class WinVault(InMemory):
        def set_password(self, service: str, username: str, password: str) -> None:
            assert len(password.encode("utf-16-le")) <= 5 * 512
            super().set_password(service, username, password)

    WinVault.__module__ = "keyring.backends.Windows"
    use(WinVault())
    vault = KeyringVault(tmp_path)
    vault.check()
    vault.put("connection/c-1", "t" * 9000)
    assert vault.get("connection/c-1") == "t" * 9000
    assert "Credential Manager" in vault.describe()


def test_a_damaged_index_loses_no_entry(tmp_path: Path, use: Any) -> None:
    backend = use(InMemory())
    vault = KeyringVault(tmp_path)
    vault.put("a", "x")
    backend.values["syncdoctor", "index"] = "garbage"
    assert vault.keys() == ()
    assert vault.get("a") == "x"
    vault.put("b", "y")
    assert vault.keys() == ("b",)


class PlaintextKeyring(InMemory):
    pass


PlaintextKeyring.__module__ = "keyrings.alt.file"


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        (keyring.backends.fail.Keyring, "There is no OS keyring"),
        (keyring.backends.null.Keyring, "There is no OS keyring"),
        (PlaintextKeyring, "does not protect"),
    ],
)
def test_back_ends_that_keep_nothing_or_plain_text_are_refused(
    tmp_path: Path, use: Any, backend: Any, words: str
) -> None:
    made: Any = backend
    use(made())
    with pytest.raises(StoreError, match=words) as caught:
        KeyringVault(tmp_path).put("a", "x")
    assert "SYNCDOCTOR_STORE=file" in str(caught.value.hint)


def test_a_chain_with_a_plain_text_member_is_refused(
    tmp_path: Path, use: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chainer = keyring.backends.chainer.ChainerBackend
    monkeypatch.setattr(chainer, "backends", [InMemory(), PlaintextKeyring()])
    made: Any = chainer
    use(made())
    with pytest.raises(StoreError, match="does not protect"):
        KeyringVault(tmp_path).get("a")


class Foreign(Exception):
    """What D-Bus libraries raise: no keyring error."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Foreign("org.freedesktop.DBus planted-token"), "failed"),
        (ConnectionResetError("planted-token"), "failed"),
        (keyring.errors.KeyringLocked("planted-token"), "is locked"),
        (keyring.errors.NoKeyringError("planted-token"), "There is no OS keyring"),
        (keyring.errors.InitError("planted-token"), "failed"),
    ],
)
def test_any_failure_is_a_store_error_without_its_text(
    tmp_path: Path, use: Any, error: Any, words: str
) -> None:
    class Broken(InMemory):
        def get_password(self, service: str, username: str) -> None:
            raise error

    use(Broken())
    with pytest.raises(StoreError, match=words) as caught:
        KeyringVault(tmp_path).get("a")
    assert "planted-token" not in f"{caught.value.message}{caught.value.hint}"
    assert caught.value.__cause__ is None


def test_a_keyring_that_hangs_is_given_up_and_not_asked_again(
    tmp_path: Path, use: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CALL_LIMIT_S", 0.1)
    release, calls = threading.Event(), []

    class Hanging(InMemory):
        def get_password(self, service: str, username: str) -> None:
            calls.append(1)
            release.wait(5)

    use(Hanging())
    vault = KeyringVault(tmp_path)
    started = time.monotonic()
    for _ in range(3):
        with pytest.raises(StoreError, match="gave no answer"):
            vault.get("a")
    assert time.monotonic() - started < 1
    assert len(calls) == 1
    release.set()


def test_a_keyring_that_forgets_fails_the_check(tmp_path: Path, use: Any) -> None:
    class Forgetful(InMemory):
        def set_password(self, service: str, username: str, password: str) -> None:
            super().set_password(service, username, password[:100])

    use(Forgetful())
    with pytest.raises(StoreError):
        KeyringVault(tmp_path).check()


def test_memory_is_a_store_too() -> None:
    vault = MemoryVault()
    vault.check()
    vault.put("b", "2")
    vault.put("a", "1")
    assert (vault.get("a"), vault.keys(), vault.describe()[:6]) == ("1", ("a", "b"), "memory")
    vault.delete("a")
    assert vault.get("a") is None


def test_the_keyring_is_imported_only_when_it_is_asked() -> None:
    import subprocess

    code = (
        "import sys, pathlib; from syncdoctor.auth.vault import open_vault; "
        "open_vault(None, directory=pathlib.Path('/nowhere')); "
        "heavy = {'keyring', 'argon2', 'cryptography', 'filelock'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
