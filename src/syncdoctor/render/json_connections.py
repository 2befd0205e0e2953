"""The frozen JSON documents about connections: status, diagnose, connection list (version 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from syncdoctor.config_tables import Channel
from syncdoctor.engine.provider import Provider
from syncdoctor.model import Check, Diagnosis, Exchange
from syncdoctor.render import json_v1
from syncdoctor.states import Row
from syncdoctor.store.rows import Sync


def status_document(rows: Sequence[Row], exit_code: int) -> dict[str, Any]:
    """The document of ``status``."""
    return {**_header("status", exit_code), "connections": [_row(row) for row in rows]}


def connections_document(
    rows: Sequence[Row], providers: Mapping[str, Provider], exit_code: int
) -> dict[str, Any]:
    """The document of ``connection list``."""
    listed = [
        {
            **_named(row),
            "status": row.label,
            "actions": list(providers[row.connection.provider].actions),
            "stand_in_hosts": list(row.hosts),
        }
        for row in rows
    ]
    return {**_header("connections", exit_code), "connections": listed}


def diagnose_document(diagnoses: Sequence[Diagnosis], exit_code: int) -> dict[str, Any]:
    """The document of ``diagnose``."""
    return {**_header("diagnose", exit_code), "connections": [diagnosis(d) for d in diagnoses]}


def self_document(checks: Sequence[Check], exit_code: int) -> dict[str, Any]:
    """The document of ``diagnose --self``."""
    return {**_header("self", exit_code), "checks": [_check(check) for check in checks]}


def diagnosis(found: Diagnosis) -> dict[str, Any]:
    """One connection's diagnosis."""
    first = found.findings[0] if found.findings else None
    return {
        "target": found.target,
        "state": str(found.state),
        "healthy": first is None,
        "cause": str(first.cause) if first else None,
        "action": str(first.action) if first else None,
        "checked_at": found.at.isoformat(timespec="seconds"),
        "checks": [_check(check) for check in found.checks],
        "findings": [json_v1.finding(finding) for finding in found.findings],
        "ruled_out": [str(cause) for cause in found.ruled_out],
    }


def exchange(made: Exchange) -> dict[str, Any]:
    """An exchange as ``explain`` takes it (contract, section 6)."""
    answered = made.status is not None
    response = {"status": made.status, "headers": dict(made.headers), "body": made.body}
    return {
        "provider": made.provider,
        "phase": str(made.phase) if made.phase else None,
        "at": made.at.isoformat() if made.at else None,
        "request": {"method": made.method, "url": made.url},
        "response": response if answered else None,
        "exception": made.exception,
    }


def sync(run: Sync) -> dict[str, Any]:
    """One sync in short."""
    return {
        "id": run.id,
        "trigger": str(run.trigger),
        "started": run.started.isoformat(timespec="seconds"),
        "status": str(run.status),
    }


def _header(schema: str, exit_code: int) -> dict[str, Any]:
    return json_v1.header(f"syncdoctor.{schema}/1", exit_code, datetime.now(UTC))


def _check(check: Check) -> dict[str, Any]:
    made = check.exchange
    return {
        "name": check.name,
        "outcome": check.outcome,
        "summary": check.summary,
        "facts": dict(check.facts),
        "request": f"{made.method} {made.url}" if made else None,
        "status": made.status if made else None,
    }


def _named(row: Row) -> dict[str, Any]:
    return {
        "target": row.connection.target,
        "uid": row.connection.uid,
        "type": row.connection.provider,
        "created": row.connection.created.isoformat(timespec="seconds"),
        "state": str(row.state),
    }


def _row(row: Row) -> dict[str, Any]:
    known = row.evidence
    return {
        **_named(row),
        "label": row.label,
        "cause": str(known.cause) if known and known.cause else None,
        "action": str(known.action) if known and known.action else None,
        "checked_at": known.checked_at.isoformat(timespec="seconds") if known else None,
        "since": known.since.isoformat(timespec="seconds") if known else None,
        "last_sync": sync(row.last_sync) if row.last_sync else None,
        "next_command": list(row.next_command),
        "stand_in_hosts": list(row.hosts),
        "channels": [channel_document(channel) for channel in row.channels],
        "verifying_since": row.verifying_since.isoformat() if row.verifying_since else None,
        "lapses_at": row.lapses_at.isoformat(timespec="seconds") if row.lapses_at else None,
        "error": row.error,
        "exit_code": row.exit_code,
    }


def channel_document(channel: Channel) -> dict[str, Any]:
    """A sales channel: whose it is, and whether it is active."""
    return {"name": channel.name, "owner": channel.owner, "state": channel.state}
