"""From the command line of ``resync`` to a job: options, progress and signals."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from syncdoctor.errors import ExitCode, SetupNeeded, UsageError

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context
    from syncdoctor.engine.provider import Provider
    from syncdoctor.model import Connection
    from syncdoctor.resync.pull import TwoWay
    from syncdoctor.resync.report import RecordEvent
    from syncdoctor.resync.run import Job, Stop
    from syncdoctor.store.statedb import StateDB


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    source: Path | None = None
    since: str = "7d"
    kinds: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    failed: bool = False
    dry_run: bool = False
    max_changes: int | None = None
    resume: bool = False
    rejects: Path | None = None
    automatic: bool = False
    export_csv: Path | None = None
    test_record: bool = False
    conflicts: str | None = None


def build_job(
    ctx: Context,
    db: StateDB,
    options: Options,
    connection: Connection,
    stop: Stop,
    tell: Callable[[RecordEvent], None],
) -> Job:
    """All that one sync needs.

    Raises:
        SetupNeeded: a required setting was never chosen.
        UsageError: what is asked for cannot be done.
    """
    from syncdoctor.engine.guide import load_guide
    from syncdoctor.engine.judge import judge
    from syncdoctor.model import Trigger
    from syncdoctor.resync.initial import adapter_for
    from syncdoctor.resync.plan import Selection
    from syncdoctor.resync.run import Job
    from syncdoctor.resync.since import parse_since
    from syncdoctor.wire.address import addressed

    workspace = ctx.config.workspace(connection.workspace)
    path = options.source or workspace.source
    if options.test_record:
        from syncdoctor.resync.trial import open_to_trial, trial_source

        path = trial_source(ctx.state_dir, connection, db.now())
        connection = open_to_trial(connection)
    catalogue, app = ctx.catalogue, ctx.config.app_of(connection)
    provider = catalogue.providers[connection.provider]
    if not options.export_csv:
        check_set_up(connection, provider)
    adapter = adapter_for(connection)
    if adapter is None:
        raise UsageError(f"{connection.target}: records cannot be pushed to {provider.name}.")
    two_way = None if options.export_csv else _two_way(ctx, options, connection, workspace.source)
    addressed(provider, connection)  # an address that cannot be used stops it before it begins
    guide = load_guide(workspace.guide, ctx.config_dir / "guides", ctx.cache_dir)
    vault = ctx.open_vault()

    def open_client() -> Any:
        from syncdoctor.session import client_for

        return client_for(
            connection, app, provider, vault, ctx.state_dir, writable=not options.dry_run
        )

    kind = options.kinds[0] if len(options.kinds) == 1 else None
    return Job(
        connection=connection,
        provider=provider,
        adapter=adapter,
        db=db,
        state_dir=ctx.state_dir,
        source=path,
        kind=kind,
        selection=Selection(
            since=parse_since(options.since, db.now()),
            kinds=frozenset(options.kinds),
            records=frozenset(options.records),
            failed=options.failed,
            max_changes=options.max_changes,
            channels=workspace.channels,
        ),
        open_client=open_client,
        judge=lambda exchange: judge(catalogue, guide, exchange, connection=connection),
        trigger=Trigger.AUTOMATIC if options.automatic else Trigger.MANUAL,
        rejects=options.rejects,
        resume=options.resume,
        source_given=options.source is not None or options.test_record,
        two_way=two_way,
        stop=stop,
        on_event=tell,
    )


def check_set_up(connection: Connection, provider: Provider) -> None:
    """Refuse to send anything over a connection that is not set up.

    Raises:
        SetupNeeded: a required setting was never chosen; the hint is the command that chooses it.
    """
    from syncdoctor.model import State
    from syncdoctor.next_step import next_command

    chosen = {"organisation": connection.organisation, **connection.settings}
    missing = [name for name in provider.required_of(connection) if chosen.get(name) is None]
    if missing:
        words = " and no ".join(name.replace("_", " ") for name in missing)
        command = shlex.join(next_command(connection, State.SETUP_NEEDED, provider))
        if provider.address_setting in missing:
            command += f" --setting {provider.address_setting}=https://…"
        raise SetupNeeded(f"{connection.target}: no {words} is chosen; nothing was sent.", command)


def _two_way(
    ctx: Context, options: Options, connection: Connection, source: Path | None
) -> TwoWay | None:
    """How a connection is pulled, and into which file; None where there is nothing to pull."""
    from syncdoctor.resync.conflicts import rule_of
    from syncdoctor.resync.initial import puller_for
    from syncdoctor.resync.pull import TwoWay

    mend = f"syncdoctor connection pick {connection.target} --setting conflicts=skip"
    hint = "--conflicts skip" if options.conflicts else mend
    rule, puller = rule_of(options.conflicts, connection.settings, hint), puller_for(connection)
    if puller is None:
        return None
    name = f"{connection.workspace}-{connection.name}.pulled.jsonl"
    file = ctx.state_dir / "pulled" / name
    if source is not None:
        file = source.with_name(f"{source.stem}.{connection.name}.pulled.jsonl")
    if chosen := connection.settings.get("pull_to"):
        file = ctx.config_dir / "workspaces" / Path(str(chosen)).expanduser()
    if file in (source, options.source):
        raise UsageError(
            f"{file} is the source itself; pulled records need another file.",
            f"syncdoctor connection pick {connection.target} --setting pull_to=FILE",
        )
    return TwoWay(puller, file, rule, named=options.conflicts is not None)


def print_line(document: dict[str, Any]) -> None:
    """Print one JSON line on stdout."""
    import orjson

    sys.stdout.write(orjson.dumps(document).decode() + "\n")
    sys.stdout.flush()


@contextmanager
def progress(ctx: Context, target: str) -> Iterator[Callable[[RecordEvent], None]]:
    """Tell of each record: as a JSON line, or by a count on a terminal."""
    from syncdoctor.render.resync_view import record_line

    if ctx.json:
        yield lambda event: print_line(record_line(target, event))
        return
    if ctx.quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    done = 0
    with ctx.err().status(f"{target}: reading…") as status:

        def count(_: RecordEvent) -> None:
            nonlocal done
            done += 1
            status.update(f"{target}: {done} records done")

        yield count


@contextmanager
def stopping(stop: Stop) -> Iterator[Stop]:
    """The first signal lets the batches in flight land; the second ends the program at once."""
    codes = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.code is not None:
            os._exit(stop.code)  # the journal is on the disk; the next run takes it up
        stop.code = int(codes[signal.Signals(number)])

    before = {number: signal.signal(number, ask) for number in codes}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
