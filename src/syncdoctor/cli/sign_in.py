"""One connection's sign-in on the command line: which way it goes, and what is shown of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncdoctor.errors import ConfigError, ExitCode, SignInNeeded, SyncdoctorError, UsageError

if TYPE_CHECKING:
    from syncdoctor.auth.flow import Reconnected, SignIn
    from syncdoctor.auth.organisations import Choose
    from syncdoctor.auth.pending import Pending, PendingSignIns
    from syncdoctor.auth.vault import Vault
    from syncdoctor.cli.common import Context
    from syncdoctor.model import Connection, Organisation


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
    token_file: str | None = None


def sign_in(ctx: Context, connection: Connection, options: Options) -> int:
    """Renew one connection's authorisation in the way that options and surroundings ask for.

    Raises:
        SyncdoctorError: nothing has changed.
    """
    from syncdoctor.cli.paste import by_paste, is_pasted
    from syncdoctor.config import stand_in_hosts

    vault, asked = ctx.open_vault(), _asked(ctx, connection, options)
    for host in stand_in_hosts(asked.app, connection):
        _announce(ctx, f"{host} stands in for {asked.provider.name}.")
    if is_pasted(connection, options):
        done = by_paste(ctx, asked, vault, options.token_file, chooser(ctx))
        return _show(ctx, done, options)
    if options.complete or options.paste:
        return _show(ctx, _complete(ctx, asked, vault, options), options)
    if options.remove_existing:
        from syncdoctor.auth.stale_link import remove_link

        _announce(ctx, remove_link(asked, vault))
    if options.device:
        from syncdoctor.auth.device import reconnect_by_device

        choose, announce = chooser(ctx), _announcer(ctx)
        done = reconnect_by_device(asked, vault, ctx.config, choose=choose, announce=announce)
        return _show(ctx, done, options)
    if options.non_interactive or not _somebody_is_here(ctx, asked, options):
        return _begin(asked, vault, options)
    return _show(ctx, _by_browser(ctx, asked, vault, options), options)


def _by_browser(ctx: Context, asked: SignIn, vault: Vault, options: Options) -> Reconnected:
    from syncdoctor.auth.flow import reconnect

    wanted = asked.surroundings.near and not options.no_browser
    return reconnect(
        asked,
        vault,
        ctx.config,
        open_browser=_open_browser if wanted else None,
        choose=chooser(ctx),
        announce=_announcer(ctx),
    )


def _somebody_is_here(ctx: Context, asked: SignIn, options: Options) -> bool:
    """Whether waiting makes sense: cron has no terminal, no browser, and nothing on stdin."""
    around = asked.surroundings
    if ctx.no_input or os.environ.get("SYNCDOCTOR_NO_INPUT"):
        return around.near
    return around.near or around.ssh or options.no_browser or ctx.may_ask or _is_read_from()


def _is_read_from() -> bool:
    """Whether somebody may be at the other end of stdin; cron gives nothing to read."""
    try:
        return os.fstat(0).st_rdev != Path(os.devnull).stat().st_rdev
    except OSError:
        return False


def _asked(ctx: Context, connection: Connection, options: Options) -> SignIn:
    from syncdoctor.auth.credential import renewing_hint
    from syncdoctor.auth.flow import SignIn
    from syncdoctor.auth.surroundings import look_around
    from syncdoctor.engine.environment import in_environment

    provider = ctx.catalogue.providers.get(connection.provider)
    if provider is None:
        raise ConfigError(
            f"{connection.target}: there is no provider {connection.provider!r}.",
            f"syncdoctor connection show {connection.target}",
        )
    if "reconnect" not in provider.actions:
        raise UsageError(
            f"{provider.name} connections have no reconnect; "
            f"they have: {', '.join(provider.actions)}.",
            renewing_hint(connection),
        )
    app = ctx.config.app_of(connection)
    return SignIn(
        connection=connection,
        app=app,
        provider=in_environment(provider, app, connection),
        state_dir=ctx.state_dir,
        organisation=options.organisation,
        allow_other_organisation=options.allow_other_organisation,
        timeout_s=options.timeout_s,
        surroundings=look_around(os.environ),
        typed_from=sys.stdin.fileno() if ctx.may_ask else None,
    )


def _begin(asked: SignIn, vault: Vault, options: Options) -> int:
    """Nobody is here: keep the sign-in and say as JSON how it goes on, with the same choices."""
    from datetime import UTC, datetime

    from syncdoctor.auth.flow import begin_without_person
    from syncdoctor.auth.pending import PendingSignIns
    from syncdoctor.cli.resync_job import print_line
    from syncdoctor.render.json_v1 import header

    url, pending = begin_without_person(asked, vault, PendingSignIns(asked.state_dir, vault))
    command = ["syncdoctor", "reconnect", pending.target, "--complete", pending.id]
    print_line(
        {
            **header("syncdoctor.reconnect/1", ExitCode.SIGN_IN, datetime.now(UTC)),
            "target": pending.target,
            "reconnected": False,
            "id": pending.id,
            "expires_at": pending.until.isoformat(),
            "next_step": {
                "what": "Open the URL in a browser and sign in; then run the command with the "
                "whole address that the browser ended at, even if that page did not load.",
                "url": url,
                "command": [*command, *_choices(options), "--redirect-url", "URL"],
            },
        }
    )
    return int(ExitCode.SIGN_IN)


def _choices(options: Options) -> list[str]:
    """What was chosen when a sign-in began, for the command that ends it."""
    chosen = ["--organisation", options.organisation] if options.organisation else []
    if options.allow_other_organisation:
        chosen.append("--allow-other-organisation")
    return [*chosen, "--no-sync"] if options.no_sync else chosen


def _complete(ctx: Context, asked: SignIn, vault: Vault, options: Options) -> Reconnected:
    from syncdoctor.auth.flow import complete
    from syncdoctor.auth.pending import PendingSignIns

    waiting = PendingSignIns(asked.state_dir, vault)
    given = options.redirect_url or options.paste or ""
    url = sys.stdin.readline() if given == "-" and sys.stdin is not None else given
    pending = (
        waiting.find(options.complete)
        if options.complete
        else _answered(waiting, asked.connection, url)
    )
    if pending.uid != asked.connection.uid:
        raise UsageError(
            f"The sign-in {pending.id} is for {pending.target}.",
            f"syncdoctor reconnect {pending.target} --complete {pending.id} --redirect-url URL",
        )
    return complete(
        asked,
        vault,
        ctx.config,
        waiting.authorisation(pending),
        url,
        choose=chooser(ctx),
        spent=lambda: waiting.drop(pending),
    )


def _answered(waiting: PendingSignIns, connection: Connection, url: str) -> Pending:
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


def _show(ctx: Context, done: Reconnected, options: Options) -> int:
    from datetime import UTC, datetime

    from syncdoctor.cli.resync_job import print_line
    from syncdoctor.render.json_v1 import header

    connection, organisation = done.connection, done.organisation
    _note(ctx, connection)
    if ctx.json:
        print_line(
            {
                **header("syncdoctor.reconnect/1", ExitCode.OK, datetime.now(UTC)),
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
    return int(ExitCode.OK) if options.no_sync else _initial_sync(ctx, connection)


def _note(ctx: Context, connection: Connection) -> None:
    """Tell the history; that somebody must sign in, or that it is off, is known no longer."""
    from syncdoctor.model import State

    with ctx.open_state() as state:
        state.note_change(connection.uid, "reconnected")
        known = state.evidence(connection.uid)
        if known is not None and known.state in (State.RECONNECT_NEEDED, State.INACTIVE):
            state.save_evidence(
                connection.uid, connection.target, State.UNKNOWN, source="reconnect"
            )


def _initial_sync(ctx: Context, connection: Connection) -> int:
    """Run the initial sync and show it; its exit code is ours."""
    from syncdoctor.cli.resync import run_initial

    return run_initial(ctx, connection)


def _open_browser(url: str) -> None:
    import webbrowser

    webbrowser.open(url)


def _announcer(ctx: Context) -> Callable[[str], None]:
    return lambda line: _announce(ctx, line)


def _announce(ctx: Context, line: str) -> None:
    """Show a line whole: an address or a command that is folded cannot be copied.

    The address is shown even when quiet is asked for, as nobody could sign in without it.
    """
    if not ctx.quiet or line.startswith(("http://", "https://")):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def chooser(ctx: Context) -> Choose:
    """What asks on the terminal for one of several organisations."""

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
