"""The sign-on of an organisation besides the token, as ``connection configure`` takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from syncdoctor.errors import UsageError

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context
    from syncdoctor.engine.provider import Provider
    from syncdoctor.model import Connection

FLAG = "--secret-file"


def take_sign_on(
    ctx: Context,
    connection: Connection,
    room: Provider,
    chosen: dict[str, str],
    secret_file: str | None,
) -> bool:
    """Take the sign-on out of the settings that were given, prove it and keep it.

    Its user, given empty, takes the sign-on away. Gives back whether there was one.

    Raises:
        UsageError: the password is an argument, or cannot be asked for.
        TokenRefused: the provider does not accept it; the old one goes on.
        TokenDelayed: the provider could not be asked; the old one goes on.
    """
    facts = room.sign_on
    if facts is None:
        return False
    command = f"syncdoctor connection configure {connection.target} --setting {facts.user}=NAME"
    if chosen.pop(facts.password, None) is not None:
        raise UsageError(
            f"--setting {facts.password}: a password is never an argument. Change it: "
            "arguments are seen by others.",
            f"{command} {FLAG} FILE",
        )
    if facts.user not in chosen:
        if secret_file is not None:
            raise UsageError(f"{FLAG}: whose password it is must be said too.", command)
        return False
    user = chosen.pop(facts.user)
    if user:
        _keep(ctx, connection, user, _password(ctx, room, facts.password, secret_file))
    else:
        _forget(ctx, connection)
    return True


def ask_user(ctx: Context, room: Provider) -> dict[str, str]:
    """Ask for the user of a new sign-on, as a setting; empty when it stays as it is."""
    if room.sign_on is None or not ctx.may_ask:
        return {}
    what = room.sign_on.user.replace("_", " ").capitalize()
    user = ctx.ask_or_skip(f"{what} (empty: the sign-on stays as it is)")
    return {room.sign_on.user: user} if user else {}


def _password(ctx: Context, room: Provider, name: str, file: str | None) -> str:
    from syncdoctor.cli.secret_input import read_secret

    what = name.replace("_", " ")
    if file is not None:
        return read_secret(ctx, file, what, FLAG)
    if not ctx.may_ask:
        raise UsageError(f"The {what} is needed.", f"Give it with {FLAG} FILE; - reads stdin.")
    # A user of a company file may have none: https://help.myob.com/wiki/x/8YFk (2026-11-22)
    question = f"{what.capitalize()} at {room.name} (empty if there is none)"
    return str(typer.prompt(question, default="", hide_input=True, show_default=False, err=True))


def _keep(ctx: Context, connection: Connection, user: str, password: str) -> None:
    from syncdoctor.auth.sign_on import Credentials, prove_and_keep
    from syncdoctor.cli.cases import opener
    from syncdoctor.cli.connection_settings import note_change

    given, target = Credentials(user, password), connection.target
    with opener(ctx, ctx.catalogue, ctx.config)(connection) as session:
        prove_and_keep(session.client, connection, given, ctx.open_vault())
        name = session.client.provider.name
    note_change(ctx, connection, "sign-on changed")
    ctx.err().print(f"{target}: {name} accepted the sign-on; it is kept in the token store.")
    ctx.err().print(f"Next: syncdoctor diagnose {target}")


def _forget(ctx: Context, connection: Connection) -> None:
    from syncdoctor.auth.sign_on import key_of
    from syncdoctor.cli.connection_settings import note_change

    ctx.open_vault().delete(key_of(connection))
    note_change(ctx, connection, "sign-on taken away")
    ctx.err().print(f"{connection.target}: no sign-on is sent any more.")
