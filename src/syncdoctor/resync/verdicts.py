"""From an answer that stops a sync to its words and exit code. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from syncdoctor.engine.adapter import Outcome
from syncdoctor.errors import ExitCode
from syncdoctor.model import Action, Cause, Exchange, Finding
from syncdoctor.resync.report import Stopped

UNAUTHORISED, TOO_MANY, SERVER_ERROR = 401, 429, 500
TEMPORARY = frozenset(
    {
        Cause.RATE_LIMITED,
        Cause.QUOTA_EXHAUSTED,
        Cause.PROVIDER_OUTAGE,
        Cause.NETWORK_FAILURE,
        Cause.ACCESS_TOKEN_EXPIRED,
    }
)
OF_RECORDS = frozenset(
    {
        Cause.RECORD_INVALID,
        Cause.DUPLICATE_RECORD,
        Cause.RECORD_LOCKED,
        Cause.RECORD_NOT_FOUND,
        Cause.LIMIT_EXCEEDED,
    }
)
OF_CREDENTIALS = frozenset(
    {Cause.SIGNATURE_INVALID, Cause.APP_CREDENTIALS, Cause.RECONNECT_NEEDED, Cause.CLOCK_SKEW}
)


def stopped_by(exchange: Exchange, findings: Sequence[Finding]) -> Stopped:
    """What the answer means for the run: sign in, run again, or repair something."""
    best = findings[0] if findings else None
    where = f"{exchange.method} {exchange.url}"
    said = (best.said if best else "") or exchange.exception or f"HTTP {exchange.status}"
    message = f"{best.title}: {said}" if best else f"{where}: {said}"
    return Stopped(int(_exit_code(exchange, best)), message, finding=best)


def of_record(findings: Sequence[Finding]) -> bool:
    """Whether the answer speaks of the one record that was sent, so that the others may go on."""
    return bool(findings) and findings[0].cause in OF_RECORDS


def of_credentials(findings: Sequence[Finding]) -> bool:
    """Whether the answer speaks of what the connection shows: no record would fare better."""
    return bool(findings) and findings[0].cause in OF_CREDENTIALS


def narrowed(exchange: Exchange, outcome: Outcome) -> Exchange:
    """The exchange as if its answer spoke of one record alone."""
    return dataclasses.replace(exchange, body=outcome.body) if outcome.body else exchange


def _exit_code(exchange: Exchange, best: Finding | None) -> ExitCode:
    status = exchange.status
    if best and best.cause is not Cause.UNKNOWN:
        if best.cause in TEMPORARY:
            return ExitCode.TEMPORARY
        return ExitCode.SIGN_IN if best.action is Action.RECONNECT else ExitCode.PROBLEM
    if status is None or status == TOO_MANY or status >= SERVER_ERROR:
        return ExitCode.TEMPORARY
    return ExitCode.SIGN_IN if status == UNAUTHORISED else ExitCode.PROBLEM
