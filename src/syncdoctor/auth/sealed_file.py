"""The token store as one encrypted file, for cron and containers.

Each entry is sealed by AES-256-GCM with its name as associated data, so that no entry can stand
in for another. The key comes from the passphrase by Argon2id with the second parameter set that
RFC 9106 section 4 recommends (https://www.rfc-editor.org/rfc/rfc9106#section-4, 2026-11-22).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson

from syncdoctor.auth.envelope import DamagedEntry
from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.errors import Locked, StoreError

FORMAT = "syncdoctor-store/1"
KDF: dict[str, str | int] = {"name": "argon2id", "time": 3, "memory_kib": 65536, "lanes": 4}
CEILING = {"time": 64, "memory_kib": 2**21, "lanes": 64}  # a hostile file costs no more than this
LOCK_WAIT_S = 30.0
NONCE_BYTES = 12

# Argon2id runs once for each file and passphrase of a process, however many threads ask at once:
# each run takes 64 MiB.
_derived: dict[bytes, bytes] = {}
_deriving = threading.Lock()


@dataclass(slots=True)
class _Content:
    """The file as it lies on the disk, decoded but still sealed."""

    salt: bytes
    kdf: dict[str, str | int]
    check: str = ""
    entries: dict[str, str] = field(default_factory=dict)
    secret: bytes | None = field(default=None, repr=False)  # the key, once the passphrase opened it


class SealedFile:
    """A :class:`syncdoctor.auth.vault.Vault` in one file, opened by a passphrase."""

    def __init__(self, path: Path, passphrase: PassphraseSource, *, named: bool = False) -> None:
        """Nothing is opened or made until an entry is asked for.

        ``named``: somebody told the path, so that to find nothing there is an error of theirs.
        """
        self._named = named
        self._path = Path(os.path.realpath(path.expanduser()))
        self._passphrase = passphrase
        self._checked = False
        self._known: tuple[tuple[int, int, int], _Content | None] | None = None

    def get(self, key: str) -> str | None:
        """The value, or None when there is none."""
        content = self._seen()
        if content is None:
            self._passphrase.read()  # a store that could not be opened is said, not found empty
            if self._named:
                raise StoreError(
                    f"There is no token file {self._path}.",
                    "Look at the path in SYNCDOCTOR_STORE; a new file is made by syncdoctor store "
                    "check.",
                )
            return None
        sealed = content.entries.get(key)
        secret = self._key(content)
        return None if sealed is None else _open(secret, key, sealed)

    def put(self, key: str, value: str) -> None:
        """Store a value; a file or entry that is damaged is kept aside, then replaced."""
        with self._locked():
            try:
                content = self._load()
            except _DamagedFile:
                content = None
                self._path.replace(self._aside())
            content = content or _Content(os.urandom(16), dict(KDF))
            secret = self._key(content)
            try:
                if key in content.entries:
                    _open(secret, key, content.entries[key])
            except DamagedEntry:
                content.entries[f"{key}.damaged-{_stamp()}"] = content.entries[key]
            content.entries[key] = _seal(secret, key, value)
            self._save(content)

    def delete(self, key: str) -> None:
        """Delete a value if it is there."""
        with self._locked():
            content = self._load()
            if content is not None and content.entries.pop(key, None) is not None:
                self._key(content)
                self._save(content)

    def keys(self) -> tuple[str, ...]:
        """The names of all entries."""
        content = self._load()
        return () if content is None else tuple(sorted(content.entries))

    def check(self) -> None:
        """Prove that a token can be kept: the passphrase opens the file and it can be written."""
        if self._checked:
            return
        with self._locked():
            content = self._load() or _Content(os.urandom(16), dict(KDF))
            self._key(content)
            self._save(content)
        self._checked = True

    def describe(self) -> str:
        """What the store is, for people."""
        return f"encrypted file {self._path}"

    def _key(self, content: _Content) -> bytes:
        if content.secret is None:
            content.secret = self._derive(content)
        return content.secret

    def _derive(self, content: _Content) -> bytes:
        from argon2.low_level import Type, hash_secret_raw

        passphrase = self._passphrase.read()
        terms = json.dumps(content.kdf, sort_keys=True).encode()
        name = hashlib.sha256(b"\0".join((content.salt, terms, passphrase))).digest()
        with _deriving:
            if name not in _derived:
                _derived[name] = hash_secret_raw(
                    passphrase,
                    content.salt,
                    int(content.kdf["time"]),
                    int(content.kdf["memory_kib"]),
                    int(content.kdf["lanes"]),
                    32,
                    Type.ID,
                )
        secret = _derived[name]
        check = hmac.new(secret, b"syncdoctor passphrase check", "sha256").hexdigest()
        if not content.check:
            content.check = check
        if not hmac.compare_digest(content.check, check):
            raise StoreError(
                f"The passphrase does not open {self._path}.",
                "Give the passphrase with which the file was made.",
            )
        return secret

    def _seen(self) -> _Content | None:
        """The content for reading: decoded once for each state of the file, which is replaced."""
        try:
            state, known = self._state(), self._known
        except OSError:
            return self._load()
        if known is None or known[0] != state:
            known = self._known = (state, self._load())
        return known[1]

    def _state(self) -> tuple[int, int, int]:
        told = self._path.stat()
        return told.st_ino, told.st_size, told.st_mtime_ns

    def _load(self) -> _Content | None:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(
                f"The token file {self._path} cannot be read: {error.strerror}.",
                f"Look at its permissions: ls -l {self._path}",
            ) from None
        try:
            return _decode(raw)
        except (ValueError, KeyError, TypeError):
            raise _DamagedFile(self._path, self._keep_copy(raw)) from None

    def _keep_copy(self, raw: bytes) -> Path:
        """Copy a damaged file aside, once for each content; the file itself stays."""
        for known in self._path.parent.glob(f"{self._path.name}.damaged-*"):
            with suppress(OSError):
                if known.read_bytes() == raw:
                    return known
        aside = self._aside()
        with suppress(OSError):
            shutil.copyfile(self._path, aside)
            aside.chmod(0o600)
        return aside

    def _aside(self) -> Path:
        return self._path.with_name(f"{self._path.name}.damaged-{_stamp()}")

    def _save(self, content: _Content) -> None:
        document = {
            "format": FORMAT,
            "kdf": {**content.kdf, "salt": base64.b64encode(content.salt).decode()},
            "check": content.check,
            "entries": content.entries,
        }
        try:
            _replace(self._path, orjson.dumps(document, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise StoreError(
                f"The token file {self._path} cannot be written: {error.strerror}.",
                f"Look at the directory: ls -ld {self._path.parent}",
            ) from None
        with suppress(OSError):
            self._known = (self._state(), content)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(f"{self._path}.lock", mode=0o600, fallback_to_soft=False)
            lock.acquire(timeout=LOCK_WAIT_S)
        except Timeout:
            raise Locked(
                f"Another run holds {self._path}.", "Run again when it has ended."
            ) from None
        except OSError as error:
            raise StoreError(
                f"The token file {self._path} cannot be written: {error.strerror}.",
                f"Look at the directory: ls -ld {self._path.parent}",
            ) from None
        try:
            yield
        finally:
            lock.release()


class _DamagedFile(StoreError):
    """The file is not one of ours any more."""

    def __init__(self, path: Path, copy: Path) -> None:
        super().__init__(
            f"The token file {path} is damaged; a copy is kept as {copy.name}.",
            "Put a backup of it back, or move it away, run syncdoctor app add, and reconnect.",
        )


def _decode(raw: bytes) -> _Content:
    document = orjson.loads(raw)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        if isinstance(document, dict) and str(document.get("format")).startswith("syncdoctor-st"):
            raise StoreError(
                "The token file was written by a newer syncdoctor.", "Upgrade syncdoctor."
            )
        raise ValueError("format")
    kdf = dict(document["kdf"])
    salt = base64.b64decode(kdf.pop("salt"), validate=True)
    if kdf.get("name") != KDF["name"] or any(
        not 1 <= int(kdf[term]) <= most for term, most in CEILING.items()
    ):
        raise ValueError("kdf")
    entries = document["entries"]
    if not all(isinstance(k, str) and isinstance(v, str) for k, v in entries.items()):
        raise TypeError("entries")
    return _Content(salt, kdf, str(document["check"]), dict(entries))


def _seal(secret: bytes, key: str, value: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(secret).encrypt(nonce, value.encode(), key.encode())
    return base64.b64encode(nonce + sealed).decode()


def _open(secret: bytes, key: str, sealed: str) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        raw = base64.b64decode(sealed, validate=True)
        nonce, box = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
        return AESGCM(secret).decrypt(nonce, box, key.encode()).decode()
    except (ValueError, InvalidTag):
        raise DamagedEntry(key) from None


def _replace(path: Path, content: bytes) -> None:
    """Replace a file in one step, flushed to the disk before and after."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if os.name == "posix":
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
