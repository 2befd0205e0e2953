"""Apps, workspaces and connections: from the tables of a TOML file to types, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from syncdoctor.errors import UsageError
from syncdoctor.model import App, Connection, CredentialKind, Organisation, Ownership
from syncdoctor.tomlfile import check_keys, check_present, fault

URL_NAMES = ("authorize", "token", "revoke", "device", "api", "connections", "status")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LISTS = ("kinds", "exclude")  # settings that are lists

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
    "credential": str,
    "uid": str,
    "created": datetime,
    "organisation": dict,
    "settings": dict,
    "enabled": bool,
    "ownership": str,
}
_APP = {
    "provider": str,
    "client_id": str,
    "redirect_uri": str,
    "scopes": list,
    "urls": dict,
    "environment": str,
}


ACTIVE = frozenset({"active", "connected", "on", "enabled"})


@dataclass(frozen=True, slots=True)
class Channel:
    """A sales channel of a workspace: whose it is, and whether it is ``active``."""

    name: str
    owner: str | None = None
    state: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether it may pay out; so it is taken to be where nothing is said."""
        return self.state is None or self.state.lower() in ACTIVE


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


def app_from(path: Path, name: str, table: Any) -> App:
    """One app; ``name`` is its table's."""
    check_keys(path, f"{name}.", table, _APP)
    check_present(path, f"{name}.", table, "provider", "client_id")
    for url_name, url in table.get("urls", {}).items():
        key = f"{name}.urls.{url_name}"
        if url_name not in URL_NAMES:
            raise fault(path, key, f"is not known; there are {', '.join(URL_NAMES)}.")
        check_url(url, partial(fault, path, key))
    if "redirect_uri" in table:
        check_redirect(table["redirect_uri"], partial(fault, path, f"{name}.redirect_uri"))
    return App(
        name=name,
        provider=table["provider"],
        client_id=table["client_id"],
        redirect_uri=table.get("redirect_uri"),
        scopes=tuple(table.get("scopes", ())),
        urls=table.get("urls", {}),
        environment=table.get("environment"),
    )


def check_url(url: Any, refuse: Callable[[str], UsageError]) -> None:
    """URLs are https; plain http is for loopback only.

    Raises:
        UsageError: what ``refuse`` makes of the problem.
    """
    parts = _parts(url)
    if parts is None:
        raise refuse("must be an https URL.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise refuse("must be https: plain http is for loopback only.")
    if parts.username or parts.password:
        raise refuse("must hold no user name or password.")


def check_redirect(url: Any, refuse: Callable[[str], UsageError]) -> None:
    """A redirect is a whole URL, without a fragment (RFC 6749, section 3.1.2).

    Raises:
        UsageError: what ``refuse`` makes of the problem.
    """
    parts = _parts(url)
    if parts is None or parts.fragment:
        raise refuse("must be a URL as registered, e.g. http://localhost:8765/callback.")


def _parts(url: Any) -> SplitResult | None:
    """The parts of an http or https URL with a host; None for anything else."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        fine = parts and parts.hostname and parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:  # brackets or a port that cannot be
        return None
    return parts if fine else None


def wrong_value(name: str, value: Any) -> str | None:
    """What is wrong with the value of a setting that holds one of a few; None if nothing is."""
    if name == "auto_sync":
        return None if isinstance(value, bool) else "must be true or false."
    if name in LISTS and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
        return "must be a list of texts."
    if name in ("invoice_status", "kinds"):
        from syncdoctor.engine.record import KINDS, RecordStatus

        known = KINDS if name == "kinds" else tuple(map(str, RecordStatus))
        for one in value if name == "kinds" else [value]:
            if one not in known:
                return f"{one!r} is not one of {', '.join(known)}."
    return None


def workspace_from(path: Path, name: str, table: Mapping[str, Any]) -> Workspace:
    """One workspace with its connections."""
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
    credential = table.get("credential", CredentialKind.OAUTH)
    if credential not in set(CredentialKind):
        raise fault(path, prefix + "credential", f"must be one of {', '.join(CredentialKind)}.")
    app = ("app",) if credential == CredentialKind.OAUTH else ()
    check_present(path, prefix, table, "provider", *app, "uid")
    organisation = table.get("organisation")
    if organisation is not None:
        check_keys(path, prefix + "organisation.", organisation, {"id": str, "name": str})
        check_present(path, prefix + "organisation.", organisation, "id", "name")
    ownership = table.get("ownership", "own")
    if ownership not in set(Ownership):
        raise fault(path, prefix + "ownership", "must be 'own' or 'borrowed'.")
    for key, value in table.get("settings", {}).items():
        if problem := wrong_value(key, value):
            raise fault(path, f"{prefix}settings.{key}", problem)
    created = table.get("created") or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Connection(
        workspace=workspace,
        name=name,
        uid=table["uid"],
        provider=table["provider"],
        app=table.get("app"),
        created=created if created.tzinfo else created.replace(tzinfo=UTC),
        organisation=Organisation(**organisation) if organisation else None,
        settings=table.get("settings", {}),
        enabled=table.get("enabled", True),
        ownership=Ownership(ownership),
        credential=CredentialKind(credential),
    )


def table_of(connection: Connection) -> dict[str, Any]:
    """The table of one connection."""
    table: dict[str, Any] = {
        "provider": connection.provider,
        "uid": connection.uid,
        "created": connection.created,
        "enabled": connection.enabled,
        "ownership": str(connection.ownership),
    }
    if connection.app is not None:
        table["app"] = connection.app
    if connection.credential is not CredentialKind.OAUTH:
        table["credential"] = str(connection.credential)
    if connection.organisation:
        organisation = connection.organisation
        table["organisation"] = {"id": organisation.id, "name": organisation.name}
    if connection.settings:
        table["settings"] = dict(connection.settings)
    return table
