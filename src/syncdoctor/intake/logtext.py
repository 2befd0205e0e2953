"""Log text and tracebacks → exchanges, one for each entry that tells of a failure.

An entry begins with a time or a level; what follows without one (a traceback, a printed body)
belongs to it. Memory stays constant: an entry is kept to 256 KiB.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from syncdoctor import redact
from syncdoctor.intake import redirect
from syncdoctor.intake.embedded import LONGEST
from syncdoctor.intake.status import status_in
from syncdoctor.intake.times import moment_in
from syncdoctor.model import Exchange

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LEVELS = "TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE|ALERT|EMERGENCY"
_BEGINS = re.compile(
    rf"""
    [\[("']{{0,2}}\d{{4}}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d              # 2026-11-22 04:38
    | [\["]{{0,2}}\d\d?[-/ .][A-Z][a-z]{{2}}[-/ .]\d{{4}}[: ]\d\d:\d\d   # 22-Nov-2026 04:38
    | [A-Z][a-z]{{2}}\ +\d{{1,2}}\ \d\d:\d\d:\d\d\                   # Nov 22 04:38:01 (syslog)
    | \S+\ \S+\ \S+\ \[\d\d?/[A-Z][a-z]{{2}}/\d{{4}}:                # an access log
    | \[?(?:{_LEVELS})\]?(?:[:\s]|\ -)                               # ERROR: …
    | [EWIF]\d{{4}}\ \d\d:\d\d:\d\d                                  # E1122 04:38:01 (glog)
    | [DIWEF],\ \[\d{{4}}-                                           # E, [2026-11-22T04:38 (Ruby)
    | (?:time|ts|level|lvl)=\S                                       # logfmt
    | \d\d:\d\d:\d\d[.,]?\d*\s
    | (?:GET|POST|PUT|PATCH|DELETE|HEAD)\ https?://\S+\ [1-5]\d\d\s*\Z   # an address, a status
    """,
    re.VERBOSE,
)
_TRACEBACK = "Traceback (most recent call last)"
_CHAINED = ("During handling of the above", "The above exception was")
_QUIET = re.compile(
    r"\b(?:TRACE|DEBUG|INFO|NOTICE)\b|\blevel=(?:trace|debug|info)\b", re.IGNORECASE
)
_TROUBLE = re.compile(
    r"""
    error(?!s?["']?\s{0,2}[:=]\s{0,2}(?:0|null|none|nil|\[\]|false|""))|exception|fatal|
    critical|fail(?:ed|ure|s|ing)\b|denied|refused|
    reset\ by|timed?[ -]?out|unauthori[sz]ed|forbidden|invalid|expired|revoked|not\ allowed|
    not\ found|unable|cannot|could\ not|rejected|exceeded|blocked|disabled|problem|throttl|
    too\ many""",
    re.IGNORECASE | re.VERBOSE,
)
# Beginnings of the words above: a cheap test before the dear one.
_HINTS = tuple(
    """
    error exception fatal critical fail denied refused reset tim unauthori forbidden invalid
    expired revoked not unable rejected exceeded blocked disabled problem throttl many
    """.split()
)
_WORST = 400


def entries(lines: Iterable[str]) -> Iterator[str]:
    """The entries of a log, each a text of one or more lines."""
    held: list[str] = []
    size, timed, last = 0, False, ""
    for raw in lines:
        line = _ANSI.sub("", raw) if "\x1b" in raw else raw
        begins = _BEGINS.match(line) is not None
        split = begins or (
            line.startswith(_TRACEBACK) and not timed and not last.startswith(_CHAINED)
        )
        if held and (split or (size > LONGEST and not line.strip())):
            yield "\n".join(held)
            held, size = [], 0
        timed = timed or begins
        if size <= LONGEST:
            held.append(line)
            size += len(line) + 1
        last = line.strip() or last
    if held:
        yield "\n".join(held)


def exchanges(lines: Iterable[str]) -> Iterator[Exchange]:
    """The exchanges of a log: entries that tell of no failure are passed over.

    A text in which nothing tells of a failure is given whole, as words.
    """
    quiet: list[str] = []
    size, found = 0, False
    for entry in entries(lines):
        if not entry.strip():
            continue
        if is_trouble(entry):
            found = True
            yield _exchange(entry)
        elif not found and size <= LONGEST:
            quiet.append(entry)
            size += len(entry)
    if quiet and not found:
        yield _exchange("\n".join(quiet))


def is_trouble(entry: str) -> bool:
    """Whether a log entry tells of a failure, or of an answer that is one."""
    told = status_in(entry)
    if told is not None and told >= _WORST:
        return True
    lower = entry.lower()
    for hint in _HINTS:
        if hint in lower:
            break
    else:
        return False
    if _TROUBLE.search(entry) is None:
        return False
    return (
        told is not None
        or _QUIET.search(entry[:120]) is None
        or "{" in entry
        or "xception" in entry
    )


def _exchange(entry: str) -> Exchange:
    text = entry[:LONGEST]
    parts = redirect.parts(text) or {"exception": text}
    return redact.exchange(**{"at": moment_in(text[:200]), **parts})
