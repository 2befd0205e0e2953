"""What is known before anything is sent: the journal is asked, then the plan is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syncdoctor.engine.adapter import Adapter
from syncdoctor.errors import Guarded
from syncdoctor.model import Connection
from syncdoctor.resync.plan import Known, Plan, Selection, plan
from syncdoctor.resync.sources import EmptySource, Source, open_source
from syncdoctor.store.statedb import StateDB


@dataclass(frozen=True, slots=True)
class Prepared:
    """The opened source and what is to be done with it; None where there is only a pull."""

    source: Source | None
    plan: Plan


def prepare(
    db: StateDB,
    connection: Connection,
    path: Path | None,
    kind: str | None,
    adapter: Adapter,
    selection: Selection,
    *,
    moved: bool = False,
) -> Prepared:
    """Open the source and plan. ``kind`` is for rows that name none.

    ``moved``: what was sent so far stands somewhere else than where this run sends to.

    Raises:
        Guarded: the source is suddenly empty, or more would change than allowed.
        UsageError: the source cannot be used.
    """
    if path is None:
        return Prepared(None, Plan())
    confirmed = {} if moved else db.confirmed_hashes(connection.uid)
    known = Known(
        confirmed,
        frozenset((o.kind, o.key) for o in db.unresolved(connection.uid)),
        db.failed_records(connection.uid) if selection.failed else frozenset(),
        {} if moved else db.versions(connection.uid),
    )
    try:
        source = open_source(path, kind)
        return Prepared(
            source, plan(source.entries(), adapter, connection.settings, selection, known)
        )
    except EmptySource as error:
        if not confirmed:
            raise
        raise _suddenly_empty(error) from None


def _suddenly_empty(error: EmptySource) -> Guarded:
    return Guarded(
        f"{error.message} Records were sent before, so this is taken for a fault: "
        "nothing was sent.",
        "Look at how the file is made, then run the same command again.",
    )
