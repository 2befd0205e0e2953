"""The JSON documents, version 1: a frozen copy of the model, not a dump of it (CONTRACT: JSON).

A field is never renamed and never changes its meaning; a new one may be added.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from syncdoctor import __version__
from syncdoctor.model import Exchange, Finding, Rule

if TYPE_CHECKING:
    from syncdoctor.explained import Explained, Group, Summary

TOOL = {"name": "syncdoctor", "version": __version__}
EXPLAIN = "syncdoctor.explain/1"


def header(schema: str, exit_code: int, now: datetime) -> dict[str, Any]:
    """What every document begins with."""
    return {
        "schema": schema,
        "tool": TOOL,
        "generated_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "exit_code": int(exit_code),
    }


def finding(found: Finding) -> dict[str, Any]:
    """One finding."""
    return {
        "rule": found.rule,
        "cause": found.cause,
        "action": found.action,
        "confidence": found.confidence,
        "severity": found.severity,
        "provider": found.provider,
        "also": list(found.also),
        "title": found.title,
        "said": found.said,
        "meaning": found.meaning,
        "steps": list(found.steps),
        "commands": [list(command) for command in found.commands],
        "links": list(found.links),
        "retry_after_s": found.retry_after_s,
        "matched": dict(found.matched),
        "exchange": None if found.exchange is None else exchange_line(found.exchange),
    }


def exchange_line(exchange: Exchange) -> str:
    """One exchange in one line: ``POST https://… → 403``."""
    answer = "no answer" if exchange.status is None else str(exchange.status)
    return f"{exchange.method} {exchange.url} → {answer}" if exchange.url else answer


def explained(one: Explained) -> dict[str, Any]:
    """What is said of one exchange: the same in a document and in JSON lines."""
    best = one.best
    return {
        "schema": EXPLAIN,
        "index": one.index,
        "provider": one.provider,
        "healthy": one.healthy,
        "cause": best.cause if best else None,
        "action": best.action if best else None,
        "findings": [finding(found) for found in one.findings],
    }


def explain_document(one: Explained, exit_code: int, now: datetime) -> dict[str, Any]:
    """The document of ``explain FILE``; of several exchanges the gravest, with the run's code."""
    return {**header(EXPLAIN, exit_code, now), **explained(one)}


def summary_document(summary: Summary, exit_code: int, now: datetime) -> dict[str, Any]:
    """The document of ``explain --summary``: groups by cause, the most frequent first."""
    return {
        **header("syncdoctor.explain-summary/1", exit_code, now),
        "total": summary.total,
        "healthy": summary.healthy,
        "groups": [_group(group, summary.total) for group in summary.groups()],
    }


def rule(known: Rule) -> dict[str, Any]:
    """One rule of the catalogue, without its samples."""
    return {
        "id": known.id,
        "provider": known.provider,
        "cause": known.cause,
        "also": list(known.also),
        "action": known.action,
        "confidence": known.confidence,
        "severity": known.severity,
        "meaning": known.meaning,
        "when": dict(known.when),
        "note": known.note,
        "sources": list(known.sources),
    }


def _group(group: Group, total: int) -> dict[str, Any]:
    return {
        "cause": group.cause,
        "action": group.example.action,
        "count": group.count,
        "share": round(group.count / total, 4),
        "providers": dict(group.providers),
        "rules": dict(group.rules),
        "first_seen": _time(group.first_seen),
        "last_seen": _time(group.last_seen),
        "example": {"index": group.index, **finding(group.example)},
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
