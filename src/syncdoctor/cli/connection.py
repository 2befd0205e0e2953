"""``syncdoctor connection``: add, list, show, pick, configure, disconnect, remove."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.cli.connection_settings import (
    ask_choice,
    choices_of,
    note_change,
    parse_settings,
    save_settings,
    show_choices,
)
from syncdoctor.errors import Cancelled, UsageError
from syncdoctor.model import Connection, Ownership

if TYPE_CHECKING:
    from syncdoctor.config import Config
    from syncdoctor.engine.provider import Provider

group = typer.Typer(no_args_is_help=True, help="A workspace's links to its providers.")

Target = Annotated[str, typer.Argument(metavar="WORKSPACE/CONNECTION", help="e.g. acme/xero")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--setting", "-s", metavar="KEY=VALUE", help="Choose a setting; repeatable."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def attach(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(group, name="connection")


@group.command("add")
@with_context
def add(
    ctx: Context,
    target: Target,
    provider: Annotated[str | None, typer.Option("--provider", help="e.g. xero")] = None,
    app: Annotated[str | None, typer.Option("--app", help="The app to sign in with.")] = None,
    guide: Annotated[str | None, typer.Option("--guide", help="The product's guide.")] = None,
    plan: Annotated[str | None, typer.Option("--plan", help="The workspace's plan.")] = None,
    source: Annotated[
        Path | None, typer.Option("--source", help="Where the workspace's records come from.")
    ] = None,
    setting: Settings = None,
    borrowed: Annotated[
        bool, typer.Option("--borrowed", help="The product owns the token: never refresh it.")
    ] = False,
) -> None:
    """Make a connection; then sign in with ``syncdoctor reconnect``."""
    from syncdoctor.config import new_uid, split_target

    config = ctx.config
    workspace, name = split_target(target)
    if workspace in config.workspace_names() and name in config.workspace(workspace).connections:
        raise UsageError(
            f"{target} is there already.", f"syncdoctor connection show {target}, or: remove"
        )
    room = _provider(ctx, provider, name)
    connection = Connection(
        workspace=workspace,
        name=name,
        uid=new_uid(),
        provider=room.id,
        app=app or _app_for(ctx, config, room),
        created=datetime.now(UTC).replace(microsecond=0),
        settings=parse_settings(setting or []),
        ownership=Ownership.BORROWED if borrowed else Ownership.OWN,
    )
    config.app(connection.app)
    fields = _workspace_fields(ctx, guide, plan, source)
    path = config.save_connection(connection, **fields)
    note_change(ctx, connection, "connection added")
    if ctx.json:
        document = {"schema": "syncdoctor.connection/1", "connection": _document(connection)}
        ctx.print_json({**document, "file": str(path)})
    ctx.err().print(f"Added {target} ({connection.uid}) in {path}.")
    ctx.err().print(f"Next: syncdoctor reconnect {target}")


@group.command("list")
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
        ctx.print_json(json_connections.connections_document(rows, providers))
    elif not rows:
        ctx.out().print(empty_state())
    else:
        ctx.out().print(connections_table(rows, providers))
    return 0


@group.command("show")
@with_context
def show(ctx: Context, target: Target) -> None:
    """Show everything that is known of one connection; secrets are never shown."""
    connection = ctx.config.connection(target)
    document = _document(connection)
    if ctx.json:
        ctx.print_json({"schema": "syncdoctor.connection/1", "connection": document})
        return
    from rich.table import Table

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for key, value in document.items():
        table.add_row(key.replace("_", " "), _shown(value))
    ctx.out().print(table)


@group.command("pick")
@with_context
def pick(
    ctx: Context,
    target: Target,
    setting: Settings = None,
    list_choices: Annotated[
        bool, typer.Option("--list", help="Ask the provider what may be chosen, and end.")
    ] = False,
) -> None:
    """Choose required settings, from what the provider has; asks for those that are missing."""
    connection = ctx.config.connection(target)
    room = ctx.catalogue.providers[connection.provider]
    names = [name for name in room.required_settings if name != "organisation"]
    if list_choices:
        show_choices(ctx, {name: choices_of(ctx, connection, room, name) for name in names})
        return
    chosen = parse_settings(setting or [])
    for name in names:
        if not setting and name not in connection.settings:
            chosen[name] = ask_choice(ctx, connection, room, name)
    if not chosen:
        raise UsageError(
            f"Nothing to pick for {target}.", f"syncdoctor connection pick {target} -s KEY=VALUE"
        )
    save_settings(ctx, connection, chosen)


@group.command("configure")
@with_context
def configure(
    ctx: Context,
    target: Target,
    setting: Settings = None,
    enable: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Switch the connection.")
    ] = None,
) -> None:
    """Change the settings of a connection whose type allows it."""
    connection = ctx.config.connection(target)
    require_action(ctx, connection, "configure")
    chosen = parse_settings(setting or [])
    if enable is not None:
        connection = replace(connection, enabled=enable)
    if not chosen and enable is None:
        raise UsageError("Nothing to change.", f"syncdoctor connection configure {target} -s K=V")
    save_settings(ctx, connection, chosen)


@group.command("disconnect")
@with_context
def disconnect(ctx: Context, target: Target, yes: Yes = False) -> None:
    """Stop all syncs of a connection until it is reconnected; data and history stay."""
    connection = ctx.config.connection(target)
    if not yes and not ctx.confirm(f"Stop all syncs of {target}?", "--yes"):
        raise Cancelled(f"{target} goes on as before.")
    ctx.open_vault().delete(f"connection/{connection.uid}")
    ctx.config.save_connection(replace(connection, enabled=False))
    note_change(ctx, connection, "disconnected")
    ctx.err().print(f"{target} is disconnected. Start again: syncdoctor reconnect {target}")


@group.command("remove")
@with_context
def remove(ctx: Context, target: Target, yes: Yes = False) -> None:
    """Remove a connection: its syncing stops; its history and the records sent stay."""
    connection = ctx.config.connection(target)
    question = f"Remove {target}? Syncing stops; history and records stay."
    if not yes and not ctx.confirm(question, "--yes"):
        raise Cancelled(f"{target} stays.")
    ctx.open_vault().delete(f"connection/{connection.uid}")
    ctx.config.remove_connection(connection)
    note_change(ctx, connection, "connection removed")
    ctx.err().print(f"{target} is removed; syncdoctor history {target} still tells its story.")


def require_action(ctx: Context, connection: Connection, action: str) -> None:
    """Refuse an action that the connection's type does not have, naming those that it has.

    Raises:
        UsageError: when the provider has no such action.
    """
    room = ctx.catalogue.providers[connection.provider]
    if action not in room.actions:
        raise UsageError(
            f"{room.name} connections have no {action}; they have: {', '.join(room.actions)}.",
            f"syncdoctor connection show {connection.target}",
        )


def _provider(ctx: Context, given: str | None, name: str) -> Provider:
    known = ctx.catalogue.providers
    wanted = given or (name if name in known else ctx.ask("Provider", "--provider"))
    if wanted not in known:
        raise UsageError(
            f"There is no provider {wanted!r}.", f"Take one of: {', '.join(sorted(known))}."
        )
    return known[wanted]


def _app_for(ctx: Context, config: Config, room: Provider) -> str:
    fitting = [app.name for app in config.apps().values() if app.provider == room.id]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise UsageError(
            f"There is no app for {room.name} yet.", f"syncdoctor app add {room.id} --client-id ID"
        )
    return ctx.ask(f"App ({', '.join(fitting)})", "--app")


def _workspace_fields(
    ctx: Context, guide: str | None, plan: str | None, source: Path | None
) -> dict[str, str]:
    from syncdoctor.engine.guide import load_guide

    if guide is not None:
        load_guide(guide, ctx.config_dir / "guides")
    given = {"guide": guide, "plan": plan, "source": str(source.resolve()) if source else None}
    return {key: value for key, value in given.items() if value is not None}


def _document(connection: Connection) -> dict[str, Any]:
    organisation = connection.organisation
    return {
        "target": connection.target,
        "uid": connection.uid,
        "type": connection.provider,
        "app": connection.app,
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
