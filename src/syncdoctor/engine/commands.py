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
    Action.CHECK_NETWORK: ("diagnose", "--self"),
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
    return _command(_template(cause, action, provider), target)


def safe(cause: Cause, action: Action, target: str, provider: Provider | None) -> Command:
    """The command that may be run unasked: it changes no record, setting or stored login.

    ``reconnect`` is one of these: nothing happens unless a person signs in.
    """
    template = _SAFE.get(action) or _template(cause, action, provider)
    return _command(template, target)


def _template(cause: Cause, action: Action, provider: Provider | None) -> Command:
    if cause is Cause.CLOCK_SKEW:
        return _TYPED[Action.CHECK_NETWORK]
    # Not every type of connection can be configured; what it must have is picked one by one.
    if action is Action.CONFIGURE and provider and "configure" not in provider.actions:
        return ("connection", "pick", "TARGET")
    return _TYPED[action]


def _command(template: Command, target: str) -> Command:
    return ("syncdoctor", *(target if word == "TARGET" else word for word in template))
