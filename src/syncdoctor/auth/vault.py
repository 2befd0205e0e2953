"""Where secrets are kept: the OS keyring by default, an encrypted file when asked for.

Entries are named ``app/NAME`` (a client secret), ``connection/UID`` (a token) and ``pending/ID``
(a sign-in under way). No store is opened before an entry is asked for, and none is ever plain text.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from syncdoctor.auth.envelope import DamagedEntry, Entries
from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.auth.timelimit import TimeLimitExceeded, within
from syncdoctor.errors import Locked, StoreError, UsageError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SERVICE = "syncdoctor"
CALL_LIMIT_S = 3.0
PROBE_CHARACTERS = 4096  # a Xero or MYOB token with its refresh token is 1,500 to 3,500
INDEX = "index"
LOCK_WAIT_S = 30.0
# Credential Manager takes 5 * 512 bytes and keyring writes UTF-16: 1,280 characters, read
# 2026-11-22 in https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw
WINDOWS_LIMIT = 1200

FILE_HINT = (
    "keep tokens in an encrypted file: "
    "SYNCDOCTOR_STORE=file SYNCDOCTOR_PASSPHRASE_FILE=FILE syncdoctor store check"
)


class Vault(Protocol):
    """Secrets by name. Every failure is a :class:`StoreError`."""

    def get(self, key: str) -> str | None:
        """The value, or None when there is none; a damaged entry raises, it is never empty."""

    def put(self, key: str, value: str) -> None:
        """Store a value, replacing what was there in one step."""

    def delete(self, key: str) -> None:
        """Delete a value if it is there."""

    def keys(self) -> tuple[str, ...]:
        """The names of all entries."""

    def check(self) -> None:
        """Prove that a value as large as a real token can be kept and read back."""

    def describe(self) -> str:
        """What the store is and where, for people."""


def open_vault(
    setting: str | None,
    *,
    directory: Path,
    passphrase_file: str | None = None,
    passphrase_command: str | None = None,
) -> Vault:
    """The store that a setting asks for; nothing is opened yet.

    Args:
        setting: ``keyring`` (also when None or empty), ``file`` or ``file:/path``.
        directory: the state directory, for the file and for locks.
        passphrase_file: a file whose first line opens the encrypted file.
        passphrase_command: a command whose first line of output does.
    """
    kind, _, path = (setting or "keyring").partition(":")
    if kind == "keyring" and not path:
        return KeyringVault(directory)
    if kind == "file":
        place = Path(path) if path else directory / "tokens.sealed"
        source = PassphraseSource(passphrase_file, passphrase_command)
        return SealedFile(place, source, named=bool(path))
    raise UsageError(
        f"{setting} is no token store.", "Use keyring, file or file:/path in SYNCDOCTOR_STORE."
    )


class KeyringVault:
    """A :class:`Vault` in the OS keyring: Secret Service, KWallet, Keychain, Credential Manager."""

    def __init__(self, directory: Path) -> None:
        """``directory`` is where the lock of writers is."""
        self._directory = directory
        self._failure: StoreError | None = None
        self._checked = False

    def get(self, key: str) -> str | None:
        """The value, or None when there is none."""
        return self._entries.get(key)

    def put(self, key: str, value: str) -> None:
        """Store a value. The index comes first: a name without a value harms nobody."""
        with self._locked():
            self._change_index(key, present=True)
            self._entries.put(key, value)

    def delete(self, key: str) -> None:
        """Delete a value if it is there."""
        with self._locked():
            self._entries.delete(key)
            self._change_index(key, present=False)

    def keys(self) -> tuple[str, ...]:
        """The names of all entries, kept in an entry of their own: keyrings list nothing."""
        return tuple(sorted(self._index()))

    def check(self) -> None:
        """Write, read back and delete a value as large as a real token; once for each process."""
        if self._checked:
            return
        name, value = f"check/{secrets.token_hex(8)}", secrets.token_hex(PROBE_CHARACTERS // 2)
        self._entries.put(name, value)
        kept = self._entries.get(name)
        self._entries.delete(name)
        if kept != value:
            raise StoreError(
                f"{self.describe()} does not give back what it was given to keep.",
                f"Use another keyring, or {FILE_HINT}",
            )
        self._checked = True

    def describe(self) -> str:
        """What the store is, for people."""
        backend = type(self._backend)
        names = {"SecretService": "Secret Service", "kwallet": "KWallet", "macOS": "Keychain"}
        names["Windows"] = "Credential Manager"
        last = backend.__module__.rsplit(".", 1)[-1]
        return f"OS keyring ({names.get(last, backend.__module__)})"

    def _index(self) -> set[str]:
        try:
            names = json.loads(self._entries.get(INDEX) or "[]")
        except (DamagedEntry, ValueError):
            return set()  # only the list is lost; every entry is still read by its name
        return {str(name) for name in names}

    def _change_index(self, key: str, *, present: bool) -> None:
        names = self._index()
        if (key in names) != present:
            changed = names | {key} if present else names - {key}
            self._entries.put(INDEX, json.dumps(sorted(changed)))

    @cached_property
    def _backend(self) -> KeyringBackend:
        return _usable(self._within(_find_backend))

    @cached_property
    def _entries(self) -> Entries:
        windows = type(self._backend).__module__.startswith("keyring.backends.Windows")
        return Entries(_Slots(self._backend, self._within), WINDOWS_LIMIT if windows else None)

    def _within(self, call: Callable[[], T]) -> T:
        """Make a call to the keyring; after one that hung no other is made."""
        if self._failure is not None:
            raise self._failure
        try:
            return within(CALL_LIMIT_S, call)
        except TimeLimitExceeded:
            self._failure = StoreError(
                f"{_platform_keyring()} gave no answer in {CALL_LIMIT_S:.0f} s: "
                "it is locked and waits for its password, or it hangs.",
                f"Unlock it and run again, or {FILE_HINT}",
            )
            raise self._failure from None
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - D-Bus errors are of no common class
            raise _translated(error) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        path = self._directory / "locks" / "keyring.lock"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(path, mode=0o600, fallback_to_soft=False)
            lock.acquire(timeout=LOCK_WAIT_S)
        except Timeout:
            raise Locked("Another run holds the keyring.", "Run again when it has ended.") from None
        except OSError as error:
            raise StoreError(
                f"{path} cannot be written: {error.strerror}.", f"ls -ld {path.parent}"
            ) from None
        try:
            yield
        finally:
            lock.release()


class _Slots:
    """A keyring's entries as slots."""

    def __init__(
        self, backend: KeyringBackend, within: Callable[[Callable[[], str | None]], str | None]
    ) -> None:
        self._backend = backend
        self._within = within

    def read(self, name: str) -> str | None:
        return self._within(lambda: self._backend.get_password(SERVICE, name))

    def write(self, name: str, text: str) -> None:
        self._within(lambda: self._backend.set_password(SERVICE, name, text))

    def erase(self, name: str) -> None:
        if self.read(name) is not None:
            self._within(lambda: self._backend.delete_password(SERVICE, name))


