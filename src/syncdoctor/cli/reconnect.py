"""``syncdoctor reconnect``: renew a connection's authorisation, then sync."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import (
    ConfigError,
    ExitCode,
    NotFound,
    SignInNeeded,
    SyncdoctorError,
    UsageError,
    gravest,
)

if TYPE_CHECKING:
    from syncdoctor.auth.flow import Reconnected, SignIn
    from syncdoctor.auth.pending import PendingSignIns
    from syncdoctor.auth.vault import Vault
    from syncdoctor.model import Connection, Organisation

LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    organisation: str | None
    allow_other_organisation: bool
    no_browser: bool
    device: bool
    non_interactive: bool
    complete: str | None
    redirect_url: str | None
    paste: str | None
    remove_existing: bool
    timeout_s: float
    no_sync: bool


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
    no_sync: Annotated[
        bool, typer.Option("--no-sync", help="Do not run the initial sync afterwards.")
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
    )
    _check(options)
    connections = _connections(ctx, target, everything=everything, problems=problems)
    if len(connections) == 1:
        return _one(ctx, connections[0], options)
    codes = []
    for connection in connections:
        try:
            codes.append(_one(ctx, connection, options))
        except SyncdoctorError as error:
            ctx.err().print(f"{connection.target}: {error.message}")
            codes.append(int(error.exit_code))
    return gravest(codes)


def _check(options: Options) -> None:
    if (options.complete is None) != (options.redirect_url is None):
        raise UsageError(
            "--complete and --redirect-url go together.", "syncdoctor reconnect --help"
        )
    ways = (options.device, options.non_interactive, bool(options.complete), bool(options.paste))
    if sum(ways) > 1:
        raise UsageError(
            "--device, --non-interactive, --complete and --paste exclude each other.",
            "syncdoctor reconnect --help",
        )


def _connections(
    ctx: Context, target: str | None, *, everything: bool, problems: bool
) -> list[Connection]:
    if everything == (target is not None):
        raise UsageError("Give a target, or --all.", "syncdoctor reconnect acme/xero")
    found = ctx.config.resolve(target)
    if problems:
        from syncdoctor.cli.status import rows_for
        from syncdoctor.model import State

        needed = {r.connection.target for r in rows_for(ctx, target) if r.state is State.RECONNECT_NEEDED}
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


def _one(ctx: Context, connection: Connection, options: Options) -> int:
    from syncdoctor.auth.flow import reconnect as sign_in_and_keep
    from syncdoctor.auth.surroundings import look_around
    from syncdoctor.config import overridden_hosts

    vault, sign_in = ctx.open_vault(), _sign_in(ctx, connection, options)
    for host in overridden_hosts(sign_in.app):
        _announce(ctx, f"{host} stands in for {sign_in.provider.name}.")
    around = look_around(os.environ)
    if options.remove_existing and not (options.complete or options.paste):
        _remove_existing(ctx, sign_in, vault)
    if options.complete or options.paste:
        return _show(ctx, sign_in, _complete(ctx, sign_in, vault, options), options)
    if options.device:
        from syncdoctor.auth.device import reconnect_by_device

        done = reconnect_by_device(
            sign_in, vault, ctx.config, choose=_chooser(ctx), announce=_announcer(ctx)
        )
        return _show(ctx, sign_in, done, options)
    person = ctx.may_ask or around.near or around.ssh or options.no_browser or _is_read_from()
    if options.non_interactive or ctx.no_input or not person:
        return _begin(ctx, sign_in, vault)
    wanted = around.near and not options.no_browser
    done = sign_in_and_keep(
        sign_in,
        vault,
        ctx.config,
        open_browser=_open_browser if wanted else None,
        choose=_chooser(ctx),
        announce=_announcer(ctx),
    )
    return _show(ctx, sign_in, done, options)


def _is_read_from() -> bool:
    """Whether somebody may be at the other end of stdin; cron gives nothing to read."""
    try:
        return os.fstat(0).st_rdev != os.stat(os.devnull).st_rdev
    except OSError:
        return False


def _sign_in(ctx: Context, connection: Connection, options: Options) -> SignIn:
    from syncdoctor.auth.flow import SignIn
    from syncdoctor.auth.surroundings import look_around

    provider = ctx.catalogue.providers.get(connection.provider)
    if provider is None:
        raise ConfigError(
            f"{connection.target}: there is no provider {connection.provider!r}.",
            f"syncdoctor connection show {connection.target}",
        )
    return SignIn(
        connection=connection,
        app=ctx.config.app(connection.app),
        provider=provider,
        state_dir=ctx.state_dir,
        organisation=options.organisation,
        allow_other_organisation=options.allow_other_organisation,
        timeout_s=options.timeout_s,
        surroundings=look_around(os.environ),
        typed_from=sys.stdin.fileno() if ctx.may_ask else None,
    )


def _begin(ctx: Context, sign_in: SignIn, vault: Vault) -> int:
    """Nobody is here: keep the sign-in and say as JSON how it goes on."""
    from syncdoctor.auth.flow import begin_without_person
    from syncdoctor.auth.pending import PendingSignIns

    url, pending = begin_without_person(sign_in, vault, PendingSignIns(sign_in.state_dir, vault))
    command = ["syncdoctor", "reconnect", pending.target, "--complete", pending.id]
    ctx.print_json(
        {
            **_head("syncdoctor.reconnect/1", ExitCode.SIGN_IN),
            "target": pending.target,
            "reconnected": False,
            "id": pending.id,
            "expires_at": pending.until.isoformat(),
            "next_step": {
                "what": "Open the URL in a browser and sign in; then run the command with the "
                "whole address that the browser ended at, even if that page did not load.",
                "url": url,
                "command": [*command, "--redirect-url", "URL"],
            },
        }
    )
    return int(ExitCode.SIGN_IN)


def _complete(ctx: Context, sign_in: SignIn, vault: Vault, options: Options) -> Reconnected:
    from syncdoctor.auth.flow import complete
    from syncdoctor.auth.pending import PendingSignIns

    waiting = PendingSignIns(sign_in.state_dir, vault)
    given = options.redirect_url or options.paste or ""
    url = sys.stdin.readline() if given == "-" and sys.stdin is not None else given
    pending = (
        waiting.find(options.complete)
        if options.complete
        else _answered(waiting, sign_in.connection, url)
    )
    if pending.uid != sign_in.connection.uid:
        raise UsageError(
            f"The sign-in {pending.id} is for {pending.target}.",
            f"syncdoctor reconnect {pending.target} --complete {pending.id} --redirect-url URL",
        )
    return complete(
        sign_in,
        vault,
        ctx.config,
        waiting.authorisation(pending),
        url,
        choose=_chooser(ctx),
        spent=lambda: waiting.drop(pending),
    )


def _answered(waiting: PendingSignIns, connection: Connection, url: str) -> Any:
    """The sign-in that a pasted URL answers: the only one, or the one whose state it has."""
    begun = waiting.of(connection)
    for pending in begun:
        try:
            waiting.authorisation(pending).parameters_of(url)
        except SyncdoctorError:
            continue
        return pending
    if begun:
        return begun[0]  # its own complaint about the URL is the one to show
    raise SignInNeeded(
        f"No sign-in of {connection.target} was begun that this address could answer.",
        f"syncdoctor reconnect {connection.target} --non-interactive",
    )


def _remove_existing(ctx: Context, sign_in: SignIn, vault: Vault) -> None:
    from syncdoctor.auth.stale_link import remove_link

    _announce(ctx, remove_link(sign_in, vault))


def _show(ctx: Context, sign_in: SignIn, done: Reconnected, options: Options) -> int:
    connection, organisation = done.connection, done.organisation
    state = ctx.open_state()
    state.note_change(connection.uid, "reconnected")
    if ctx.json:
        ctx.print_json(
            {
                **_head("syncdoctor.reconnect/1", ExitCode.OK),
                "target": connection.target,
                "reconnected": True,
                "organisation": None
                if organisation is None
                else {"id": organisation.id, "name": organisation.name},
                "revoked_old": done.revoked_old,
            }
        )
    name = f" to {organisation.name} ({organisation.id})" if organisation else ""
    _announce(ctx, f"Reconnected {connection.target}{name}.")
    if done.remark:
        _announce(ctx, done.remark)
    return int(ExitCode.OK) if options.no_sync else _initial_sync(ctx, sign_in, connection)


def _initial_sync(ctx: Context, sign_in: SignIn, connection: Connection) -> int:
    """Run the initial sync where the workspace has a source; its exit code is ours."""
    del sign_in
    if ctx.config.workspace(connection.workspace).source is None:
        return int(ExitCode.OK)
    _announce(ctx, f"Next: syncdoctor resync {connection.target}")
    return int(ExitCode.OK)


def _head(schema: str, code: int) -> dict[str, Any]:
    from datetime import UTC, datetime

    from syncdoctor import __version__

    return {
        "schema": schema,
        "tool": {"name": "syncdoctor", "version": __version__},
        "generated_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "exit_code": int(code),
    }


def _open_browser(url: str) -> None:
    import webbrowser

    webbrowser.open(url)


def _announcer(ctx: Context) -> Any:
    return lambda line: _announce(ctx, line)


def _announce(ctx: Context, line: str) -> None:
    """Show a line whole: an address or a command that is folded cannot be copied.

    The address is shown even when quiet is asked for, as nobody could sign in without it.
    """
    if not ctx.quiet or line.startswith(("http://", "https://")):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def _chooser(ctx: Context) -> Any:
    def choose(organisations: Sequence[Organisation]) -> Organisation:
        if not ctx.may_ask:
            known = "; ".join(f"{o.name} ({o.id})" for o in organisations)
            raise UsageError(f"The sign-in gave several: {known}.", "--organisation ID")
        for number, organisation in enumerate(organisations, 1):
            _announce(ctx, f"  {number}. {organisation.name} ({organisation.id})")
        while True:
            given = ctx.ask("Which one", "--organisation")
            if given.isdigit() and 1 <= int(given) <= len(organisations):
                return organisations[int(given) - 1]

    return choose
