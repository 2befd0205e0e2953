"""Settings of a connection: read from the command line, offered by the provider, kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncdoctor.errors import UsageError

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context
    from syncdoctor.engine.provider import Provider
    from syncdoctor.model import Connection


def parse_settings(pairs: list[str]) -> dict[str, Any]:
    """Settings from ``KEY=VALUE``; true, false and comma lists are read as such.

    Raises:
        UsageError: when one is not of that form.
    """
    settings: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--setting {pair}: it is written KEY=VALUE, e.g. sales_account=200.")
        words = {"true": True, "false": False}
        settings[key] = words.get(value, value.split(",") if key in {"kinds", "exclude"} else value)
    return settings


def choices_of(
    ctx: Context, connection: Connection, room: Provider, setting: str
) -> list[tuple[str, str]]:
    """What the provider offers for a setting: value and name; empty when it cannot say."""
    from syncdoctor.cli.cases import opener
    from syncdoctor.wire.probes import choices

    with opener(ctx, ctx.catalogue, ctx.config)(connection) as session:
        return choices(session.client, room, setting)


def show_choices(ctx: Context, offered: dict[str, list[tuple[str, str]]]) -> None:
    """Print what may be chosen for each setting."""
    if ctx.json:
        settings = {
            name: [{"value": value, "name": label} for value, label in pairs]
            for name, pairs in offered.items()
        }
        ctx.print_json({"schema": "syncdoctor.choices/1", "settings": settings})
        return
    for name, pairs in offered.items():
        ctx.out().print(name.replace("_", " "), style="heading")
        for value, label in pairs:
            ctx.out().print(f"  {value}  {label}")


def ask_choice(ctx: Context, connection: Connection, room: Provider, setting: str) -> str:
    """Ask for one of the choices that the provider offers.

    Raises:
        UsageError: nobody can be asked, or the answer is none of them.
    """
    words = setting.replace("_", " ").capitalize()
    flag = f"--setting {setting}=VALUE"
    if not ctx.may_ask:
        return ctx.ask(words, flag)
    offered = choices_of(ctx, connection, room, setting)
    for value, label in offered:
        ctx.err().print(f"  {value}  {label}")
    answer = ctx.ask(words, flag)
    if offered and answer not in {value for value, _ in offered}:
        raise UsageError(
            f"{answer!r} is not among the choices that {room.name} offers.",
            f"syncdoctor connection pick {connection.target} --list",
        )
    return answer


def save_settings(ctx: Context, connection: Connection, chosen: dict[str, Any]) -> None:
    """Keep the chosen settings, and remember the change."""
    changed = replace(connection, settings={**connection.settings, **chosen})
    ctx.config.save_connection(changed)
    what = ", ".join(f"{key}={value}" for key, value in chosen.items()) or "switched"
    note_change(ctx, connection, f"settings: {what}")
    ctx.err().print(f"{connection.target}: {what}. Next: syncdoctor diagnose {connection.target}")


def note_change(ctx: Context, connection: Connection, what: str) -> None:
    """Remember a change, so that history can say what came before a failure."""
    with ctx.open_state() as state:
        state.note_change(connection.uid, what)