def _find_backend() -> KeyringBackend:
    import keyring

    return keyring.get_keyring()


def _usable(backend: KeyringBackend) -> KeyringBackend:
    """Refuse back ends that keep nothing or keep it in plain text, alone or in a chain."""
    members = getattr(backend, "backends", None) or [backend]
    for member in members:
        module = type(member).__module__
        if module.startswith(("keyring.backends.fail", "keyring.backends.null")):
            raise _missing()
        if module.startswith("keyrings.alt") or "plaintext" in type(member).__name__.lower():
            raise StoreError(
                f"The keyring that is set up, {module}, does not protect what it keeps.",
                f"Uninstall keyrings.alt or set up another keyring, or {FILE_HINT}",
            )
    return backend


def _platform_keyring() -> str:
    if sys.platform == "darwin":
        return "The Keychain"
    if sys.platform == "win32":
        return "The Credential Manager"
    return "The Secret Service (GNOME Keyring, KWallet or KeePassXC)"


def _missing() -> StoreError:
    return StoreError(
        f"There is no OS keyring: {_platform_keyring()} cannot be reached from this session.",
        f"Start one in this session, or {FILE_HINT}",
    )


def _translated(error: Exception) -> StoreError:
    """A keyring's failure in our words; its own text is left out, for it may quote the value."""
    import keyring.errors

    name = type(error).__name__
    if isinstance(error, keyring.errors.NoKeyringError):
        return _missing()
    if isinstance(error, keyring.errors.KeyringLocked) or name in (
        "LockedException",
        "PromptDismissedException",
    ):
        return StoreError(
            f"{_platform_keyring()} is locked.", f"Unlock it and run again, or {FILE_HINT}"
        )
    return StoreError(
        f"{_platform_keyring()} failed ({type(error).__module__}.{name}).",
        f"Restart it and run again, or {FILE_HINT}",
    )
