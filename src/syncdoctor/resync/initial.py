"""The doors for other rooms: which providers take records, and the sync after a reconnect."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from syncdoctor.engine.adapter import Adapter
from syncdoctor.engine.provider import Provider
from syncdoctor.model import Connection, Trigger
from syncdoctor.resync.dispatch import Sender
from syncdoctor.resync.plan import Selection
from syncdoctor.resync.report import Judge, RecordEvent, Report
from syncdoctor.resync.run import Job, resync
from syncdoctor.store.statedb import StateDB

RECENT = dt.timedelta(days=7)


def adapter_of(provider: str) -> Adapter | None:
    """The adapter of a provider's folder; None when records cannot be pushed to it."""
    name = f"syncdoctor.providers.{provider.replace('-', '_')}"
    if not find_spec(name) or not find_spec(f"{name}.records"):
        return None
    adapter: Adapter = import_module(f"{name}.records").ADAPTER
    return adapter


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
    adapter = adapter_of(connection.provider)
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
