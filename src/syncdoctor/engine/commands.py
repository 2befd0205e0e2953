"""The commands that belong to an action: one for a person to type, one to run unasked."""

from __future__ import annotations

from syncdoctor.engine.provider import Provider
from syncdoctor.model import Action, Cause, CredentialKind

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


# How a person gives a new credential, by its kind.
_RENEWED: dict[CredentialKind, Command] = {
    CredentialKind.OAUTH: ("reconnect", "TARGET"),
    CredentialKind.TOKEN: ("reconnect", "TARGET", "--token-file", "FILE"),
    CredentialKind.FEED: ("reconnect", "TARGET", "--token-file", "FILE"),
    CredentialKind.KEY: ("keys", "rotate", "TARGET", "--key-file", "FILE"),
    CredentialKind.SECRET: ("connection", "configure", "TARGET", "--rotate-secret"),
}


_OWN_RENEWALS = (_RENEWED[CredentialKind.KEY], _RENEWED[CredentialKind.SECRET])
# What a new credential mends, where the provider knows no sign-in.
_OF_CREDENTIALS = (
    (Cause.RECONNECT_NEEDED, Action.RECONNECT),
    (Cause.ACCESS_TOKEN_EXPIRED, Action.REFRESH),
    (Cause.APP_CREDENTIALS, Action.FIX_APP),
    (Cause.SIGNATURE_INVALID, Action.CONFIGURE),
)


def renewal(kind: CredentialKind, target: str) -> Command:
    """The command with which a person gives a new credential of that kind."""
    return _command(_RENEWED[kind], target)


def switching_on(kind: CredentialKind, target: str, provider: Provider) -> Command:
    """The command with which a connection that is switched off syncs again.

    One that no command can switch on alone begins again with a new credential.
    """
    if "configure" in provider.actions:
        return _command(("connection", "configure", "TARGET", "--enable"), target)
    return renewal(kind, target)


def typed(cause: Cause, action: Action, target: str, provider: Provider | None) -> Command:
    """The command for a person, about a target or its general form."""
    return _command(_template(cause, action, provider), target)


def safe(cause: Cause, action: Action, target: str, provider: Provider | None) -> Command:
    """The command that may be run unasked: it changes no record, setting or stored login.

    ``reconnect`` is one of these: nothing happens unless a person signs in.
    """
    template = _SAFE.get(action) or _template(cause, action, provider)
    if template in _OWN_RENEWALS:  # these change the stored credential
        template = _TYPED[Action.FIX_APP]
    return _command(template, target)


def _template(cause: Cause, action: Action, provider: Provider | None) -> Command:
    if cause is Cause.CLOCK_SKEW:
        return _TYPED[Action.CHECK_NETWORK]
    if provider is not None and (cause, action) in _OF_CREDENTIALS:
        for template in (_RENEWED[kind] for kind in provider.credentials):
            if template in _OWN_RENEWALS:
                return template
    # The app, or whoever gives the token, knows the right world: a new token is of that one.
    if cause is Cause.WRONG_ENVIRONMENT and provider and provider.environments:
        return _TYPED[Action.RECONNECT]
    # Not every type of connection can be configured; what it must have is picked one by one.
    if action is Action.CONFIGURE and provider and "configure" not in provider.actions:
        can_pick = set(provider.required_settings) - {"organisation"}
        return ("connection", "pick", "TARGET") if can_pick else ("diagnose", "TARGET")
    return _TYPED[action]


def _command(template: Command, target: str) -> Command:
    return ("syncdoctor", *(target if word == "TARGET" else word for word in template))
