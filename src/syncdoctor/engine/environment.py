"""Providers whose sandbox is a world of its own: which one a connection is in. Pure.

Facts have ``[environments.NAME]``, a table from each host of the provider's own URLs to the one of
that world. Apps name their world; a connection without an app has it among its settings.
"""

from __future__ import annotations

from syncdoctor.engine.data_centre import moved
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import UsageError
from syncdoctor.model import App, Connection

SETTING = "environment"  # of a connection
LIVE = "live"


def in_environment(provider: Provider, app: App, connection: Connection) -> Provider:
    """The provider with the URLs of the world that a connection is in.

    Raises:
        UsageError: there is no such world; nothing is sent to the live one instead.
    """
    name = app.environment or connection.settings.get(SETTING)
    return provider if name is None else world(provider, str(name))


def world(provider: Provider, name: str) -> Provider:
    """The provider with the URLs of one of its worlds.

    Raises:
        UsageError: there is no such world.
    """
    if name == LIVE:
        return provider
    if name not in provider.environments:
        known = ", ".join((LIVE, *provider.environments))
        raise UsageError(
            f"{provider.name} has no environment {name!r}; it has {known}.",
            f"Name one of them: app add --environment, or the connection's setting {SETTING}.",
        )
    return moved(provider, provider.environments[name])
