"""One lock for each connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from syncdoctor.errors import Locked
from syncdoctor.model import Connection


@contextmanager
def lock(state_dir: Path, connection: Connection) -> Iterator[None]:
    """Hold the connection; the operating system frees it when the holder dies.

    Raises:
        Locked: another run has it.
    """
    folder = state_dir / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = FileLock(folder / f"sync-{connection.uid}.lock", mode=0o600)
    try:
        held.acquire(timeout=0)
    except Timeout:
        raise Locked(
            f"Another run is syncing {connection.target}.", "Run the same command again later."
        ) from None
    try:
        yield
    finally:
        held.release()
