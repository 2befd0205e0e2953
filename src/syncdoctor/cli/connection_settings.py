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


def check_settings(room: Provider, connection: Connection) -> None:
    """Refuse settings that could not be used, and those that belong into the token store.

    Raises:
        UsageError: an address is neither https nor on loopback, it is part of a sign-on, or it
            names no rule of conflicts.
    """
    from syncdoctor.resync.conflicts import rule_of
    from syncdoctor.wire.address import check_address

    facts, target = room.sign_on, connection.target
    if facts is not None and not {facts.user, facts.password}.isdisjoint(connection.settings):
        raise UsageError(
            f"{facts.user} and {facts.password} go to the token store, once {target} is signed in.",
            f"syncdoctor connection configure {target} --setting {facts.user}=NAME",
        )
    for name, value in connection.settings.items():
        check_address(room, name, value, connection.target)
    rule_of(None, connection.settings)


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
    meant = _meant(answer, offered)
    if meant is None:
        raise UsageError(
            f"{answer!r} is not among the choices that {room.name} offers.",
            f"syncdoctor connection pick {connection.target} --list",
        )
    return meant


def _meant(answer: str, offered: list[tuple[str, str]]) -> str | None:
    """The value that a person means: by itself, or by the first word of what it is called."""
    if not offered or answer in {value for value, _ in offered}:
        return answer
    named = [v for v, label in offered if answer.casefold() == label.split(" ")[0].casefold()]
    return named[0] if len(named) == 1 else None


def ask_settings(ctx: Context, connection: Connection, room: Provider) -> dict[str, Any]:
    """Ask for the required settings: those that are missing, or else every one.

    Raises:
        UsageError: there is none, or nobody can be asked.
    """
    names = [name for name in room.required_settings if name != "organisation"]
    missing = [name for name in names if name not in connection.settings]
    target = connection.target
    if not names or not ctx.may_ask:
        offer = f"syncdoctor connection pick {target} --list"
        change = f"syncdoctor connection configure {target} -s KEY=VALUE"
        raise UsageError("Nothing to change.", f"{offer}; then: {change}" if names else change)
    return {name: ask_choice(ctx, connection, room, name) for name in missing or names}


def save_settings(ctx: Context, connection: Connection, chosen: dict[str, Any]) -> Connection:
    """Keep the chosen settings, and remember the change; the connection as it is now."""
    changed = replace(connection, settings={**connection.settings, **chosen})
    check_settings(ctx.catalogue.providers[connection.provider], changed)
    ctx.config.save_connection(changed)
    what = ", ".join(f"{key}={value}" for key, value in chosen.items()) or "switched"
    note_change(ctx, connection, f"settings: {what}")
    ctx.err().print(f"{connection.target}: {what}. Next: syncdoctor diagnose {connection.target}")
    return changed


def switch_on(ctx: Context, connection: Connection) -> None:
    """Have a connection sync again; that it was off is no longer what is known."""
    from syncdoctor.model import State

    if not connection.enabled:
        ctx.config.save_connection(replace(connection, enabled=True))
    with ctx.open_state() as state:
        known = state.evidence(connection.uid)
        if known is not None and known.state is State.INACTIVE:
            state.save_evidence(
                connection.uid, connection.target, State.UNKNOWN, source="configure"
            )


def note_change(ctx: Context, connection: Connection, what: str) -> None:
    """Remember a change, so that history can say what came before a failure."""
    with ctx.open_state() as state:
        state.note_change(connection.uid, what)
