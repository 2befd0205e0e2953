"""``syncdoctor reconnect``: renew a connection's authorisation, then sync."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.cli.keep_alive import complain
from syncdoctor.cli.keep_alive import keep_alive as use_grants
from syncdoctor.cli.recording import recorded
from syncdoctor.cli.sign_in import Options, sign_in
from syncdoctor.errors import NotFound, SyncdoctorError, UsageError

if TYPE_CHECKING:
    from syncdoctor.model import Connection

LONGEST_S = 3600.0


def attach(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reconnect)


@with_context
def reconnect(
    ctx: Context,
    target: Annotated[
        str | None, typer.Argument(metavar="TARGET", help="WORKSPACE/CONNECTION, e.g. acme/xero")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every connection; with --problems those that need it.")
    ] = False,
    problems: Annotated[
        bool, typer.Option("--problems", help="Only connections that need a person to sign in.")
    ] = False,
    organisation: Annotated[
        str | None,
        typer.Option("--organisation", metavar="ID|NAME", help="Take this organisation."),
    ] = None,
    allow_other_organisation: Annotated[
        bool,
        typer.Option("--allow-other-organisation", help="Take another organisation than before."),
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open a browser; print the address.")
    ] = False,
    device: Annotated[
        bool, typer.Option("--device", help="Type a code on another device, where there is such.")
    ] = False,
    non_interactive: Annotated[
        bool,
        typer.Option("--non-interactive", help="Print the next step as JSON and exit with 4."),
    ] = False,
    complete: Annotated[
        str | None,
        typer.Option("--complete", metavar="ID", help="Finish a sign-in that was begun."),
    ] = None,
    redirect_url: Annotated[
        str | None,
        typer.Option(
            "--redirect-url", metavar="URL", help="Where the browser ended; - reads it from stdin."
        ),
    ] = None,
    paste: Annotated[
        str | None,
        typer.Option(
            "--paste", metavar="URL", help="The same without an id; - reads it from stdin."
        ),
    ] = None,
    remove_existing: Annotated[
        bool,
        typer.Option("--remove-existing", help="First drop the stale link at the provider."),
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="How long to wait.", min=1)
    ] = 300.0,
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="The new access token, where one is pasted; -: stdin.",
        ),
    ] = None,
    no_sync: Annotated[
        bool, typer.Option("--no-sync", help="Do not run the initial sync afterwards.")
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record", metavar="FILE", help="Keep the session as .svg or .html, for support."
        ),
    ] = None,
    keep_alive: Annotated[
        bool,
        typer.Option("--keep-alive", help="Ask nobody: use the grants that would lapse unused."),
    ] = False,
) -> int:
    """Renew the authorisation, check that the same organisation came back, then sync."""
    options = Options(
        organisation,
        allow_other_organisation,
        no_browser,
        device,
        non_interactive,
        complete,
        redirect_url,
        paste,
        remove_existing,
        min(timeout, LONGEST_S),
        no_sync,
        token_file,
    )
    _check(options, keep_alive=keep_alive)
    connections = _connections(
        ctx, target, everything=everything or (keep_alive and target is None), problems=problems
    )
    if keep_alive:
        return use_grants(ctx, connections)
    with recorded(record, f"syncdoctor reconnect {target or '--all'}"):
        return _sign_in_each(ctx, connections, options)


def _sign_in_each(ctx: Context, connections: list[Connection], options: Options) -> int:
    """Sign in to one after the other; among several a failure takes no other one down."""
    if len(connections) == 1:
        return sign_in(ctx, connections[0], options)
    codes = []
    for connection in connections:
        try:
            codes.append(sign_in(ctx, connection, options))
        except SyncdoctorError as error:
            complain(connection, error)
            codes.append(int(error.exit_code))
    return ctx.total(codes)


def _check(options: Options, *, keep_alive: bool) -> None:
    if (options.complete is None) != (options.redirect_url is None):
        raise UsageError(
            "--complete and --redirect-url go together.", "syncdoctor reconnect --help"
        )
    ways = {
        "--device": options.device,
        "--non-interactive": options.non_interactive,
        "--complete": options.complete,
        "--paste": options.paste,
        "--keep-alive": keep_alive,
    }
    given = [name for name, value in ways.items() if value]
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(given)} exclude each other.", "syncdoctor reconnect --help"
        )


def _connections(
    ctx: Context, target: str | None, *, everything: bool, problems: bool
) -> list[Connection]:
    if everything == (target is not None):
        raise UsageError("Give a target, or --all.", "syncdoctor reconnect acme/xero")
    found = [connection for connection, _ in ctx.places(target)]
    if problems:
        from syncdoctor.cli.status import rows_for
        from syncdoctor.model import State

        needed = {
            r.connection.target for r in rows_for(ctx, target) if r.state is State.RECONNECT_NEEDED
        }
        found = [c for c in found if c.target in needed]
        if not found:
            ctx.err().print("No connection needs anybody to sign in.")
    elif not found:
        raise NotFound("There is no connection.", "syncdoctor connection add acme/xero")
    elif len(found) > 1 and not everything:
        names = ", ".join(c.target for c in found)
        raise UsageError(
            f"{target} has several connections: {names}.", f"syncdoctor reconnect {found[0].target}"
        )
    return found
