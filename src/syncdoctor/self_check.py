"""``diagnose --self``: this machine. Each check has a time limit; one that crashes is a result."""

from __future__ import annotations

import platform
import socket
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from syncdoctor import __version__
from syncdoctor.auth.timelimit import TimeLimitExceeded, within
from syncdoctor.auth.vault import Vault
from syncdoctor.errors import StoreError
from syncdoctor.model import Check
from syncdoctor.wire import reach

LIMIT_S = 5.0
OTHERS = stat.S_IRWXG | stat.S_IRWXO
NAMES = ("version", "permissions", "store", "loopback", "dns", "proxy", "tls", "clock")


def run(
    vault: Callable[[], Vault],
    directories: Iterable[Path],
    urls: Iterable[str],
    *,
    limit_s: float = LIMIT_S,
) -> Iterator[Check]:
    """Check this machine, yielding each check when it is known.

    Args:
        vault: opens the token store.
        directories: what must be private: configuration and state.
        urls: one address of each provider that is to be reached.
    """
    yield _timed("version", _version, limit_s)
    yield _timed("permissions", partial(_permissions, list(directories)), limit_s)
    yield _timed("store", partial(_store, vault), 4 * limit_s)
    yield _timed("loopback", _loopback, limit_s)
    for url in dict.fromkeys(urls):
        yield _timed("dns", partial(_reached, reach.name, url), limit_s)
        yield _timed("proxy", partial(_reached, reach.proxy, url), limit_s)
        yield _timed("tls", partial(_reached, reach.certificate, url, limit_s), 2 * limit_s)
        yield _timed("clock", partial(_reached, reach.clock, url, limit_s), 2 * limit_s)


Outcome = tuple[bool, str, dict[str, Any]]


def _timed(name: str, check: Callable[[], Outcome], limit_s: float) -> Check:
    try:
        fine, words, facts = within(limit_s, check)
    except TimeLimitExceeded:
        return Check(name, "timed-out", f"no result within {limit_s:.0f} s")
    except Exception as error:  # noqa: BLE001 - a check that crashes is a result
        return Check(name, "crashed", f"the check itself failed: {type(error).__name__}: {error}")
    return Check(name, "ok" if fine else "problem", words, None, facts)


def _version() -> Outcome:
    python = platform.python_version()
    return True, f"syncdoctor {__version__}, Python {python}, {platform.platform(terse=True)}", {}


def _permissions(directories: list[Path]) -> Outcome:
    inside = [path for d in directories if d.exists() for path in (d, *d.rglob("*"))]
    loose = [path for path in inside if path.stat().st_mode & OTHERS and not path.is_symlink()]
    if loose:
        return False, f"others can read {loose[0]} (of {len(loose)}): chmod -R go= {loose[0]}", {}
    return True, "configuration and state are readable by you alone", {}


def _store(vault: Callable[[], Vault]) -> Outcome:
    try:
        opened = vault()
        opened.check()
    except StoreError as error:
        return False, f"{error.message} {error.hint or ''}".strip(), {"store": False}
    return True, opened.describe(), {}


def _loopback() -> Outcome:
    """A sign-in's answer comes back over loopback: send a byte to ourselves."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LIMIT_S)
        echo = threading.Thread(target=_send_one, args=(server.getsockname(),), daemon=True)
        echo.start()
        there, _ = server.accept()
        with there:
            there.settimeout(LIMIT_S)
            arrived = there.recv(1)
    return arrived == b"!", "a byte to 127.0.0.1 comes back", {}


def _send_one(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=LIMIT_S) as here:
        here.sendall(b"!")


def _reached(look: Callable[..., reach.Finding], *arguments: Any) -> Outcome:
    found = look(*arguments)
    return found.fine, found.words, {"clock_skew_large": True} if found.skewed else {}
