"""What a sync proves about its connection."""

from __future__ import annotations

from syncdoctor.errors import ExitCode
from syncdoctor.model import USUAL_ACTION, Cause, Connection, State
from syncdoctor.resync.report import STOPPED_BY_HAND, Report
from syncdoctor.store.statedb import StateDB


def keep_evidence(db: StateDB, connection: Connection, report: Report) -> None:
    """Keep what was proved: nothing when interrupted, or when there was nothing to ask."""
    if report.exit_code in STOPPED_BY_HAND or report.sync is None or not report.contacted:
        return
    if report.exit_code == ExitCode.OK:
        db.save_evidence(connection.uid, report.target, State.HEALTHY, source="resync")
        return
    finding = report.stopped.finding if report.stopped else None
    cause = report.sync.cause or Cause.UNKNOWN
    signing_in = report.exit_code == ExitCode.SIGN_IN
    db.save_evidence(
        connection.uid,
        report.target,
        _state(signing_in=signing_in, stopped=report.stopped is not None, cause=cause),
        source="resync",
        cause=cause,
        action=finding.action if finding else USUAL_ACTION[cause],
    )


def _state(*, signing_in: bool, stopped: bool, cause: Cause) -> State:
    """What ended a sync is the connection's; what one record met is the sync's alone."""
    if signing_in:
        return State.RECONNECT_NEEDED
    chosen = stopped and cause is Cause.SETTING_MISSING
    return State.SETUP_NEEDED if chosen else State.LAST_SYNC_FAILED
