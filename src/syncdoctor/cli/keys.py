"""``syncdoctor keys``: the API keys of a custom integration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import Cancelled, ExitCode, NotFound, SyncdoctorError, UsageError

if TYPE_CHECKING:
    from syncdoctor.auth.api_keys import ApiKeys
    from syncdoctor.auth.token import Token
    from syncdoctor.model import Connection

FLAG = "--key-file"
group = typer.Typer(no_args_is_help=True, help="The API keys of a custom integration.")

Target = Annotated[
    str,
    typer.Argument(metavar="WORKSPACE/CONNECTION", help="A custom integration, e.g. acme/custom"),
]
KeyFile = Annotated[
    str | None,
    typer.Option(
        FLAG, metavar="FILE", help="A key that was made elsewhere; - reads it from stdin."
    ),
]
Name = Annotated[str, typer.Option("--name", help="What the API is to call the new key.")]


def attach(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(group, name="keys")


@group.command("list")
@with_context
def list_keys(ctx: Context, target: Target) -> int:
    """Show the keys masked, with when they were made and last used."""
    from syncdoctor.render.keys_view import keys_document, keys_table

    _, keys = _opened(ctx, target)
    found, managed = keys.listed()
    if ctx.json:
        ctx.print_json(keys_document(target, "list", int(ExitCode.OK), found, managed=managed))
    elif found:
        ctx.out().print(keys_table(found))
        if not managed:
            ctx.err().print("The API lists no keys: this is the one in the token store.")
    else:
        ctx.err().print(f"{target} has no key yet: syncdoctor keys create {target} {FLAG} FILE")
    return int(ExitCode.OK)


@group.command("create")
@with_context
def create(
    ctx: Context, target: Target, key_file: KeyFile = None, name: Name = "syncdoctor"
) -> int:
    """Have the API make a further key, shown once and stored; or store the first one."""
    connection, keys = _opened(ctx, target)
    stored = keys.stored()
    if key_file is None and stored is not None:
        made = keys.create(name)
        words = "The connection goes on with the key that it has."
        if made.id:
            keys.keep_further({**keys.further(), made.id: made.token})
            words += f" To have it use this one: syncdoctor keys rotate {target} --to {made.id}"
        return _say(ctx, connection, "create", made.token, shown=True, words=words, here=False)
    if stored is not None:
        raise UsageError(
            f"{target} has a key already.", f"syncdoctor keys rotate {target} {FLAG} {key_file}"
        )
    token = _given(ctx, connection, keys, key_file)
    return _say(ctx, connection, "create", token, words="The API accepts it; it is stored.")


@group.command("rotate")
@with_context
def rotate(
    ctx: Context,
    target: Target,
    key_file: KeyFile = None,
    name: Name = "syncdoctor",
    to: Annotated[
        str | None, typer.Option("--to", metavar="KEY", help="The id of a key made with create.")
    ] = None,
) -> int:
    """Take a new key; the old one is revoked once the API has accepted the new one."""
    connection, keys = _opened(ctx, target)
    if to and key_file:
        raise UsageError(f"--to goes with no {FLAG}.", f"syncdoctor keys rotate {target} --to {to}")
    old = keys.stored()
    if to:
        token = _chosen(ctx, connection, keys, to)
    elif key_file:
        token = _given(ctx, connection, keys, key_file)
    else:
        token = _made(ctx, connection, keys, name)
    words = "The API accepts it; the connection uses it from now on."
    fate = None
    if old is not None and old.access_token != token.access_token:
        fate, told = _ended(keys, old, token)
        words = f"{words} {told}"
    shown = key_file is None and to is None
    return _say(ctx, connection, "rotate", token, shown=shown, words=words, old=fate)


@group.command("revoke")
@with_context
def revoke(
    ctx: Context,
    target: Target,
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="Its id; the one in use without it.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int:
    """Revoke a key at the API; the one in use is deleted from the token store too."""
    from syncdoctor.cli.connection_settings import note_change
    from syncdoctor.render.keys_view import keys_document

    connection, keys = _opened(ctx, target)
    stored = keys.stored()
    mine = str(stored.extra.get("id") or "") if stored else ""
    if stored is None:
        raise NotFound(f"{target} has no key.", f"syncdoctor keys create {target} {FLAG} FILE")
    ours = key is None or key == mine
    which = "the key in use; syncing stops" if ours else f"the key {key}"
    if not yes and not ctx.confirm(f"Revoke {which}?", "--yes"):
        raise Cancelled(f"The keys of {target} stay.")
    words = f"{target}: the key {key} is revoked."
    if not ours:
        keys.revoke(str(key))
        keys.keep_further({i: token for i, token in keys.further().items() if i != key})
    else:
        told = _revoked(keys, mine, stored)
        keys.forget()
        words = f"{target}: the key is deleted from the token store. {told}"
    note_change(ctx, connection, "API key revoked")
    if ctx.json:
        ctx.print_json(keys_document(target, "revoke", int(ExitCode.OK), (), managed=bool(mine)))
    ctx.err().print(words)
    return int(ExitCode.OK)


def _opened(ctx: Context, target: str) -> tuple[Connection, ApiKeys]:
    from syncdoctor.auth.api_keys import ApiKeys
    from syncdoctor.cli.connection import require_action
    from syncdoctor.config import stand_in_hosts

    connection = ctx.config.connection(target)
    require_action(ctx, connection, "keys")
    app, room = ctx.config.app_of(connection), ctx.catalogue.providers[connection.provider]
    for host in stand_in_hosts(app, connection):
        ctx.err().print(f"{host} stands in for {room.name}.")
    return connection, ApiKeys(connection, app, room, ctx.open_vault())


def _given(ctx: Context, connection: Connection, keys: ApiKeys, file: str | None) -> Token:
    """A key that a person made: proven, for the same account, and then kept."""
    from syncdoctor.auth.flow import SignIn
    from syncdoctor.auth.pasted import replace_credential
    from syncdoctor.cli.secret_input import read_secret
    from syncdoctor.cli.sign_in import chooser

    secret = read_secret(ctx, file, "API key", FLAG)
    config, room = ctx.config, ctx.catalogue.providers[connection.provider]
    asked = SignIn(connection, config.app_of(connection), room, ctx.state_dir)
    replace_credential(asked, ctx.open_vault(), config, secret, chooser(ctx))
    token = keys.with_id(secret)
    keys.keep(token)
    return token


def _chosen(ctx: Context, connection: Connection, keys: ApiKeys, identity: str) -> Token:
    """A key that was made before and is in the store: proven, and then in use."""
    from syncdoctor.auth.tokens import token_lock

    with token_lock(ctx.state_dir, connection):
        further = keys.further()
        if identity not in further:
            raise NotFound(
                f"The store has no key {identity!r} of {connection.target}.",
                f"syncdoctor keys list {connection.target}",
            )
        token = further.pop(identity)
        keys.prove(token)
        keys.keep(token)
        keys.keep_further(further)
    return token


def _made(ctx: Context, connection: Connection, keys: ApiKeys, name: str) -> Token:
    """A key that the API made: one that it does not accept is taken back."""
    from contextlib import suppress

    from syncdoctor.auth.tokens import token_lock

    with token_lock(ctx.state_dir, connection):
        made = keys.create(name)
        try:
            keys.prove(made.token)
        except SyncdoctorError:
            if made.id:
                with suppress(SyncdoctorError):
                    keys.revoke(made.id)
            raise
        keys.keep(made.token)
    return made.token


def _ended(keys: ApiKeys, old: Token, new: Token) -> tuple[str, str]:
    """What became of the old key after a rotation."""
    identity = str(old.extra.get("id") or "") or keys.id_of(old, new)
    if not identity:
        return "to-revoke", "Revoke the old key at the API: nobody can from here."
    try:
        keys.revoke(identity, by=new)
    except SyncdoctorError as error:
        return "to-revoke", f"The old key is still valid: {error.message}"
    return "revoked", "The old key is revoked."


def _revoked(keys: ApiKeys, identity: str, token: Token) -> str:
    from syncdoctor.auth.api_keys import masked

    by_hand = f"Revoke it at the API too, where it ends in {masked(token.access_token)}."
    if not identity:
        return by_hand
    keys.revoke(identity)
    return "The API has revoked it."


def _say(
    ctx: Context,
    connection: Connection,
    action: str,
    token: Token,
    *,
    words: str,
    shown: bool = False,
    old: str | None = None,
    here: bool = True,
) -> int:
    """Tell what was done; a key that the API made is on stdout, this once."""
    from syncdoctor.auth.api_keys import own
    from syncdoctor.cli.connection_settings import note_change
    from syncdoctor.render.keys_view import keys_document

    note_change(ctx, connection, f"API key: {action}")
    text = token.access_token if shown else None
    if ctx.json:
        managed = bool(token.extra.get("id"))
        document = keys_document(
            connection.target,
            action,
            0,
            (own(token, here=here),),
            managed=managed,
            text=text,
            old=old,
        )
        ctx.print_json(document)
    elif text:
        ctx.err().print("The new key, shown this once:")
        ctx.out().print(text, soft_wrap=True, highlight=False, markup=False)
    ctx.err().print(f"{connection.target}: {words}")
    return int(ExitCode.OK)
