"""``syncdoctor channel``: the sales channels of a workspace, whose settlements are sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import UsageError

group = typer.Typer(no_args_is_help=True, help="A workspace's sales channels and their owners.")

Workspace = Annotated[str, typer.Argument(metavar="WORKSPACE", help="e.g. acme")]
Name = Annotated[str, typer.Argument(metavar="CHANNEL", help="e.g. 'Amazon UK'")]


def attach(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(group, name="channel")


@group.command("list")
@with_context
def list_channels(ctx: Context, workspace: Workspace) -> None:
    """List the sales channels with their owners and states."""
    from syncdoctor.render.status_view import channel_words

    channels = ctx.config.workspace(workspace).channels
    if ctx.json:
        _print_channels(ctx, workspace)
        return
    for channel in channels:
        ctx.out().print(channel_words(channel), soft_wrap=True)
    if not channels:
        command = f"syncdoctor channel set {workspace} NAME --owner PERSON"
        ctx.out().print(f"{workspace} has no sales channels. Add one: {command}", soft_wrap=True)


@group.command("set")
@with_context
def set_channel(
    ctx: Context,
    workspace: Workspace,
    name: Name,
    owner: Annotated[str | None, typer.Option("--owner", help="Whose channel it is.")] = None,
    state: Annotated[
        str | None,
        typer.Option("--state", help="active, or what else: settlements are then held back."),
    ] = None,
) -> None:
    """Add a sales channel, or change its owner or its state."""
    from syncdoctor.config_tables import Channel
    from syncdoctor.render.status_view import channel_words

    known = {channel.name: channel for channel in ctx.config.workspace(workspace).channels}
    if owner is None and state is None:
        raise UsageError(
            "Neither an owner nor a state was given.",
            f"syncdoctor channel set {workspace} NAME --owner PERSON --state active",
        )
    channel = known.get(name, Channel(name))
    channel = replace(channel, owner=owner or channel.owner, state=state or channel.state)
    ctx.config.save_channel(workspace, channel)
    if ctx.json:
        _print_channels(ctx, workspace)
    ctx.err().print(f"{workspace}: {channel_words(channel)}", soft_wrap=True)


@group.command("remove")
@with_context
def remove(ctx: Context, workspace: Workspace, name: Name) -> None:
    """Take a sales channel out; what it sent stays at the provider."""
    ctx.config.remove_channel(workspace, name)
    if ctx.json:
        _print_channels(ctx, workspace)
    ctx.err().print(f"{workspace}: the sales channel {name} is taken out.", soft_wrap=True)


def _print_channels(ctx: Context, workspace: str) -> None:
    """The document of every command here: the channels as they are now."""
    from syncdoctor.render.json_connections import channel_document

    channels = [channel_document(channel) for channel in ctx.config.workspace(workspace).channels]
    ctx.print_document("channels", workspace=workspace, channels=channels)
