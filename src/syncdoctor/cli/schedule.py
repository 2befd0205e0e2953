"""``syncdoctor schedule``: the nightly resync as a cron line or a systemd timer."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from syncdoctor.cli.timetable import Timetable

BOOTED = Path("/run/systemd/system")  # sd_booted(3)


def attach(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(schedule)


@with_context
def schedule(
    ctx: Context,
    at: Annotated[
        str, typer.Option("--at", metavar="HH:MM", help="Time of day, in this machine's zone.")
    ] = "02:30",
    cron: Annotated[bool, typer.Option("--cron", help="A crontab.")] = False,
    systemd: Annotated[bool, typer.Option("--systemd", help="A systemd user timer.")] = False,
    keep_alive: Annotated[
        bool,
        typer.Option(
            "--keep-alive/--no-keep-alive", help="Also use the grants that would lapse unused."
        ),
    ] = True,
    show: Annotated[bool, typer.Option("--print", help="Print it; the default.")] = False,
    install: Annotated[bool, typer.Option("--install", help="Put it in place.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take it away again.")] = False,
) -> int:
    """Print, install or remove the cron line or systemd timer of a nightly resync."""
    from syncdoctor.cli.timetable import timetable

    if cron and systemd:
        raise UsageError("--cron and --systemd exclude each other.", "syncdoctor schedule --help")
    if show + install + remove > 1:
        raise UsageError(
            "--print, --install and --remove exclude each other.", "syncdoctor schedule --help"
        )
    if sys.platform == "win32":
        raise UsageError(
            "This machine has neither cron nor systemd.",
            "In the Task Scheduler, run each night: syncdoctor resync --all --automatic",
        )
    table = timetable(ctx, at, keep_alive=keep_alive)
    with_systemd = systemd or (not cron and BOOTED.is_dir())
    if not (install or remove):
        _print(ctx, table, with_systemd=with_systemd)
    else:
        changed = _change(table, with_systemd=with_systemd, install=install)
        _say(ctx, table, with_systemd=with_systemd, install=install, changed=changed)
    if not remove:
        _warn(with_systemd=with_systemd)
    return int(ExitCode.OK)


def _change(table: Timetable, *, with_systemd: bool, install: bool) -> bool:
    from syncdoctor.cli import crontab, systemd_units

    if with_systemd:
        return systemd_units.install(table) if install else systemd_units.remove(table)
    return crontab.install(table) if install else crontab.remove(table)


def _files(table: Timetable, *, with_systemd: bool) -> dict[str, str]:
    from syncdoctor.cli import crontab, systemd_units

    if not with_systemd:
        return {"crontab": crontab.block(table)}
    where = systemd_units.directory()
    return {str(where / name): text for name, text in systemd_units.units(table).items()}


def _print(ctx: Context, table: Timetable, *, with_systemd: bool) -> None:
    files = _files(table, with_systemd=with_systemd)
    if ctx.json:
        _document(ctx, table, with_systemd=with_systemd, installed=None)
        return
    for name, text in files.items():
        sys.stdout.write(f"# {name}\n{text}\n" if with_systemd else text)
    if not ctx.quiet:
        kind = "--systemd" if with_systemd else "--cron"
        sys.stderr.write(f"To put it in place: syncdoctor schedule {kind} --install\n")


def _say(
    ctx: Context, table: Timetable, *, with_systemd: bool, install: bool, changed: bool
) -> None:
    where = "systemd's timers" if with_systemd else "the crontab"
    if ctx.json:
        _document(ctx, table, with_systemd=with_systemd, installed=install)
    words = {
        (True, True): f"It is in {where} now.",
        (True, False): f"It is in {where} already; nothing was changed.",
        (False, True): f"It is no longer in {where}.",
        (False, False): f"It is not in {where}; nothing was changed.",
    }
    if not ctx.quiet:
        sys.stderr.write(words[install, changed] + "\n")


def _document(
    ctx: Context, table: Timetable, *, with_systemd: bool, installed: bool | None
) -> None:
    jobs = [
        {
            "name": job.name,
            "at": f"{job.hour:02}:{job.minute:02}",
            "command": ["syncdoctor", *job.arguments],
        }
        for job in table.jobs
    ]
    ctx.print_document(
        "schedule",
        kind="systemd" if with_systemd else "cron",
        installed=installed,
        jobs=jobs,
        files=_files(table, with_systemd=with_systemd),
    )


def _warn(*, with_systemd: bool) -> None:
    """Say what would keep a timer from opening the token store."""
    if os.environ.get("SYNCDOCTOR_STORE", "keyring") in ("", "keyring"):
        sys.stderr.write(
            "Note: the OS keyring is seldom open at night. "
            "syncdoctor store move --to file, then see docs/headless.md.\n"
        )
    elif not os.environ.get("SYNCDOCTOR_PASSPHRASE_FILE"):
        sys.stderr.write(
            "Note: a timer needs the passphrase in a file: set SYNCDOCTOR_PASSPHRASE_FILE.\n"
        )
    if with_systemd:
        sys.stderr.write("Note: so that it runs while you are logged out: loginctl enable-linger\n")
