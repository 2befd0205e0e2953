"""The commands that belong to an action: one for a person to type, one to run unasked."""

from __future__ import annotations

from syncdoctor.engine.provider import Provider
from syncdoctor.model import Action, Cause

Command = tuple[str, ...]

_TYPED: dict[Action, Command] = {
    Action.REFRESH: ("status", "TARGET", "--live"),
    Action.RECONNECT: ("reconnect", "TARGET"),
    Action.CONFIGURE: ("connection", "configure", "TARGET"),
    Action.CHANGE_PERMISSION: ("diagnose", "TARGET"),
    Action.FIX_RECORD: ("resync", "TARGET", "--failed"),
    Action.FIX_APP: ("diagnose", "TARGET"),
    Action.RESYNC: ("resync", "TARGET"),
    Action.RETRY_LATER: ("status", "TARGET", "--live"),
    Action.WAIT: ("status", "TARGET", "--live"),
    Action.UPGRADE_PLAN: ("diagnose", "TARGET"),
    Action.CHECK_NETWORK: ("diagnose", "TARGET", "--self"),
    Action.CONTACT_PROVIDER: ("diagnose", "TARGET"),
    Action.CONTACT_SUPPORT: ("diagnose", "TARGET", "--bundle", "bundle.zip"),
    Action.NONE: ("status", "TARGET", "--live"),
}
# Where what a person types writes, a look that writes nothing stands for it.
_SAFE: dict[Action, Command] = {
    Action.CONFIGURE: ("diagnose", "TARGET"),
    Action.FIX_RECORD: ("resync", "TARGET", "--failed", "--dry-run"),
    Action.RESYNC: ("resync", "TARGET", "--dry-run"),
    Action.CONTACT_SUPPORT: ("diagnose", "TARGET"),
}


def typed(cause: Cause, action: Action, target: str, provider: Provider | None) -> Command:
    """The command for a person, about a target or its general form."""
    return _command(_TYPED[_possible(cause, action, provider)], target)


def safe(cause: Cause, action: Action, target: str, provider: Provider | None) -> Command:
    """The command that may be run unasked: it changes no record, setting or stored login.

    ``reconnect`` is one of these: nothing happens unless a person signs in.
    """
    action = _possible(cause, action, provider)
    return _command(_SAFE.get(action, _TYPED[action]), target)


def _possible(cause: Cause, action: Action, provider: Provider | None) -> Action:
    if cause is Cause.CLOCK_SKEW:
        return Action.CHECK_NETWORK
    # Not every type of connection has settings of its own: there, choices are made on connecting.
    if action is Action.CONFIGURE and provider and "configure" not in provider.actions:
        return Action.RECONNECT
    return action


def _command(template: Command, target: str) -> Command:
    return ("syncdoctor", *(target if word == "TARGET" else word for word in template))
