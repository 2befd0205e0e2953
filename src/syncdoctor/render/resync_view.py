"""What ``resync`` shows: one block for each connection, or JSON lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from syncdoctor.errors import ExitCode, SyncdoctorError
from syncdoctor.model import Cause
from syncdoctor.render import json_v1
from syncdoctor.resync.export import Exported
from syncdoctor.resync.report import (
    Change,
    Direction,
    Pulled,
    RecordEvent,
    RecordOutcome,
    Report,
    events_of,
)

SCHEMA = "syncdoctor.resync/1"
SHOWN = 10  # refused records on the terminal; the file has all
_WORDS = {
    RecordOutcome.CONFIRMED: "sent",
    RecordOutcome.PULLED: "pulled",
    RecordOutcome.WOULD_CREATE: "would be created",
    RecordOutcome.WOULD_UPDATE: "would be changed",
    RecordOutcome.WOULD_PULL: "would be pulled",
    RecordOutcome.UNCHANGED: "unchanged",
    RecordOutcome.REJECTED: "refused",
    RecordOutcome.UNKNOWN: "without an answer",
}


def block(report: Report, hosts: Sequence[str] = (), *, verbose: bool = False) -> RenderableType:
    """The result of one connection; every line that names a fault ends in what to do."""
    dry = report.sync is None
    head = Text.assemble(
        (report.target, "heading"),
        " (dry run)" if dry else f" (sync {report.sync.id})" if report.sync else "",
        ": ",
        _counted(report),
    )
    lines: list[Text] = [head]
    lines += [
        Text(f"  Not the provider's own host: {host} (set in the configuration)", "warn")
        for host in hosts
    ]
    lines += [Text(f"  {warning}", "warn") for warning in report.warnings]
    if report.stopped:
        lines.append(Text(f"  Stopped: {report.stopped.message}", "bad"))
    elif report.exit_code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
        lines.append(Text("  Interrupted.", "warn"))
    if report.not_sent:
        lines.append(Text(f"  {report.not_sent} not sent yet."))
    lines += _pulled(report.pulled, dry=dry) if report.pulled else []
    lines += [
        Text.assemble("  ", ("conflict ", "warn"), _named(e), ": ", e.message)
        for e in report.events
        if e.cause is Cause.CONFLICT and e.outcome is not RecordOutcome.REJECTED
    ]
    refused = sorted(
        (e for e in report.events if e.outcome is RecordOutcome.REJECTED),
        key=lambda e: e.line or 0,
    )
    shown = refused if verbose else refused[:SHOWN]
    lines += [Text.assemble("  ", ("refused ", "bad"), _named(e), ": ", e.message) for e in shown]
    if len(shown) < len(refused):
        lines.append(Text(f"  … and {len(refused) - len(shown)} more refused."))
    if verbose:
        lines += [Text(f"  {_WORDS[e.outcome]} {e.kind} {e.key}", "dim")
                  for e in report.events if e.direction is Direction.PUSH
                  and e.outcome is not RecordOutcome.REJECTED]  # fmt: skip
    lines += [
        Text.assemble("  → ", words, (command, "command")) for words, command in _next(report)
    ]
    return Group(*lines)


def error_block(target: str, error: SyncdoctorError) -> RenderableType:
    """A connection that could not be synced at all."""
    said = error.message.removeprefix(f"{target}: ")
    lines = [Text.assemble((target, "heading"), ": ", (said, "bad"))]
    if error.hint:
        lines.append(Text.assemble("  → ", (error.hint, "command")))
    return Group(*lines)


def trial_words(report: Report) -> RenderableType:
    """What to do with the invoice of ``--test-record``."""
    key = next(e.key for e in report.events)
    return Text(f"  The draft invoice {key} shows that records arrive. Delete it when you like.")


def export_block(target: str, exported: Exported) -> RenderableType:
    """The files of ``--export-csv`` and what is not in them."""
    lines = [
        Text.assemble(
            (target, "heading"),
            f": {exported.records} records written for import; nothing was sent.",
        )
    ]
    lines += [Text(f"  {path}") for path in exported.files]
    if exported.left_out:
        lines.append(Text(f"  {exported.left_out} left out: the provider imports no such kind."))
    for event in (e for entry in exported.refused for e in events_of(entry)):
        lines.append(Text.assemble("  ", ("refused ", "bad"), _named(event), ": ", event.message))
    return Group(*lines)


def export_line(target: str, exported: Exported, code: int, now: datetime) -> dict[str, Any]:
    """The same as a JSON line."""
    return {
        **json_v1.header(SCHEMA, code, now),
        "event": "export",
        "target": target,
        "files": [str(path) for path in exported.files],
        "records": exported.records,
        "left_out": exported.left_out,
        "refused": len(exported.refused),
    }


def record_line(target: str, event: RecordEvent) -> dict[str, Any]:
    """One record as a JSON line."""
    return {
        "schema": SCHEMA,
        "event": "record",
        "target": target,
        "direction": str(event.direction),
        "change": str(event.change) if event.change else None,
        "kind": event.kind,
        "key": event.key,
        "outcome": str(event.outcome),
        "cause": str(event.cause) if event.cause else None,
        "message": event.message or None,
        "provider_id": event.provider_id,
        "line": event.line,
        "column": event.column,
    }


def report_line(report: Report, hosts: Sequence[str], now: datetime) -> dict[str, Any]:
    """The end of one connection as a JSON line."""
    counts: Mapping[RecordOutcome, int] = report.counts
    finding = report.stopped.finding if report.stopped else None
    return {
        **json_v1.header(SCHEMA, report.exit_code, now),
        "event": "sync",
        "target": report.target,
        "sync": report.sync.id if report.sync else None,
        "dry_run": report.sync is None,
        "status": str(report.sync.status) if report.sync else None,
        "counts": {str(outcome): counts.get(outcome, 0) for outcome in RecordOutcome},
        "held_back": dict(report.held_back),
        "not_sent": report.not_sent,
        "rejects": str(report.rejects) if report.rejects else None,
        "message": report.stopped.message if report.stopped else None,
        "finding": json_v1.finding(finding) if finding else None,
        "stand_in_hosts": list(hosts),
        "warnings": list(report.warnings),
        "pull": _pull_document(report.pulled) if report.pulled else None,
    }


def _pull_document(pulled: Pulled) -> dict[str, Any]:
    return {
        "direction": str(Direction.PULL),
        "file": str(pulled.file),
        "full_sync": pulled.full,
        "announced": pulled.announced,
        **{str(change): pulled.count(change) for change in Change},
    }


def _pulled(pulled: Pulled, *, dry: bool) -> list[Text]:
    """What was pulled, record by record, and why everything was read where it was."""
    lines = []
    if pulled.announced:
        words = f"  Everything was read anew: {pulled.full}. Nothing was deleted for it."
        lines.append(Text(words, "warn"))
    shown = pulled.events[:SHOWN]
    verb = "would be pulled" if dry else "pulled"
    for event in shown:
        named = f"{event.kind} {event.key}" + (f" ({event.message})" if event.message else "")
        lines.append(Text.assemble("  ", (f"{verb}: ", "dim"), f"{event.change} {named}"))
    if more := len(pulled.events) - len(shown):
        lines.append(Text(f"  … and {more} more {verb}."))
    if pulled.events and not dry:
        lines.append(Text(f"  The calendar's events are in {pulled.file}"))
    return lines


def error_line(target: str | None, error: SyncdoctorError, now: datetime) -> dict[str, Any]:
    """A connection that could not be synced at all, as a JSON line."""
    return {
        **json_v1.header(SCHEMA, int(error.exit_code), now),
        "event": "error",
        "target": target,
        "error": {"message": error.message, "hint": error.hint},
    }


def _counted(report: Report) -> str:
    parts = [
        f"{report.counts.get(outcome, 0)} {words}"
        for outcome, words in _WORDS.items()
        if report.counts.get(outcome, 0)
    ]
    parts += [f"{count} left out ({reason})" for reason, count in report.held_back.items()]
    nothing = "nothing was sent." if report.stopped else "nothing to send."
    return ", ".join(parts) + "." if parts else nothing


def _named(event: RecordEvent) -> str:
    place = f" (line {event.line})" if event.line and not event.message.startswith("line") else ""
    return f"{event.kind} {event.key or '?'}{place}"


def _next(report: Report) -> list[tuple[str, str]]:
    again = f"syncdoctor resync {report.target}"
    stopped = report.stopped
    if stopped and stopped.finding and stopped.finding.commands:
        return [("", " ".join(stopped.finding.commands[0]))]
    if stopped and stopped.hint:
        return [("", stopped.hint)]
    if report.exit_code == ExitCode.SIGN_IN:
        return [("", f"syncdoctor reconnect {report.target}")]
    if stopped or report.not_sent or report.counts.get(RecordOutcome.UNKNOWN):
        return [
            ("", f"{again} --resume" if report.sync else f"syncdoctor diagnose {report.target}")
        ]
    return _after_refusals(report, again) if report.rejects else []


def _after_refusals(report: Report, again: str) -> list[tuple[str, str]]:
    refused = [e for e in report.events if e.outcome is RecordOutcome.REJECTED]
    if all(e.cause is Cause.CONFLICT for e in refused):
        return [("Let one side win: ", f"{again} --conflicts product, or --conflicts provider")]
    return [(f"Correct {report.rejects}, then: ", f"{again} --source {report.rejects}")]
