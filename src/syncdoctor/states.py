"""States of connections: what a cause means for them, how they are shown, the next command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from syncdoctor.config_tables import Channel, Workspace
from syncdoctor.engine.environment import SETTING as ENVIRONMENT
from syncdoctor.engine.guide import Guide
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import ExitCode, SyncdoctorError
from syncdoctor.model import Cause, Connection, Diagnosis, Ownership, Severity, State
from syncdoctor.next_step import NOT_BY_WAITING, next_command
from syncdoctor.store.rows import Evidence, Sync, SyncStatus

LAPSE_WARNING = timedelta(days=14)
UNASKED = ("crashed", "timed-out")  # outcomes of checks that say nothing of the connection
BAD_ENDS = (SyncStatus.FAILED, SyncStatus.PARTIAL, SyncStatus.INTERRUPTED)

# What a cause means for the state of a connection; any other cause leaves the last sync failed.
STATE_OF: Mapping[Cause, State] = {
    Cause.ACCESS_TOKEN_EXPIRED: State.RECONNECT_NEEDED,
    Cause.RECONNECT_NEEDED: State.RECONNECT_NEEDED,
    Cause.CONSENT_BLOCKED: State.RECONNECT_NEEDED,
    Cause.APP_CREDENTIALS: State.RECONNECT_NEEDED,
    Cause.REDIRECT_MISMATCH: State.RECONNECT_NEEDED,
    Cause.SCOPE_MISSING: State.RECONNECT_NEEDED,
    Cause.TENANT_NOT_CONNECTED: State.RECONNECT_NEEDED,
    Cause.SETTING_MISSING: State.SETUP_NEEDED,
    Cause.WRONG_ENVIRONMENT: State.SETUP_NEEDED,
    Cause.VERIFICATION_PENDING: State.VERIFYING,
    Cause.ORGANISATION_INACTIVE: State.INACTIVE,
    Cause.PLAN_LIMIT: State.INACTIVE,
    Cause.API_DISABLED: State.INACTIVE,
    Cause.PROVIDER_OUTAGE: State.UNKNOWN,
    Cause.NETWORK_FAILURE: State.UNKNOWN,
    Cause.RATE_LIMITED: State.UNKNOWN,
    Cause.QUOTA_EXHAUSTED: State.UNKNOWN,
    Cause.UNKNOWN: State.UNKNOWN,
}
TEMPORARY = frozenset(
    {Cause.PROVIDER_OUTAGE, Cause.NETWORK_FAILURE, Cause.RATE_LIMITED, Cause.QUOTA_EXHAUSTED}
)
_LABELS: Mapping[State, str] = {
    State.HEALTHY: "Healthy",
    State.VERIFYING: "Verifying",
    State.RECONNECT_NEEDED: "Reconnect needed",
    State.LAST_SYNC_FAILED: "Last sync failed",
    State.INACTIVE: "Inactive",
    State.UNKNOWN: "Not checked",
}


@dataclass(frozen=True, slots=True)
class Background:
    """What the state database tells besides the last sync; only a diagnosis asks for it.

    ``recent`` syncs are latest first. ``abandoned`` says whether the process of a sync that is
    marked as running is gone; None where none runs.
    """

    now: datetime
    recent: tuple[Sync, ...] = ()
    confirmed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    abandoned: bool | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A connection with all that a diagnosis needs to know of it."""

    connection: Connection
    workspace: Workspace
    provider: Provider
    guide: Guide
    last_sync: Sync | None = None
    background: Background | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of ``status``: a connection, its state, and how old the evidence is."""

    connection: Connection
    state: State
    label: str
    evidence: Evidence | None
    last_sync: Sync | None
    next_command: tuple[str, ...]
    missing: str | None = None
    error: str | None = None
    verifying_since: date | None = None
    exit_code: int = 0
    channels: tuple[Channel, ...] = ()
    lapses_at: datetime | None = None  # when the grant lapses unless it is used; None: not soon
    hosts: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The connection's name on the command line."""
        return self.connection.target

    @property
    def warned(self) -> bool:
        """Whether something is known that only ``--fail-on warning`` counts."""
        told = (self.evidence.diagnosis or {}).get("findings", ()) if self.evidence else ()
        return bool(self.lapses_at) or any(f["severity"] == Severity.WARNING for f in told)

    def failed(self, error: SyncdoctorError) -> Row:
        """The same line when the check could not be made, and why."""
        return replace(
            self, state=State.UNKNOWN, error=error.message, exit_code=int(error.exit_code)
        )


def exit_code(diagnosis: Diagnosis, fail_on: str = "error") -> int:
    """The exit code of one diagnosis (contract, section 5).

    Args:
        fail_on: ``error``, ``warning`` or ``never``.
    """
    counted = {"error": (Severity.ERROR,), "warning": (Severity.ERROR, Severity.WARNING)}
    serious = [f for f in diagnosis.findings if f.severity in counted.get(fail_on, ())]
    if fail_on == "never":
        return int(ExitCode.OK)
    if diagnosis.state is State.RECONNECT_NEEDED:
        return int(ExitCode.SIGN_IN)
    if not serious:
        unasked = any(check.outcome in UNASKED for check in diagnosis.checks)
        return int(ExitCode.NOT_CHECKED if unasked else ExitCode.OK)
    if serious[0].cause in TEMPORARY:
        return int(ExitCode.TEMPORARY)
    return int(ExitCode.PROBLEM)


