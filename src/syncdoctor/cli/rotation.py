"""``syncdoctor connection configure --rotate-secret``: a new signing secret for a webhook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncdoctor.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from syncdoctor.auth.signing import Secrets
    from syncdoctor.cli.common import Context
    from syncdoctor.engine.provider import Provider
    from syncdoctor.model import Connection

FLAG = "--secret-file"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What the command line asks for."""

    begin: bool = False
    file: str | None = None
    finish: bool = False

    @property
    def wanted(self) -> bool:
        """Whether anything is asked for."""
        return self.begin or self.finish or self.file is not None


def rotate(ctx: Context, connection: Connection, room: Provider, wanted: Rotation) -> int:
    """Replace the signing secret of a webhook: the old one goes once the new one is proven.

    Raises:
        UsageError: the connection signs nothing, or the options do not go together.
        TokenRefused: the receiver does not accept the new secret; the old one goes on.
    """
    from syncdoctor.auth.signing import Secrets

    _check(connection, room, wanted)
    secrets = Secrets(connection, room, ctx.open_vault())
    if wanted.finish:
        return _finish(ctx, connection, room, secrets)
    if wanted.file is not None:
        return _given(ctx, connection, room, secrets, wanted.file)
    return _made(ctx, connection, room, secrets)


def _check(connection: Connection, room: Provider, wanted: Rotation) -> None:
    from syncdoctor.model import CredentialKind

    if connection.credential is not CredentialKind.SECRET:
        raise UsageError(
            f"{room.name} connections have no signing secret.",
            f"syncdoctor connection show {connection.target}",
        )
    if wanted.finish and (wanted.begin or wanted.file):
        raise UsageError(
            "--finish-rotation goes with no new secret.", "syncdoctor connection configure --help"
        )
    if wanted.file and not wanted.begin:
        raise UsageError(
            f"{FLAG} goes with --rotate-secret.",
            f"syncdoctor connection configure {connection.target} --rotate-secret {FLAG} FILE",
        )


def _given(
    ctx: Context, connection: Connection, room: Provider, secrets: Secrets, file: str
) -> int:
    """The receiver knows the secret already: prove it at once."""
    from syncdoctor.auth.rotation import prove
    from syncdoctor.cli.secret_input import read_secret

    secret = secrets.propose(read_secret(ctx, file, "signing secret", FLAG))
    if secrets.waiting() is None:
        return _say(ctx, connection, "stored", "It has a signing secret now.")
    try:
        prove(connection, ctx.config.app_of(connection), room, secret)
    except BaseException:
        secrets.withdraw()
        raise
    secrets.adopt()
    return _say(
        ctx, connection, "rotated", "The receiver accepted the new secret; the old is gone."
    )


def _made(ctx: Context, connection: Connection, room: Provider, secrets: Secrets) -> int:
    """A new secret is shown once; until it is proven, both sign."""
    if secrets.waiting() is not None:
        raise UsageError(
            f"A new secret of {connection.target} waits to be proven already.",
            f"syncdoctor connection configure {connection.target} --finish-rotation",
        )
    secret = secrets.propose(None)
    command = f"syncdoctor connection configure {connection.target} --finish-rotation"
    if secrets.waiting() is None:
        return _say(ctx, connection, "stored", "Put it into the receiver.", secret=secret)
    words = "Put it into the receiver: until then the old secret signs as well."
    _say(ctx, connection, "waiting", words, secret=secret, next=command)
    if not ctx.may_ask:
        return int(ExitCode.OK)
    ctx.ask_or_skip("Press Enter when the receiver has it, or Ctrl-C to finish later")
    return _finish(ctx, connection, room, secrets)


def _finish(ctx: Context, connection: Connection, room: Provider, secrets: Secrets) -> int:
    from syncdoctor.auth.rotation import prove

    waiting = secrets.waiting()
    if waiting is not None:
        prove(connection, ctx.config.app_of(connection), room, waiting)
    secrets.adopt()
    return _say(
        ctx, connection, "rotated", "The receiver accepted the new secret; the old is gone."
    )


def _say(ctx: Context, connection: Connection, result: str, words: str, **shown: str) -> int:
    """Tell how it went; a new secret is on stdout, this once."""
    from syncdoctor.cli.connection_settings import note_change, switch_on

    if result == "stored":
        switch_on(ctx, connection)  # a connection that was disconnected begins again
    if result in ("stored", "rotated"):
        note_change(ctx, connection, f"signing secret {result}")
    if ctx.json:
        ctx.print_document("rotation", target=connection.target, result=result, **shown)
    elif "secret" in shown:
        ctx.err().print("The new signing secret, shown this once:")
        ctx.out().print(shown["secret"], soft_wrap=True, highlight=False, markup=False)
    ctx.err().print(f"{connection.target}: {words}")
    if "next" in shown:
        ctx.err().print(f"Then: {shown['next']}")
    return int(ExitCode.OK)
