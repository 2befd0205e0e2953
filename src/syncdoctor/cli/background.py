"""What a diagnosis asks besides: the state database for a case, and the person for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from syncdoctor.errors import Locked, UsageError
from syncdoctor.states import Background

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context
    from syncdoctor.model import Connection
    from syncdoctor.states import Case
    from syncdoctor.store.rows import Sync
    from syncdoctor.store.statedb import StateDB

RECENT = 10  # syncs that are looked at for a row of failures


def with_background(ctx: Context, state: StateDB, case: Case) -> Case:
    """The case with what the state database knows of it."""
    connection = case.connection
    recent = tuple(
        sync
        for sync in state.syncs(connection.target, limit=RECENT)
        if sync.connection_uid == connection.uid
    )
    background = Background(
        now=state.now(),
        recent=recent,
        confirmed=state.confirmed_hashes(connection.uid),
        abandoned=_abandoned(ctx, connection, case.last_sync),
    )
    return replace(case, background=background)


def with_answers(case: Case, given: Sequence[str]) -> Case:
    """The case with the answers of the flags.

    Raises:
        UsageError: an answer is of no known form.
    """
    from syncdoctor.local_checks.answers import answered

    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not value.strip():
            raise UsageError(
                f"--answer {one}: it is written NAME=VALUE.", "--answer licence=active"
            )
        case = answered(case, name.strip(), value)
    return case


def asked(ctx: Context, case: Case) -> Case:
    """Ask on the terminal what the workspace file leaves open; an empty answer leaves it so."""
    if not ctx.may_ask:
        return case
    from syncdoctor.local_checks.answers import answered, questions

    seen: set[str] = set()
    while open_ones := [check for check in questions(case) if check.name not in seen]:
        check = open_ones[0]
        seen.add(check.name)
        told = ctx.ask_or_skip(f"{check.name}: {check.summary}")
        if told:
            try:
                case = answered(case, check.name, told)
            except UsageError as error:
                ctx.err().print(error.message, style="warn")
                seen.discard(check.name)
    return case


def _abandoned(ctx: Context, connection: Connection, last: Sync | None) -> bool | None:
    """Whether the process of a running sync is gone: its lock can be had then."""
    from syncdoctor.store.rows import SyncStatus

    if last is None or last.status is not SyncStatus.RUNNING:
        return None
    from syncdoctor.resync.lock import lock

    try:
        with lock(ctx.state_dir, connection):
            return True
    except Locked:
        return False
