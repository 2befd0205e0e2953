"""Workspaces, apps and connections as TOML files; no secret is ever in them.

``DIR/apps.toml`` holds the apps, ``DIR/workspaces/NAME.toml`` one workspace with its connections.
Files are replaced atomically. A file that is there is edited with its comments kept.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from syncdoctor.errors import NotFound, UsageError
from syncdoctor.model import App, Connection, Organisation, Ownership
from syncdoctor.tomlfile import check_keys, check_present, edit, fault, merge, read

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
URL_NAMES = ("authorize", "token", "revoke", "device", "api", "connections", "status")
LOOPBACK = ("127.0.0.1", "localhost", "::1")

_TOP = {
    "guide": str,
    "plan": str,
    "tier": str,
    "licence": str,
    "person": str,
    "person_role": str,
    "invoice_limit": int,
    "invoices_this_month": int,
    "source": str,
    "business": str,
    "channels": dict,
    "connections": dict,
}
_CHANNEL = {"owner": str, "state": str}
_CONNECTION = {
    "provider": str,
    "app": str,
    "uid": str,
    "created": datetime,
    "organisation": dict,
    "settings": dict,
    "enabled": bool,
    "ownership": str,
}
_APP = {"provider": str, "client_id": str, "redirect_uri": str, "scopes": list, "urls": dict}


@dataclass(frozen=True, slots=True)
class Channel:
    """A sales channel of a workspace: whose it is, and whether it is ``active``."""

    name: str
    owner: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """One customer of the product; ``source`` is where its records come from.

    ``person`` is who connects, ``person_role`` that person's role or group in the product.
    """

    name: str
    guide: str = "default"
    plan: str | None = None
    tier: str | None = None
    licence: str | None = None
    person: str | None = None
    business: str | None = None
    source: Path | None = None
    person_role: str | None = None
    invoice_limit: int | None = None
    invoices_this_month: int | None = None
    channels: tuple[Channel, ...] = ()
    connections: Mapping[str, Connection] = field(default_factory=dict)


class Config:
    """The configuration directory. Reading is strict: file, line and key of a fault are named."""

    def __init__(self, directory: Path) -> None:
        """The directory need not exist; it is made by the first write."""
        self.directory = directory

    # -- reading ---------------------------------------------------------------------------------

    def apps(self) -> dict[str, App]:
        """Every app by name."""
        path = self.directory / "apps.toml"
        return {name: _app(path, name, table) for name, table in read(path).items()}

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
        return _workspace(path, name, read(path))

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
        if target is None:
            names = self.workspace_names()
            return [c for n in names for c in self.workspace(n).connections.values()]
        if "/" in target:
            return [self.connection(target)]
        return list(self.workspace(target).connections.values())

    # -- writing ---------------------------------------------------------------------------------

    def save_app(self, app: App) -> Path:
        """Write one app, replacing that of the same name."""
        check_name(app.name, "app")
        table: dict[str, Any] = {"provider": app.provider, "client_id": app.client_id}
        if app.redirect_uri:
            table["redirect_uri"] = app.redirect_uri
        if app.scopes:
            table["scopes"] = list(app.scopes)
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
        table = _table(connection)

        def put(document: Any) -> None:
            for key, value in workspace.items():
                document[key] = value
            merge(document.setdefault("connections", {}), connection.name, table)

        return edit(self._workspace_file(connection.workspace), put)

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


def overridden_hosts(app: App) -> tuple[str, ...]:
    """Hosts that stand in for the provider's own: every output names them."""
    return tuple(sorted({urlsplit(url).netloc for url in app.urls.values()}))


# -- TOML → types --------------------------------------------------------------------------------


