"""Credentials that a person gives by hand: at ``connection add``, and at ``reconnect`` anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncdoctor.errors import SignInNeeded, UsageError

if TYPE_CHECKING:
    from syncdoctor.auth.flow import Reconnected, SignIn
    from syncdoctor.auth.organisations import Choose
    from syncdoctor.auth.vault import Vault
    from syncdoctor.cli.common import Context
    from syncdoctor.cli.sign_in import Options
    from syncdoctor.engine.provider import Provider
    from syncdoctor.model import Connection, CredentialKind

FLAG = "--token-file"


def is_pasted(connection: Connection, options: Options) -> bool:
    """Whether a person gives the credential itself.

    Raises:
        UsageError: an option belongs to the other way.
    """
    from syncdoctor.model import CredentialKind

    if connection.credential not in (CredentialKind.TOKEN, CredentialKind.FEED):
        if options.token_file:
            raise UsageError(
                f"{connection.target} signs in by OAuth; it takes no {FLAG}.",
                f"syncdoctor reconnect {connection.target}",
            )
        return False
    if options.device or options.complete or options.paste or options.remove_existing:
        raise UsageError(
            f"{connection.target} has a credential that is pasted: there is no sign-in.",
            f"syncdoctor reconnect {connection.target} {FLAG} FILE",
        )
    return True


def by_paste(
    ctx: Context, asked: SignIn, vault: Vault, file: str | None, choose: Choose
) -> Reconnected:
    """Read the new credential, prove it and keep it.

    Raises:
        SignInNeeded: none was given, and nobody can be asked.
    """
    from syncdoctor.auth.credential import renewing_hint, word
    from syncdoctor.auth.pasted import replace_credential
    from syncdoctor.cli.secret_input import read_secret

    what = word(asked.connection)
    if file is None and not ctx.may_ask:
        raise SignInNeeded(
            f"A person has to give the new {what} of {asked.connection.target}.",
            renewing_hint(asked.connection),
        )
    secret = read_secret(ctx, file, what, FLAG)
    return replace_credential(asked, vault, ctx.config, secret, choose)


def kind_for(room: Provider, wanted: str | None) -> CredentialKind:
    """The kind of credential of a new connection: the provider's usual one unless named.

    Raises:
        UsageError: the provider takes no such credential.
    """
    known = [str(kind) for kind in room.credentials]
    if wanted is not None and wanted not in known:
        raise UsageError(
            f"{room.name} takes no credential {wanted!r}; it takes: {', '.join(known)}.",
            f"--credential {known[0]}",
        )
    return next(kind for kind in room.credentials if wanted in (None, str(kind)))


def first_credential(
    ctx: Context, connection: Connection, room: Provider, file: str | None
) -> tuple[Connection, dict[str, str], str]:
    """Take the credential of a new connection, which is not in the configuration yet.

    Gives the connection with the organisation that the credential is for, what is shown once, and
    the next command.

    Raises:
        SyncdoctorError: the credential is not accepted; nothing was kept.
    """
    from syncdoctor.auth.credential import renewing_hint, word
    from syncdoctor.cli.sign_in import chooser
    from syncdoctor.model import CredentialKind, Ownership

    target, kind = connection.target, connection.credential
    if kind is CredentialKind.OAUTH:
        if file is not None:
            raise UsageError(f"{room.name} signs in by OAuth.", f"--credential token, or no {FLAG}")
        return connection, {}, f"syncdoctor reconnect {target}"
    if kind is CredentialKind.SECRET:
        return connection, *_signing_secret(ctx, connection, room, file)
    owned = connection.ownership is Ownership.OWN and "token_command" not in connection.settings
    if file is None and not (owned and ctx.may_ask):
        following = renewing_hint(connection) if owned else f"syncdoctor diagnose {target}"
        return connection, {}, following
    from syncdoctor.auth.errors import TokenDelayed, TokenRefused
    from syncdoctor.auth.flow import SignIn
    from syncdoctor.auth.pasted import replace_credential
    from syncdoctor.cli.secret_input import read_secret
    from syncdoctor.engine.environment import in_environment

    secret = read_secret(ctx, file, word(connection), FLAG)
    config = ctx.config
    app = config.app_of(connection)
    asked = SignIn(connection, app, in_environment(room, app, connection), ctx.state_dir)
    try:
        done = replace_credential(asked, ctx.open_vault(), config, secret, chooser(ctx))
    except TokenRefused as error:
        error.hint = f"Nothing was added. Run it again with a valid {word(connection)}."
        raise
    except TokenDelayed as error:
        error.hint = "Nothing was added. Run it again later."
        raise
    return done.connection, {}, f"syncdoctor diagnose {target}"


def _signing_secret(
    ctx: Context, connection: Connection, room: Provider, file: str | None
) -> tuple[dict[str, str], str]:
    """Keep the one that was given, or make one and show it this once."""
    from syncdoctor.auth.signing import Secrets
    from syncdoctor.cli.secret_input import read_secret

    given = read_secret(ctx, file, "signing secret", FLAG) if file else None
    secret = Secrets(connection, room, ctx.open_vault()).propose(given)
    if given is not None:
        return {}, f"syncdoctor diagnose {connection.target}"
    if not ctx.json:
        ctx.err().print("The signing secret, shown this once:")
        ctx.out().print(secret, soft_wrap=True, highlight=False, markup=False)
    following = f"put the secret into the receiver; then: syncdoctor diagnose {connection.target}"
    return {"secret": secret}, following


def forget_credential(ctx: Context, connection: Connection) -> None:
    """Delete from the store what the connection shows to its provider."""
    from syncdoctor.auth.api_keys import further_key
    from syncdoctor.auth.sign_on import key_of
    from syncdoctor.auth.signing import next_key
    from syncdoctor.auth.tokens import connection_key

    vault = ctx.open_vault()
    vault.delete(connection_key(connection))
    vault.delete(next_key(connection))
    vault.delete(further_key(connection))
    vault.delete(key_of(connection))
