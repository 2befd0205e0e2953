"""The command to type next about a connection."""

from __future__ import annotations

from syncdoctor.engine.commands import renewal, switching_on
from syncdoctor.engine.provider import Provider
from syncdoctor.model import Action, Cause, Connection, State
from syncdoctor.store.rows import Evidence

DISCONNECTED = "disconnect"  # the source of what is known of a connection that was disconnected
# What a verification needs that does not come to its end by waiting.
NOT_BY_WAITING = (Action.CONTACT_SUPPORT, Action.CONTACT_PROVIDER)
# What has to be done before a resync can help; a diagnosis says how.
_NOT_BY_RESYNC = (
    *(Action.CHANGE_PERMISSION, Action.FIX_RECORD, Action.FIX_APP),
    *(Action.UPGRADE_PLAN, Action.CONTACT_PROVIDER, Action.CONTACT_SUPPORT),
)


def next_command(
    connection: Connection, state: State, provider: Provider, evidence: Evidence | None = None
) -> tuple[str, ...]:
    """The command to type next, by what is known of the cause, else by the state.

    Empty when nothing is needed.
    """
    by_cause = _by_cause(connection, state, provider, evidence) if evidence else ()
    return by_cause or _by_state(connection, state, provider)


def _by_state(connection: Connection, state: State, provider: Provider) -> tuple[str, ...]:
    target = connection.target
    setup = "configure" if "configure" in provider.actions else "pick"
    nowhere = connection.organisation is None and "organisation" in provider.required_settings
    if state is State.SETUP_NEEDED and nowhere:
        return renewal(connection.credential, target)
    if not connection.enabled:
        return switching_on(connection.credential, target, provider)
    return {
        State.RECONNECT_NEEDED: renewal(connection.credential, target),
        State.SETUP_NEEDED: ("syncdoctor", "connection", setup, target),
        State.LAST_SYNC_FAILED: ("syncdoctor", "resync", target, "--failed"),
        State.INACTIVE: ("syncdoctor", "diagnose", target),
        State.UNKNOWN: ("syncdoctor", "diagnose", target),
        State.VERIFYING: ("syncdoctor", "status", target, "--live"),
    }.get(state, ())


def _by_cause(
    connection: Connection, state: State, provider: Provider, evidence: Evidence
) -> tuple[str, ...]:
    """The next command where the cause calls for another than the state; else empty."""
    if not connection.enabled:
        gone = _credential_gone(evidence)
        return renewal(connection.credential, connection.target) if gone else ()
    if state is not evidence.state:
        return ()
    if evidence.cause in (Cause.WRONG_ENVIRONMENT, Cause.SIGNATURE_INVALID):
        return renewal(connection.credential, connection.target)
    if state is State.LAST_SYNC_FAILED:
        return _before_resync(connection, provider, evidence.action)
    if state is State.VERIFYING and evidence.action in NOT_BY_WAITING:
        bundle = evidence.action is Action.CONTACT_SUPPORT
        return ("syncdoctor", "diagnose", connection.target, *(["--bundle", "bundle.zip"] * bundle))
    return ()


def _before_resync(
    connection: Connection, provider: Provider, action: Action | None
) -> tuple[str, ...]:
    """What comes before a resync; empty where a resync may help at once."""
    if action is Action.CONFIGURE:
        return _by_state(connection, State.SETUP_NEEDED, provider)  # such as a sign-on
    return ("syncdoctor", "diagnose", connection.target) if action in _NOT_BY_RESYNC else ()


def _credential_gone(evidence: Evidence) -> bool:
    """Whether a connection that is off needs a new credential besides being switched on."""
    told = {finding["cause"] for finding in (evidence.diagnosis or {}).get("findings", ())}
    return evidence.source == DISCONNECTED or Cause.RECONNECT_NEEDED in {evidence.cause, *told}