def _app(path: Path, name: str, table: Any) -> App:
    check_keys(path, f"{name}.", table, _APP)
    check_present(path, f"{name}.", table, "provider", "client_id")
    for url_name, url in table.get("urls", {}).items():
        key = f"{name}.urls.{url_name}"
        if url_name not in URL_NAMES:
            raise fault(path, key, f"is not known; there are {', '.join(URL_NAMES)}.")
        check_url(url, partial(fault, path, key))
    return App(
        name=name,
        provider=table["provider"],
        client_id=table["client_id"],
        redirect_uri=table.get("redirect_uri"),
        scopes=tuple(table.get("scopes", ())),
        urls=table.get("urls", {}),
    )


def check_url(url: Any, refuse: Callable[[str], UsageError]) -> None:
    """URLs are https; plain http is for loopback only.

    Raises:
        UsageError: what ``refuse`` makes of the problem.
    """
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or not parts.hostname or parts.scheme not in {"http", "https"}:
        raise refuse("must be an https URL.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise refuse("must be https: plain http is for loopback only.")
    if parts.username or parts.password:
        raise refuse("must hold no user name or password.")


def _workspace(path: Path, name: str, table: Mapping[str, Any]) -> Workspace:
    check_keys(path, "", table, _TOP)
    source = table.get("source")
    connections = {n: _connection(path, name, n, t) for n, t in _connections(table)}
    return Workspace(
        name=name,
        guide=table.get("guide", "default"),
        plan=table.get("plan"),
        tier=table.get("tier"),
        licence=table.get("licence"),
        person=table.get("person"),
        business=table.get("business"),
        source=None if source is None else (path.parent / Path(source).expanduser()),
        person_role=table.get("person_role"),
        invoice_limit=_count(path, table, "invoice_limit"),
        invoices_this_month=_count(path, table, "invoices_this_month"),
        channels=tuple(_channel(path, n, t) for n, t in table.get("channels", {}).items()),
        connections=connections,
    )


def _count(path: Path, table: Mapping[str, Any], key: str) -> int | None:
    value: int | None = table.get(key)
    if value is not None and (isinstance(value, bool) or value < 0):
        raise fault(path, key, "must be a whole number of at least 0.")
    return value


def _channel(path: Path, name: str, table: Any) -> Channel:
    check_keys(path, f"channels.{name}.", table, _CHANNEL)
    return Channel(name, table.get("owner"), table.get("state"))


def _connections(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from table.get("connections", {}).items()


def _connection(path: Path, workspace: str, name: str, table: Any) -> Connection:
    prefix = f"connections.{name}."
    check_keys(path, prefix, table, _CONNECTION)
    check_present(path, prefix, table, "provider", "app", "uid")
    organisation = table.get("organisation")
    if organisation is not None:
        check_keys(path, prefix + "organisation.", organisation, {"id": str, "name": str})
        check_present(path, prefix + "organisation.", organisation, "id", "name")
    ownership = table.get("ownership", "own")
    if ownership not in set(Ownership):
        raise fault(path, prefix + "ownership", "must be 'own' or 'borrowed'.")
    created = table.get("created") or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Connection(
        workspace=workspace,
        name=name,
        uid=table["uid"],
        provider=table["provider"],
        app=table["app"],
        created=created if created.tzinfo else created.replace(tzinfo=UTC),
        organisation=Organisation(**organisation) if organisation else None,
        settings=table.get("settings", {}),
        enabled=table.get("enabled", True),
        ownership=Ownership(ownership),
    )


# -- types → TOML --------------------------------------------------------------------------------


def _table(connection: Connection) -> dict[str, Any]:
    table: dict[str, Any] = {
        "provider": connection.provider,
        "app": connection.app,
        "uid": connection.uid,
        "created": connection.created,
        "enabled": connection.enabled,
        "ownership": str(connection.ownership),
    }
    if connection.organisation:
        organisation = connection.organisation
        table["organisation"] = {"id": organisation.id, "name": organisation.name}
    if connection.settings:
        table["settings"] = dict(connection.settings)
    return table


def close_match(name: str, known: Iterable[str]) -> str:
    """A sentence that suggests the nearest known name, or nothing."""
    close = get_close_matches(name, list(known), 1)
    return f" Did you mean {close[0]!r}?" if close else ""
