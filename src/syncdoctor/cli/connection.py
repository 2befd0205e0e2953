"""``syncdoctor connection``: add, list, show, pick, configure, disconnect, remove."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.cli.connection_settings import (
    ask_choice,
    ask_settings,
    choices_of,
    keep_workspace,
    note_change,
    parse_settings,
    save_settings,
    show_choices,
    switch_on,
    with_settings,
)
from syncdoctor.cli.connection_view import Target, list_connections, print_connection, show
from syncdoctor.cli.paste import first_credential, forget_credential, kind_for
from syncdoctor.cli.rotation import Rotation, rotate
from syncdoctor.cli.sign_on import ask_user, take_sign_on
from syncdoctor.cli.webhook_check import check_webhook
from syncdoctor.errors import Cancelled, ExitCode, UsageError
from syncdoctor.model import Connection, CredentialKind, Ownership, State
from syncdoctor.next_step import DISCONNECTED

if TYPE_CHECKING:
    from syncdoctor.config import Config
    from syncdoctor.engine.provider import Provider

group = typer.Typer(no_args_is_help=True, help="A workspace's links to its providers.")

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
    credential: Annotated[
        str | None,
        typer.Option("--credential", help="oauth, token, key, secret or feed; the usual one."),
    ] = None,
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="A credential without OAuth; - reads it from stdin.",
        ),
    ] = None,
    guide: Annotated[str | None, typer.Option("--guide", help="The product's guide.")] = None,
    plan: Annotated[str | None, typer.Option("--plan", help="The workspace's plan.")] = None,
    source: Annotated[
        Path | None, typer.Option("--source", help="Where the workspace's records come from.")
    ] = None,
    change_workspace: Annotated[
        bool,
        typer.Option(
            "--change-workspace",
            help="Give a workspace that has a guide, plan or source another one.",
        ),
    ] = False,
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
    kind = kind_for(room, credential)
    connection = Connection(
        workspace=workspace,
        name=name,
        uid=new_uid(),
        provider=room.id,
        app=app or (_app_for(ctx, config, room) if kind is CredentialKind.OAUTH else None),
        created=datetime.now(UTC).replace(microsecond=0),
        settings=room.settings,
        ownership=Ownership.BORROWED if borrowed else Ownership.OWN,
        credential=kind,
    )
    config.app_of(connection)
    connection = with_settings(room, connection, parse_settings(setting or []))
    fields = _workspace_fields(ctx, guide, plan, source)
    if not change_workspace and workspace in config.workspace_names():
        keep_workspace(config.workspace(workspace), fields)
    connection, shown, following = first_credential(ctx, connection, room, token_file)
    path = config.save_connection(connection, **fields)
    note_change(ctx, connection, "connection added")
    if ctx.json:
        print_connection(ctx, connection, **shown, file=str(path))
    ctx.err().print(f"Added {target} ({connection.uid}) in {path}.")
    ctx.err().print(f"Next: {following}")


group.command("list")(list_connections)
group.command("show")(show)


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
    names = [name for name in room.required_of(connection) if name != "organisation"]
    if list_choices and names:
        offered = {name: choices_of(ctx, connection, room, name) for name in names}
        show_choices(ctx, connection, offered)
        return
    chosen = parse_settings(setting or [])
    for name in names:
        if not setting and name not in connection.settings:
            chosen[name] = ask_choice(ctx, connection, room, name)
    if not chosen:
        raise UsageError(
            f"Nothing to pick for {target}.", f"syncdoctor connection pick {target} -s KEY=VALUE"
        )
    connection = save_settings(ctx, connection, chosen)
    if ctx.json:
        print_connection(ctx, connection)


@group.command("configure")
@with_context
def configure(
    ctx: Context,
    target: Target,
    setting: Settings = None,
    enable: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Switch the connection.")
    ] = None,
    rotate_secret: Annotated[
        bool,
        typer.Option("--rotate-secret", help="A new signing secret, proven before it is used."),
    ] = False,
    secret_file: Annotated[
        str | None,
        typer.Option(
            "--secret-file",
            metavar="FILE",
            help="That secret, or a sign-on's password; - is stdin.",
        ),
    ] = None,
    finish_rotation: Annotated[
        bool, typer.Option("--finish-rotation", help="Prove the new secret; the old one goes.")
    ] = False,
) -> int:
    """Change the settings of a connection whose type allows it."""
    connection = ctx.config.connection(target)
    require_action(ctx, connection, "configure")
    chosen = parse_settings(setting or [])
    room = ctx.catalogue.providers[connection.provider]
    rotation = Rotation(rotate_secret, None if room.sign_on else secret_file, finish_rotation)
    signed_on = take_sign_on(ctx, connection, room, chosen, secret_file)
    if enable is not None:
        connection = replace(connection, enabled=enable)
    if not (chosen or signed_on or rotation.wanted) and enable is None:
        asked = ask_user(ctx, room)
        if not take_sign_on(ctx, connection, room, asked, None):
            chosen = ask_settings(ctx, connection, room)
    if chosen or enable is not None:
        connection = save_settings(ctx, connection, chosen)
    if enable:
        switch_on(ctx, connection)
    if rotation.wanted:
        return rotate(ctx, connection, room, rotation)
    if ctx.json:
        print_connection(ctx, connection)
    return int(ExitCode.OK)


@group.command("disconnect")
@with_context
def disconnect(ctx: Context, target: Target, yes: Yes = False) -> None:
    """Stop all syncs of a connection until it is reconnected; data and history stay."""
    from syncdoctor.engine.commands import renewal

    connection = ctx.config.connection(target)
    if not yes and not ctx.confirm(f"Stop all syncs of {target}?", "--yes"):
        raise Cancelled(f"{target} goes on as before.")
    forget_credential(ctx, connection)
    connection = replace(connection, enabled=False)
    ctx.config.save_connection(connection)
    note_change(ctx, connection, "disconnected")
    with ctx.open_state() as state:
        state.save_evidence(connection.uid, target, State.UNKNOWN, source=DISCONNECTED)
    if ctx.json:
        print_connection(ctx, connection)
    again = " ".join(renewal(connection.credential, target))
    ctx.err().print(f"{target} is disconnected. Start again: {again}")


@group.command("remove")
@with_context
def remove(ctx: Context, target: Target, yes: Yes = False) -> None:
    """Remove a connection: its syncing stops; its history and the records sent stay."""
    connection = ctx.config.connection(target)
    question = f"Remove {target}? Syncing stops; history and records stay."
    if not yes and not ctx.confirm(question, "--yes"):
        raise Cancelled(f"{target} stays.")
    forget_credential(ctx, connection)
    ctx.config.remove_connection(connection)
    note_change(ctx, connection, "connection removed")
    if ctx.json:
        print_connection(ctx, connection, removed=True)
    with ctx.open_state() as state:
        synced = state.synced_targets(target)
    story = f"; syncdoctor history {target} still tells its story" if synced else ""
    ctx.err().print(f"{target} is removed{story}.")


group.command("check-webhook")(check_webhook)


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
