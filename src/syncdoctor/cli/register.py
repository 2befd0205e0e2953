"""Which commands there are: one module each, imported when the program starts, cheap to import.

A command module has ``attach(app)``, which adds its command or group of commands.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

MODULES = (
    "status",
    "diagnose",
    "explain",
    "reconnect",
    "resync",
    "history",
    "records",
    "records",
    "connection",
    "app",
    "store",
    "rules",
    "guide",
    "sandbox",
    "demo",
)

_done: set[int] = set()


def commands(app: Any) -> None:
    """Attach every command to the program, once."""
    if id(app) in _done:
        return
    _done.add(id(app))
    for name in MODULES:
        if find_spec(f"syncdoctor.cli.{name}"):  # INTERIM while rooms are being built
            import_module(f"syncdoctor.cli.{name}").attach(app)
