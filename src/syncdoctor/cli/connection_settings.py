"""Settings of a connection: read from the command line, offered by the provider, kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncdoctor.errors import Guarded, UsageError

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context
    from syncdoctor.config_tables import Workspace
    from syncdoctor.engine.provider import Provider
    from syncdoctor.model import Connection


def parse_settings(pairs: list[str]) -> dict[str, str]:
    """Names and what is written for each, from ``KEY=VALUE``.

    Raises:
        UsageError: when one is not of that form.
    """
    settings: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--setting {pair}: it is written KEY=VALUE, e.g. sales_account=200.")
        settings[key] = value
    return settings


def with_settings(room: Provider, connection: Connection, given: Mapping[str, str]) -> Connection:
    """The connection with settings as they were given; an empty one is taken away.

    Raises:
        UsageError: there is no such setting, it cannot hold that, an address is neither https nor
            on loopback, or it is part of a sign-on, which belongs into the token store.
    """
    from syncdoctor.cli.setting_names import with_given
    from syncdoctor.resync.conflicts import rule_of
    from syncdoctor.wire.address import check_address

    facts, target = room.sign_on, connection.target
    if facts is not None and not {facts.user, facts.password}.isdisjoint(given):
        raise UsageError(
            f"{facts.user} and {facts.password} go to the token store, once {target} is signed in.",
            f"syncdoctor connection configure {target} --setting {facts.user}=NAME",
        )
    changed = replace(connection, settings=with_given(room, connection, given))
    for name, value in changed.settings.items():
        check_address(room, name, value, target)
    rule_of(None, changed.settings)
    return changed


def keep_workspace(workspace: Workspace, given: Mapping[str, str]) -> None:
    """Refuse to give a workspace another guide, plan or source: its connections share them.

    Raises:
        Guarded: it has another one already.
    """
    guide = None if workspace.guide == "default" else workspace.guide
    before = {"guide": guide, "plan": workspace.plan, "source": workspace.source}
    for name, new in given.items():
        old = before[name]
        old = str(old.resolve()) if isinstance(old, Path) else old
        if old not in (None, new):
            raise Guarded(
                f"The {name} of {workspace.name} is {old}, and would become {new} for all of its "
                "connections.",
                f"Leave --{name} out, or say so with --change-workspace.",
            )


def choices_of(
    ctx: Context, connection: Connection, room: Provider, setting: str
) -> list[tuple[str, str]]:
    """What the provider offers for a setting: value and name; empty when it cannot say."""
    from syncdoctor.cli.cases import opener
    from syncdoctor.wire.probes import choices

    with opener(ctx, ctx.catalogue, ctx.config)(connection) as session:
        return choices(session.client, room, setting)


def show_choices(
    ctx: Context, connection: Connection, offered: dict[str, list[tuple[str, str]]]
) -> None:
    """Print what may be chosen for each setting."""
    from syncdoctor.cli.connection_view import hosts_of
    from syncdoctor.render.terminal import stand_ins

    hosts = hosts_of(ctx, connection)
    if ctx.json:
        settings = {
            name: [{"value": value, "name": label} for value, label in pairs]
            for name, pairs in offered.items()
        }
        ctx.print_document("choices", settings=settings, stand_in_hosts=list(hosts))
        return
    for name, pairs in offered.items():
        ctx.out().print(name.replace("_", " "), style="heading")
        for value, label in pairs:
            ctx.out().print(f"  {value}  {label}")
    for line in stand_ins(hosts):
        ctx.out().print(line, soft_wrap=True)


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


def ask_settings(ctx: Context, connection: Connection, room: Provider) -> dict[str, str]:
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


def save_settings(ctx: Context, connection: Connection, chosen: Mapping[str, str]) -> Connection:
    """Keep the chosen settings, and remember the change; the connection as it is now."""
    changed = with_settings(ctx.catalogue.providers[connection.provider], connection, chosen)
    ctx.config.save_connection(changed)
    words = (f"{key}={value}" if value else f"no {key}" for key, value in chosen.items())
    what = ", ".join(words) or f"switched {'on' if changed.enabled else 'off'}"
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
