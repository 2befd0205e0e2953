"""``syncdoctor resync``: push recent records again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.cli.resync_job import (
    Options,
    build_job,
    check_set_up,
    print_line,
    progress,
    stopping,
)
from syncdoctor.errors import ExitCode, NotFound, SetupNeeded, SyncdoctorError, UsageError

if TYPE_CHECKING:
    from syncdoctor.model import Connection
    from syncdoctor.resync.run import Job, Stop
    from syncdoctor.store.statedb import StateDB


def attach(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(resync)


@with_context
def resync(
    ctx: Context,
    target: Annotated[
        str | None, typer.Argument(metavar="TARGET", help="WORKSPACE or WORKSPACE/CONNECTION")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every connection; silent in cron when all is well.")
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option("--source", metavar="FILE", help="CSV or JSON lines; the workspace's own."),
    ] = None,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="7d, 24h, 2w or 2026-11-20.")
    ] = "7d",
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this kind; repeatable.")
    ] = None,
    record: Annotated[
        list[str] | None,
        typer.Option(
            "--record", metavar="NUMBER", help="Only this record, of any age; repeatable."
        ),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only what was refused or had no answer, of any age.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")
    ] = False,
    max_changes: Annotated[
        int | None, typer.Option("--max-changes", metavar="N", min=0, help="Refuse to send more.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish what an interrupted run was asked for.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", metavar="FILE", help="Where refused records go.")
    ] = None,
    automatic: Annotated[
        bool, typer.Option("--automatic", help="Started by a timer: honour auto-sync.")
    ] = False,
    export_csv: Annotated[
        Path | None,
        typer.Option("--export-csv", metavar="DIR", help="Write import files; send nothing."),
    ] = None,
    test_record: Annotated[
        bool, typer.Option("--test-record", help="Send one draft invoice, to try the connection.")
    ] = False,
    conflicts: Annotated[
        str | None,
        typer.Option(
            "--conflicts",
            metavar="skip|product|provider",
            help="Whose change stands where both sides were changed; the connection's setting.",
        ),
    ] = None,
) -> int:
    """Push recent records again; nothing is doubled and nothing is wiped."""
    options = Options(
        source, since, tuple(kind or ()), tuple(record or ()), failed, dry_run, max_changes,
        resume, rejects, automatic, export_csv, test_record, conflicts,
    )  # fmt: skip
    _check(options)
    if everything == (target is not None):
        raise UsageError("Give a target, or --all.", "syncdoctor resync acme/xero")
    connections = [connection for connection, _ in ctx.places(target)]
    if not connections:
        raise NotFound("There is no connection.", "syncdoctor connection add acme/xero")
    silent = ctx.quiet or (everything and not ctx.verbose and not _watched())
    with ctx.open_state() as db:
        only = not everything and len(connections) == 1
        command = _Command(ctx, db, options, silent=silent, everything=everything)
        return command.run(connections, only=only)


def run_initial(ctx: Context, connection: Connection) -> int:
    """The sync after a reconnect; 0 when the workspace has no source of records."""
    from syncdoctor.resync.initial import adapter_for, puller_for

    if adapter_for(connection) is None:
        return int(ExitCode.OK)
    try:
        puller = puller_for(connection)
        if ctx.config.workspace(connection.workspace).source is None and puller is None:
            return int(ExitCode.OK)
        check_set_up(connection, ctx.catalogue.providers[connection.provider])
    except (SetupNeeded, UsageError) as error:  # what it needs is chosen from what is seen now
        ctx.err().print(f"{error.message}\nNext: {error.hint}", soft_wrap=True)
        return int(ExitCode.OK)
    with ctx.open_state() as db:
        return _Command(ctx, db, Options(), silent=ctx.quiet).run([connection], only=True)


class _Command:
    def __init__(
        self, ctx: Context, db: StateDB, options: Options, *, silent: bool, everything: bool = False
    ) -> None:
        self._ctx = ctx
        self._everything = everything
        self._db = db
        self._options = options
        self._silent = silent
        self._only = False

    def run(self, connections: list[Connection], *, only: bool) -> int:
        from syncdoctor.resync.run import Stop

        self._only = only
        codes: list[int] = []
        with stopping(Stop()) as stop:
            for connection in connections:
                if stop.code is not None:
                    break
                reason = self._left_out(connection)
                if reason is not None:
                    self._pass_over(reason)
                elif (code := self._one(connection, stop)) is not None:
                    codes.append(code)
        if not codes and not (only or self._silent or self._ctx.verbose):
            self._ctx.err().print("No connection was synced; --verbose says why.")
        return stop.code or self._ctx.total(codes)

    def _pass_over(self, reason: SyncdoctorError) -> None:
        """Say why a connection is left out, where it was named or everything is to be told.

        Raises:
            SyncdoctorError: it was named, and to leave it out is a failure.
        """
        if self._only and reason.exit_code:
            raise reason
        if self._only:
            self._ctx.err().print(reason.message)
        elif self._ctx.verbose:
            self._ctx.err().print(f"Left out: {reason.message}")

    def _left_out(self, connection: Connection) -> SyncdoctorError | None:
        from syncdoctor.model import CredentialKind
        from syncdoctor.resync.initial import adapter_for

        target = connection.target
        if connection.credential is CredentialKind.FEED:
            return _read_only(self._ctx, connection)
        adapter = adapter_for(connection)
        if adapter is None:
            return UsageError(f"{target}: records cannot be pushed to {connection.provider}.")
        if (foreign := self._foreign(connection, adapter.kinds)) is not None:
            return foreign
        if not connection.enabled:
            return UsageError(f"{target} is disabled.", f"syncdoctor connection show {target}")
        if self._options.automatic and connection.settings.get("auto_sync") is False:
            return _AutoSyncOff(f"{target}: auto-sync is off.", f"syncdoctor resync {target}")
        return None

    def _foreign(self, connection: Connection, kinds: tuple[str, ...]) -> UsageError | None:
        """The refusal where nothing that is asked for is of a kind that the provider takes."""
        from syncdoctor.model import CredentialKind

        trial = self._options.test_record and connection.credential is not CredentialKind.SECRET
        wanted = ("invoice",) if trial else self._options.kinds
        if not wanted or set(wanted) & set(kinds):
            return None
        name = self._ctx.catalogue.providers[connection.provider].name
        what = "test record, which is an invoice" if trial else " or ".join(wanted)
        return UsageError(
            f"{connection.target}: {name} takes no {what}; it takes {', '.join(kinds)}.",
            f"syncdoctor resync {connection.target} --dry-run",
        )

    def _one(self, connection: Connection, stop: Stop) -> int | None:
        """Sync one connection; None where there is nothing to be done."""
        from syncdoctor.cli.cases import stand_in_hosts
        from syncdoctor.cli.deliveries import stop_deliveries, wants_no_more
        from syncdoctor.model import CredentialKind
        from syncdoctor.render import resync_view as view
        from syncdoctor.resync.dry import dry_run
        from syncdoctor.resync.report import RecordOutcome
        from syncdoctor.resync.run import resync as run

        ctx, hosts = self._ctx, stand_in_hosts(self._ctx.config.apps(), connection)
        try:
            if self._options.test_record and connection.credential is CredentialKind.SECRET:
                raise UsageError(  # the receiver could not tell a draft from any other event
                    f"{connection.target} sends events; there is a test event for it.",
                    f"syncdoctor diagnose {connection.target} --write-test",
                )
            with progress(ctx, connection.target) as tell:
                job = build_job(ctx, self._db, self._options, connection, stop, tell)
                if self._options.export_csv:
                    return self._export(job, self._options.export_csv)
                report = dry_run(job) if self._options.dry_run else run(job)
        except SyncdoctorError as error:
            return self._refused(connection, error.about(connection.target))
        if ctx.json:
            print_line(view.report_line(report, hosts, self._db.now()))
        elif report.exit_code or not self._silent:
            block = view.block(report, hosts, verbose=ctx.verbose)
            ctx.out().print(block, soft_wrap=True)
            if self._options.test_record and report.counts.get(RecordOutcome.CONFIRMED):
                ctx.out().print(view.trial_words(report), soft_wrap=True)
        if wants_no_more(connection, report):
            stop_deliveries(ctx, connection)
        return report.exit_code

    def _refused(self, connection: Connection, error: SyncdoctorError) -> int | None:
        """Say why a connection could not be synced; None where there was nothing to be done."""
        from syncdoctor.render import resync_view as view
        from syncdoctor.resync.earlier import NothingToResume, SourceUnknown

        unneeded = isinstance(error, SourceUnknown) and self._everything
        if unneeded or isinstance(error, NothingToResume):
            self._pass_over(error)
            return None
        if self._ctx.json:
            print_line(view.error_line(connection.target, error, self._db.now()))
        else:
            self._ctx.out().print(view.error_block(connection.target, error), soft_wrap=True)
        return int(error.exit_code)

    def _export(self, job: Job, directory: Path) -> int:
        from syncdoctor.render import resync_view as view
        from syncdoctor.resync.export import export

        exported = export(job, directory)
        code = int(ExitCode.PARTIAL if exported.refused or exported.left_out else ExitCode.OK)
        target = job.connection.target
        if self._ctx.json:
            print_line(view.export_line(target, exported, code, self._db.now()))
        elif code or not self._silent:
            self._ctx.out().print(view.export_block(target, exported), soft_wrap=True)
        return code


def _read_only(ctx: Context, connection: Connection) -> UsageError:
    """Why nothing is sent to a feed, and what sending takes."""
    from syncdoctor.engine.guide import load_guide

    name = ctx.config.workspace(connection.workspace).guide
    guide = load_guide(name, ctx.config_dir / "guides", ctx.cache_dir)
    plans = " or ".join(guide.plans.get(connection.provider, ()))
    ways = f" To sync both ways takes the plan {plans} and a sign-in:" if plans else ""
    return UsageError(
        f"{connection.target}: a feed is read only, not a push target.{ways}",
        f"syncdoctor connection add {connection.workspace}/NAME --provider {connection.provider}"
        if plans
        else f"syncdoctor diagnose {connection.target}",
    )


class _AutoSyncOff(UsageError):
    """Not a failure: the connection asks not to be synced by a timer."""

    exit_code = ExitCode.OK


def _check(options: Options) -> None:
    from syncdoctor.engine.record import KINDS

    for kind in options.kinds:
        if kind not in KINDS:
            raise UsageError(f"There is no kind {kind!r}.", f"One of {', '.join(KINDS)}.")
    if options.records and options.failed:
        raise UsageError("--record and --failed exclude each other.", "syncdoctor resync --help")
    if options.test_record and (options.source or options.records or options.export_csv):
        raise UsageError(
            "--test-record goes with no choice of records.", "syncdoctor resync --help"
        )
    if options.dry_run and (options.resume or options.rejects):
        raise UsageError(
            "--dry-run goes with neither --resume nor --rejects.", "syncdoctor resync --help"
        )


def _watched() -> bool:
    return any(stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr))
