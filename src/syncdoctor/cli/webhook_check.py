"""``syncdoctor connection check-webhook``: why a receiver refuses the signature of a webhook."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import ExitCode, UsageError

SECRET_FLAG = "--secret-file"  # noqa: S105 - the name of an option


@with_context
def check_webhook(
    ctx: Context,
    target: Annotated[str, typer.Argument(metavar="WORKSPACE/CONNECTION")],
    body: Annotated[
        Path, typer.Option("--body", metavar="FILE", help="The raw body, byte for byte.")
    ],
    signature: Annotated[
        str, typer.Option("--signature", metavar="TEXT", help="As the header had it.")
    ],
    secret_file: Annotated[
        str | None,
        typer.Option(SECRET_FLAG, metavar="FILE", help="The endpoint's secret; - is stdin."),
    ] = None,
) -> int:
    """Compare a webhook that was received with its signature; nothing is kept or sent."""
    from syncdoctor.cli.secret_input import read_secret
    from syncdoctor.model import Cause

    connection = ctx.config.connection(target)
    room = ctx.catalogue.providers[connection.provider]
    webhooks = _signing(room.id)
    if webhooks is None:
        raise UsageError(
            f"{room.name} sends no webhooks whose signature is known here.",
            "syncdoctor explain FILE, with what the receiver answered",
        )
    try:
        raw = body.expanduser().read_bytes()
    except OSError as error:
        raise UsageError(f"--body {body}: cannot be read: {error.strerror}.") from None
    secret = read_secret(ctx, secret_file, "endpoint's secret", SECRET_FLAG)
    why: str | None = webhooks.why_not(raw, secret, signature)
    if ctx.json:
        cause = str(Cause.SIGNATURE_INVALID) if why else None
        code = ExitCode.PROBLEM if why else ExitCode.OK
        ctx.print_document("webhook-check", code, matches=not why, cause=cause, meaning=why)
    elif why or not ctx.quiet:
        said = f"✖ {webhooks.HEADER} does not match. {why}" if why else "● The signature matches."
        ctx.out().print(said, style="bad" if why else "ok", highlight=False)
    return int(ExitCode.PROBLEM if why else ExitCode.OK)


def _signing(provider: str) -> Any:
    """A provider's module ``webhooks``; None where it signs none."""
    name = f"syncdoctor.providers.{provider.replace('-', '_')}.webhooks"
    module = import_module(name) if find_spec(name) else None
    return module if hasattr(module, "why_not") else None