def state_label(state: State, guide: Guide, missing: str | None = None) -> str:
    """The words for a state: the guide's own, else the contract's."""
    if state in guide.states:
        return guide.states[state]
    if state is State.SETUP_NEEDED:
        return f"Pick {_picked(missing)}"
    return _LABELS[state]


def known_row(
    case: Case,
    evidence: Evidence | None,
    hosts: tuple[str, ...],
    lapses_at: datetime | None = None,
) -> Row:
    """A line of ``status`` from what is known; nothing is asked."""
    connection, last = case.connection, case.last_sync
    missing = _missing_setting(case)
    state = evidence.state if evidence else State.UNKNOWN
    if evidence and state is State.LAST_SYNC_FAILED and _went_well_since(last, evidence):
        state = State.UNKNOWN
    if not connection.enabled:
        state = State.INACTIVE
    elif missing and state in {State.UNKNOWN, State.HEALTHY}:
        state = State.SETUP_NEEDED
    elif _failed_since(last, evidence) and state in {State.UNKNOWN, State.HEALTHY}:
        state = State.LAST_SYNC_FAILED
    return Row(
        connection=connection,
        state=state,
        label=state_label(state, case.guide, missing or _to_pick(case, evidence)),
        evidence=evidence,
        last_sync=last,
        next_command=next_command(connection, state, case.provider, evidence),
        missing=missing,
        exit_code=state_exit_code(state, evidence),
        hosts=hosts,
        channels=case.workspace.channels,
        verifying_since=_verifying_since(evidence) if state is State.VERIFYING else None,
        lapses_at=None if state in {State.RECONNECT_NEEDED, State.INACTIVE} else lapses_at,
    )


def lapses_soon(case: Case, obtained: datetime | None, now: datetime) -> datetime | None:
    """When a connection's grant lapses unless it is used; None while that is far off.

    Soon is within two weeks, or within half of a life that is shorter than four.

    Args:
        obtained: when the token was last given or renewed; None when that is not known.
    """
    days = case.provider.oauth.refresh_lifetime_days if case.provider.oauth else None
    if days is None or obtained is None or case.connection.ownership is Ownership.BORROWED:
        return None
    end = obtained + timedelta(days=days)
    return end if end - now < min(LAPSE_WARNING, timedelta(days=days) / 2) else None


def state_exit_code(state: State, evidence: Evidence | None = None) -> int:
    """The exit code that a state stands for in ``status``: what was not checked is not healthy."""
    if evidence is not None and state is State.UNKNOWN and evidence.cause in TEMPORARY:
        return int(ExitCode.TEMPORARY)
    if evidence is not None and state is State.VERIFYING and evidence.action in NOT_BY_WAITING:
        return int(ExitCode.PROBLEM)
    codes = {
        State.RECONNECT_NEEDED: ExitCode.SIGN_IN,
        State.SETUP_NEEDED: ExitCode.PROBLEM,
        State.LAST_SYNC_FAILED: ExitCode.PROBLEM,
        State.INACTIVE: ExitCode.PROBLEM,
        State.UNKNOWN: ExitCode.NOT_CHECKED,
    }
    return int(codes.get(state, ExitCode.OK))


def _verifying_since(evidence: Evidence | None) -> date | None:
    """The day that the last diagnosis told, where the provider says since when."""
    checks = (evidence.diagnosis or {}).get("checks", ()) if evidence else ()
    days = (check.get("facts", {}).get("verification_since") for check in checks)
    return next((date.fromisoformat(day) for day in days if day), None)


def _picked(missing: str | None) -> str:
    if missing in ("organisation", "calendar", "category", "endpoint", ENVIRONMENT):
        return missing
    return "address" if missing == "base_url" else "accounts"


def _missing_setting(case: Case) -> str | None:
    chosen = {"organisation": case.connection.organisation, **case.connection.settings}
    required = case.provider.required_of(case.connection)
    return next((n for n in required if chosen.get(n) is None), None)


def _to_pick(case: Case, evidence: Evidence | None) -> str | None:
    other = evidence is not None and evidence.cause is Cause.WRONG_ENVIRONMENT
    return ENVIRONMENT if other else _last_required(case.provider)


def setting_to_pick(case: Case, diagnosis: Diagnosis) -> str | None:
    """The setting that a diagnosis found to be missing, or gone at the provider."""
    if diagnosis.findings and diagnosis.findings[0].cause is Cause.WRONG_ENVIRONMENT:
        return ENVIRONMENT
    for check in diagnosis.checks:
        if check.facts.get("setting_missing") or check.facts.get("setting_gone"):
            return str(check.facts.get("setting"))
    return _last_required(case.provider)


def _last_required(provider: Provider) -> str | None:
    """What is most likely to be gone at the provider when nothing was left unchosen."""
    return provider.required_settings[-1] if provider.required_settings else None


def _went_well_since(last: Sync | None, evidence: Evidence) -> bool:
    """Whether a later sync succeeded; one that had nothing to ask proves no more than that."""
    if last is None or last.status is not SyncStatus.SUCCEEDED:
        return False
    return last.started > evidence.checked_at


def _failed_since(last: Sync | None, evidence: Evidence | None) -> bool:
    if last is None or last.status not in BAD_ENDS:
        return False
    return evidence is None or evidence.source == "resync" or last.started > evidence.checked_at
