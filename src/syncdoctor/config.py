"""Workspaces, apps and connections as TOML files; no secret is ever in them.

``DIR/apps.toml`` holds the apps, ``DIR/workspaces/NAME.toml`` one workspace with its connections.
Files are replaced atomically. A file that is there is edited with its comments kept.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from syncdoctor.config_tables import (
    LOOPBACK,
    Channel,
    Workspace,
    app_from,
    table_of,
    workspace_from,
)
from syncdoctor.errors import NotFound, UsageError
from syncdoctor.model import App, Connection
from syncdoctor.tomlfile import edit, merge, read

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Config:
    """The configuration directory. Reading is strict: file, line and key of a fault are named."""

    def __init__(self, directory: Path) -> None:
        """The directory need not exist; it is made by the first write."""
        self.directory = directory

    # -- reading ---------------------------------------------------------------------------------

    def apps(self) -> dict[str, App]:
        """Every app by name."""
        path = self.directory / "apps.toml"
        return {name: app_from(path, name, table) for name, table in read(path).items()}

    def app(self, name: str) -> App:
        """One app.

        Raises:
            NotFound: when there is none of that name.
        """
        apps = self.apps()
        if name not in apps:
            raise NotFound(
                f"There is no app {name!r}.{close_match(name, apps)}",
                f"syncdoctor app add {name} --provider PROVIDER --client-id ID",
            )
        return apps[name]

    def app_of(self, connection: Connection) -> App:
        """The app of a connection; one without an id or URLs where its credential needs none.

        Raises:
            NotFound: it names an app that is not there.
        """
        if connection.app is None:
            return App("", connection.provider, "")
        return self.app(connection.app)

    def workspace_names(self) -> list[str]:
        """The workspaces that have a file, in order."""
        folder = self.directory / "workspaces"
        return sorted(path.stem for path in folder.glob("*.toml"))

    def workspace(self, name: str) -> Workspace:
        """One workspace.

        Raises:
            NotFound: when it has no file.
        """
        path = self._workspace_file(name)
        if not path.exists():
            raise NotFound(
                f"There is no workspace {name!r}.{close_match(name, self.workspace_names())}",
                f"syncdoctor connection add {name}/xero",
            )
        return workspace_from(path, name, read(path))

    def connection(self, target: str) -> Connection:
        """One connection, named ``WORKSPACE/CONNECTION``.

        Raises:
            NotFound: when there is none of that name.
        """
        workspace_name, name = split_target(target)
        connections = self.workspace(workspace_name).connections
        if name not in connections:
            known = [c.target for c in connections.values()]
            raise NotFound(
                f"There is no connection {target!r}.{close_match(target, known)}",
                f"syncdoctor connection add {target}",
            )
        return connections[name]

    def resolve(self, target: str | None) -> list[Connection]:
        """The connections that a target means: one, a workspace's, or all (None)."""
        return [connection for connection, _ in self.places(target)]

    def places(self, target: str | None) -> list[tuple[Connection, Workspace]]:
        """The connections that a target means, each with its workspace, which is read once."""
        if target is not None and "/" in target:
            connection = self.connection(target)
            return [(connection, self.workspace(connection.workspace))]
        names = self.workspace_names() if target is None else [target]
        return [
            (c, place) for place in map(self.workspace, names) for c in place.connections.values()
        ]

    # -- writing ---------------------------------------------------------------------------------

    def save_app(self, app: App) -> Path:
        """Write one app, replacing that of the same name."""
        check_name(app.name, "app")
        table: dict[str, Any] = {"provider": app.provider, "client_id": app.client_id}
        if app.redirect_uri:
            table["redirect_uri"] = app.redirect_uri
        if app.scopes:
            table["scopes"] = list(app.scopes)
        if app.environment:
            table["environment"] = app.environment
        if app.urls:
            table["urls"] = dict(app.urls)

        def put(document: Any) -> None:
            document[app.name] = table

        return edit(self.directory / "apps.toml", put)

    def remove_app(self, name: str) -> Path:
        """Take one app out."""
        self.app(name)
        return edit(self.directory / "apps.toml", lambda document: document.pop(name))

    def save_connection(self, connection: Connection, **workspace: str) -> Path:
        """Write one connection, and given fields of its workspace (guide, plan, source …)."""
        check_name(connection.workspace, "workspace")
        check_name(connection.name, "connection")
        table = table_of(connection)

        def put(document: Any) -> None:
            for key, value in workspace.items():
                document[key] = value
            merge(document.setdefault("connections", {}), connection.name, table)

        return edit(self._workspace_file(connection.workspace), put)

    def save_channel(self, workspace: str, channel: Channel) -> Path:
        """Write one sales channel of a workspace that is there."""
        self.workspace(workspace)
        fields = {"owner": channel.owner, "state": channel.state}
        table = {key: value for key, value in fields.items() if value is not None}

        def put(document: Any) -> None:
            merge(document.setdefault("channels", {}), channel.name, table)

        return edit(self._workspace_file(workspace), put)

    def remove_channel(self, workspace: str, name: str) -> Path:
        """Take one sales channel out.

        Raises:
            NotFound: the workspace has none of that name.
        """
        known = [channel.name for channel in self.workspace(workspace).channels]
        if name not in known:
            raise NotFound(
                f"{workspace} has no sales channel {name!r}.{close_match(name, known)}",
                f"syncdoctor channel list {workspace}",
            )
        return edit(
            self._workspace_file(workspace), lambda document: document["channels"].pop(name)
        )

    def remove_connection(self, connection: Connection) -> Path:
        """Take one connection out; its history and records stay."""
        return edit(
            self._workspace_file(connection.workspace),
            lambda document: document["connections"].pop(connection.name),
        )

    def _workspace_file(self, name: str) -> Path:
        check_name(name, "workspace")
        return self.directory / "workspaces" / f"{name}.toml"


def new_uid() -> str:
    """A new identifier of a connection, e.g. ``c-7f3a9c2e``."""
    return f"c-{secrets.token_hex(4)}"


def split_target(target: str) -> tuple[str, str]:
    """Split ``WORKSPACE/CONNECTION``.

    Raises:
        UsageError: when it is not of that form.
    """
    workspace, slash, name = target.partition("/")
    if not slash or not workspace or not name or "/" in name:
        raise UsageError(
            f"{target!r} is no connection: it is written WORKSPACE/CONNECTION, e.g. acme/xero.",
            "syncdoctor connection list",
        )
    return workspace, name


def check_name(name: str, what: str) -> None:
    """Names are lower-case letters, digits, ``.``, ``_`` and ``-``; they become file names.

    Raises:
        UsageError: when the name is something else.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a {what}.",
            "Use lower-case letters, digits, '.', '_' and '-', at most 64.",
        )


def stand_in_hosts(app: App | None, connection: Connection | None = None) -> tuple[str, ...]:
    """Hosts that stand in for the provider's own: every output names them.

    They are those of the app's URLs, and of an address in the connection's settings on loopback.
    """
    settings = connection.settings.values() if connection else ()
    own = (urlsplit(v) for v in settings if isinstance(v, str) and "://" in v)
    hosts = {parts.netloc for parts in own if parts.hostname in LOOPBACK}
    hosts.update(urlsplit(url).netloc for url in (app.urls if app else {}).values())
    return tuple(sorted(hosts))


def close_match(name: str, known: Iterable[str]) -> str:
    """A sentence that suggests the nearest known name, or nothing."""
    close = get_close_matches(name, list(known), 1)
    return f" Did you mean {close[0]!r}?" if close else ""
