"""The doors for other rooms: which providers take records, and the sync after a reconnect."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from syncdoctor.engine.adapter import Adapter
from syncdoctor.engine.provider import Provider
from syncdoctor.engine.pulling import Puller
from syncdoctor.model import Connection, CredentialKind, Trigger
from syncdoctor.resync.dispatch import Sender
from syncdoctor.resync.plan import Selection
from syncdoctor.resync.report import Judge, RecordEvent, Report
from syncdoctor.resync.run import Job, resync
from syncdoctor.store.statedb import StateDB

RECENT = dt.timedelta(days=7)


def adapter_of(provider: str) -> Adapter | None:
    """The adapter of a provider's folder; None when records cannot be pushed to it."""
    room = _room(provider, "records")
    adapter: Adapter | None = room.ADAPTER if room else None
    return adapter


def adapter_for(connection: Connection) -> Adapter | None:
    """The adapter of one connection; None when records cannot be pushed over it.

    A provider whose addresses hang on a connection's settings has a function ``adapter_for``.
    """
    if connection.credential is CredentialKind.FEED:
        return None
    adapter = adapter_of(connection.provider)
    if adapter is None:
        return None
    make = getattr(_room(connection.provider, "records"), "adapter_for", None)
    return make(connection) if make else adapter


def puller_for(connection: Connection) -> Puller | None:
    """How a connection is pulled; None where nobody but us changes records at the provider."""
    room = _room(connection.provider, "pulling")
    return room.puller_for(connection) if room else None


def _room(provider: str, name: str) -> Any:
    package = f"syncdoctor.providers.{provider.replace('-', '_')}"
    if not find_spec(package) or not find_spec(f"{package}.{name}"):
        return None
    return import_module(f"{package}.{name}")


def initial_sync(
    connection: Connection,
    provider: Provider,
    *,
    db: StateDB,
    state_dir: Path,
    source: Path | None,
    open_client: Callable[[], Sender],
    judge: Judge,
    on_event: Callable[[RecordEvent], None] = lambda _: None,
) -> Report | None:
    """Push what is recent once a connection works again; None when there is nothing to push from.

    ``open_client`` makes a client that may write.

    Raises:
        Locked: another run has the connection.
        Guarded: the source is suddenly empty.
        UsageError: the source cannot be used.
    """
    adapter = adapter_for(connection)
    if adapter is None or source is None:
        return None
    return resync(
        Job(
            connection=connection,
            provider=provider,
            adapter=adapter,
            db=db,
            state_dir=state_dir,
            source=source,
            selection=Selection(since=db.now() - RECENT),
            open_client=open_client,
            judge=judge,
            trigger=Trigger.AUTOMATIC,
            on_event=on_event,
        )
    )
