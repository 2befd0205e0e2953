"""``rules.toml`` read into rules, strictly: the vocabulary of docs/rules.md and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from syncdoctor.engine.expressions import check
from syncdoctor.engine.table import Table
from syncdoctor.model import (
    NOTHING,
    USUAL_ACTION,
    Action,
    Cause,
    Confidence,
    Phase,
    Rule,
    Sample,
    Severity,
    Transport,
)

COMMON = "common"
ID = re.compile(r"([a-z0-9-]+)\.[a-z0-9]+(?:-[a-z0-9]+)*")
RULE_KEYS = frozenset(
    "id cause confidence also action severity meaning when note sources sample".split()
)
SAMPLE_KEYS = frozenset(field.name for field in fields(Sample))
WHEN_KEYS = frozenset("phase status transport code message method url header body fact".split())
ORIGINS = ("live", "docs", "third-party", "derived")
STATUS = re.compile("[1-5](?:[0-9]{2}|xx)")
WORDS: Mapping[str, tuple[str, ...]] = {
    "phase": tuple(Phase),
    "transport": tuple(Transport),
    "method": ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"),
    "body": ("json", "xml", "html", "text", "empty"),
}
FACTS: Mapping[str, type] = {
    "access_token_expired": bool,
    "after_refresh": bool,
    "refresh_token_lapsed": bool,
    "no_token": bool,
    "organisation_missing": bool,
    "organisation_chosen": bool,
    "setting_missing": bool,
    "setting_gone": bool,
    "permission_missing": bool,
    "verification": str,
    "verification_since": str,
    "verification_stuck": bool,
    "connection_disabled": bool,
    "licence_inactive": bool,
    "plan_excludes_provider": bool,
    "auto_sync_off": bool,
    "last_sync_failed": bool,
    "invoice_limit_reached": bool,
    "invoice_limit_near": bool,
    "sync_overdue": bool,
    "role_may_not_manage": bool,
    "channel_off": bool,
    "channel_of_another": bool,
    "drafts_held_back": bool,
    "records_excluded": bool,
    "credit_notes_excluded": bool,
    "records_incomplete": bool,
    "records_doubled": bool,
    "syncs_failing": bool,
    "sync_hangs": bool,
    "feed": str,
    "incident_published": bool,
    "clock_skew_large": bool,
}


def rules_of(data: Mapping[str, Any], path: Path, prefixes: frozenset[str]) -> list[Rule]:
    """The rules in a document. ``prefixes`` are the words that an id may begin with."""
    document = Table(data, str(path), "", ("rule",))
    return [
        rule_of(one, f"rule {number}", str(path), prefixes)
        for number, one in enumerate(document.tables("rule"), 1)
    ]


def rule_of(data: Any, where: str, file: str, prefixes: frozenset[str]) -> Rule:
    """One rule; ``where`` names its place in the file."""
    if isinstance(data, dict) and isinstance(data.get("id"), str):
        where = f'{where} "{data["id"]}"'
    table = Table(data, file, where, RULE_KEYS)
    identity, provider = _identity(table, prefixes)
    cause = table.word("cause", Cause)
    if cause is Cause.UNKNOWN:
        table.fail("cause", "unknown is what no rule says")
    sources = table.texts("sources")
    if not sources:
        table.fail("sources", "a rule needs at least one source")
    samples = tuple(
        _sample(table, number, one) for number, one in enumerate(table.tables("sample"), 1)
    )
    if not samples:
        table.fail("sample", "a rule needs at least one [[rule.sample]]")
    return Rule(
        id=identity,
        provider=provider,
        cause=cause,
        confidence=table.word("confidence", Confidence),
        meaning=table.text("meaning"),
        when=_when(table),
        sources=sources,
        action=table.word("action", Action, USUAL_ACTION[cause]),
        severity=table.word("severity", Severity, Severity.ERROR),
        also=table.words("also", Cause),
        note=table.optional_text("note"),
        samples=samples,
        origin_file=file,
    )


def _identity(table: Table, prefixes: frozenset[str]) -> tuple[str, str | None]:
    identity = table.text("id")
    match = ID.fullmatch(identity)
    if not match:
        table.fail("id", f'"{identity}" must be written PROVIDER.kebab-name')
    prefix = match[1]
    if prefix not in prefixes:
        table.fail("id", f'"{identity}" must begin with {" or ".join(sorted(prefixes))}')
    return identity, None if prefix == COMMON else prefix


def _when(rule: Table) -> Mapping[str, Any]:
    when = Table(rule.data.get("when"), rule.file, f"{rule.where}: when", WHEN_KEYS)
    if not when.data:
        when.fail("", "asks nothing, so the rule would hold for every answer")
    _closed_words(when)
    _statuses(when)
    _expressions(when)
    when.texts("code", one=True)
    _facts(when, "fact")
    for key, value in when.data.items():
        if value in ([], {}):
            when.fail(key, "is empty")
    return when.data


def _closed_words(when: Table) -> None:
    for key, words in WORDS.items():
        for word in when.texts(key, one=True):
            if word not in words:
                when.fail(key, f'"{word}" is not one of {", ".join(words)}')


def _expressions(when: Table) -> None:
    for key in ("message", "url"):
        for expression in when.texts(key, one=True):
            check(expression, when, key)
    for name, expression in when.text_map("header").items():
        check(expression, when, f"header.{name}")


def _statuses(when: Table) -> None:
    value = when.data.get("status", [])
    for one in value if isinstance(value, list) else [value]:
        if type(one) not in (int, str) or not STATUS.fullmatch(str(one)):
            when.fail("status", f'{one!r} is no HTTP status: write 404, "4xx" or a list')
        if isinstance(one, str) and one.isdigit():
            when.fail("status", f'"{one}" is a text: write it as a number')


def _facts(table: Table, key: str) -> Mapping[str, Any]:
    facts = table.free(key)
    for name, value in facts.items():
        if name not in FACTS:
            table.fail(f"{key}.{name}", f"unknown fact; known: {', '.join(FACTS)}")
        if not isinstance(value, FACTS[name]):
            kind = "true or false" if FACTS[name] is bool else "a text"
            table.fail(f"{key}.{name}", f"must be {kind}")
    return facts


def _sample(rule: Table, number: int, data: Any) -> Sample:
    table = Table(data, rule.file, f"{rule.where}: sample {number}", SAMPLE_KEYS)
    origin = table.text("origin")
    if origin not in ORIGINS:
        table.fail("origin", f'"{origin}" is not one of {", ".join(ORIGINS)}')
    facts = _facts(table, "facts")
    status = table.integer("status")
    exception = table.optional_text("exception")
    if status is None and exception is None and not facts and "url" not in table.data:
        table.fail("status", "a sample needs a status, an exception, a url or facts")
    return Sample(
        origin=origin,
        source=table.text("source"),
        phase=table.word("phase", Phase) if "phase" in table.data else None,
        method=table.optional_text("method"),
        url=table.optional_text("url"),
        status=status,
        headers={name.lower(): text for name, text in table.text_map("headers").items()} or NOTHING,
        body=table.data.get("body"),
        exception=exception,
        facts=facts,
    )
