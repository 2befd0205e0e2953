"""``syncdoctor connection list`` and ``show``: what is known of connections, without secrets."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.model import Connection, CredentialKind

Target = Annotated[str, typer.Argument(metavar="WORKSPACE/CONNECTION", help="e.g. acme/xero")]


@with_context
def list_connections(
    ctx: Context,
    target: Annotated[str | None, typer.Argument(help="A workspace; all without it.")] = None,
) -> int:
    """Show UID, type, created, status and the actions of each connection."""
    from syncdoctor.cli.status import rows_for
    from syncdoctor.render import json_connections
    from syncdoctor.render.status_view import connections_table, empty_state

    rows = rows_for(ctx, target)
    providers = ctx.catalogue.providers
    if ctx.json:
        ctx.print_json(json_connections.connections_document(rows, providers, ctx.total([])))
    elif not rows:
        ctx.out().print(empty_state())
    else:
        ctx.out().print(connections_table(rows, providers))
    return 0


@with_context
def show(ctx: Context, target: Target) -> None:
    """Show everything that is known of one connection; secrets are never shown."""
    connection = ctx.config.connection(target)
    if ctx.json:
        print_connection(ctx, connection)
        return
    from rich.table import Table

    from syncdoctor.render.status_view import channel_words
    from syncdoctor.render.terminal import stand_ins

    channels = ctx.config.workspace(connection.workspace).channels
    document = _document(connection)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    asked = connection.credential is CredentialKind.OAUTH
    for key, value in document.items():
        if value is None and not asked:
            continue  # no app, no organisation: none is needed
        table.add_row(key.replace("_", " "), _shown(value))
    if channels:
        table.add_row("channels", ", ".join(map(channel_words, channels)))
    ctx.out().print(table)
    for line in stand_ins(hosts_of(ctx, connection)):
        ctx.out().print(line, soft_wrap=True)


def print_connection(ctx: Context, connection: Connection, **more: Any) -> None:
    """Print what scripts may read of a connection, and what else is to be told."""
    from syncdoctor.render.json_connections import channel_document

    channels = ctx.config.workspace(connection.workspace).channels
    document = {
        **_document(connection),
        "stand_in_hosts": list(hosts_of(ctx, connection)),
        "channels": [channel_document(channel) for channel in channels],
    }
    ctx.print_document("connection", connection=document, **more)


def hosts_of(ctx: Context, connection: Connection) -> tuple[str, ...]:
    """Hosts that stand in for the provider's own."""
    from syncdoctor.cli.cases import stand_in_hosts

    return stand_in_hosts(ctx.config.apps(), connection)


def _document(connection: Connection) -> dict[str, Any]:
    organisation = connection.organisation
    return {
        "target": connection.target,
        "uid": connection.uid,
        "type": connection.provider,
        "app": connection.app,
        "credential": str(connection.credential),
        **({"access": "read only"} if connection.credential is CredentialKind.FEED else {}),
        "created": connection.created.isoformat(),
        "enabled": connection.enabled,
        "ownership": str(connection.ownership),
        "organisation": {"id": organisation.id, "name": organisation.name}
        if organisation
        else None,
        "settings": dict(connection.settings),
    }


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}={v}" for k, v in value.items()) or "none"
    return "not chosen" if value is None else str(value)
