"""What a sync proves about its connection."""

from __future__ import annotations

from syncdoctor.errors import ExitCode
from syncdoctor.model import Action, Cause, Connection, State
from syncdoctor.resync.report import STOPPED_BY_HAND, Report
from syncdoctor.store.statedb import StateDB


def keep_evidence(db: StateDB, connection: Connection, report: Report) -> None:
    """What the sync proved about the connection; an interrupted one proved nothing."""
    if report.exit_code in STOPPED_BY_HAND or report.sync is None:
        return
    state, action = State.HEALTHY, None
    if report.exit_code != ExitCode.OK:
        finding = report.stopped.finding if report.stopped else None
        action = finding.action if finding else Action.FIX_RECORD
        signing_in = report.exit_code == ExitCode.SIGN_IN
        state = State.RECONNECT_NEEDED if signing_in else State.LAST_SYNC_FAILED
    cause = report.sync.cause or (Cause.UNKNOWN if report.exit_code else None)
    db.save_evidence(
        connection.uid, report.target, state, source="resync", cause=cause, action=action
    )
