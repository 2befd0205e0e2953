"""Judges exchanges that somebody has at hand, one after another, and counts them by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from syncdoctor.engine.judge import judge
from syncdoctor.intake.detect import placed
from syncdoctor.model import Cause, Exchange, Finding, Severity

if TYPE_CHECKING:
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.engine.guide import Guide
    from syncdoctor.intake.parse import Pending

REMEMBERED = 4096  # different answers that are kept in memory
PASSING = frozenset(
    """
    date age expires etag last-modified content-length server-timing x-runtime cf-ray set-cookie
    request-id x-request-id x-correlation-id xero-correlation-id x-amzn-requestid x-amzn-trace-id
    x-guploader-uploadid x-cloud-trace-context traceparent
    """.split()
)
GRAVITY = {Severity.ERROR: 2, Severity.WARNING: 1, Severity.INFO: 0}


@dataclass(frozen=True, slots=True)
class Explained:
    """One exchange with what was found about it, best first; nothing found is healthy.

    ``at`` is when it took place; ``key`` is equal for two that say the same (see Pending).
    """

    index: int
    exchange: Exchange
    findings: tuple[Finding, ...]
    at: datetime | None = None
    key: bytes | None = None

    @property
    def best(self) -> Finding | None:
        """The finding that names cause and action."""
        return self.findings[0] if self.findings else None

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def provider(self) -> str | None:
        """Whose answer it is, as far as is known."""
        return self.exchange.provider

    @property
    def gravity(self) -> int:
        """How bad it is: -1 healthy, 0 only told, 1 a warning, 2 an error."""
        return -1 if self.best is None else GRAVITY[self.best.severity]


def explain(pending: Iterable[Pending], catalogue: Catalogue, guide: Guide) -> Iterator[Explained]:
    """Judge exchanges in their order; providers that they do not name are detected.

    What says the same as one before it is not judged again.
    """
    seen: dict[bytes, tuple[Exchange, tuple[Finding, ...]]] = {}
    for index, item in enumerate(pending):
        known = seen.get(item.key) if item.key is not None else None
        if known is None:
            exchange = placed(item.make(), catalogue)
            known = exchange, judge(catalogue, guide, exchange)
            if item.key is not None:
                if len(seen) >= REMEMBERED:
                    seen.clear()
                seen[item.key] = known
        yield Explained(index, known[0], known[1], item.at, item.key)


def passing_headers(catalogue: Catalogue) -> frozenset[str]:
    """Headers that change with every answer and that no rule asks for."""
    asked = {name.lower() for rule in catalogue.rules for name in rule.when.get("header", ())}
    return PASSING - asked


@dataclass(slots=True)
class Group:
    """All exchanges of one cause: how many, when, and the first of them as example."""

    cause: Cause
    example: Finding
    index: int
    count: int = 0
    providers: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    first_seen: datetime | None = None
    last_seen: datetime | None = None

    def add(self, found: Finding, at: datetime | None) -> None:
        """Count one more."""
        self.count += 1
        self.providers[found.provider or "unknown"] += 1
        self.rules[found.rule or "none"] += 1
        if at is not None:
            self.first_seen = min(at, self.first_seen or at)
            self.last_seen = max(at, self.last_seen or at)


@dataclass(slots=True)
class Summary:
    """Counts by cause, in memory that grows with the causes and not with the exchanges."""

    total: int = 0
    healthy: int = 0
    by_cause: dict[Cause, Group] = field(default_factory=dict)

    def add(self, one: Explained) -> None:
        """Count one exchange under the cause of its best finding."""
        self.total += 1
        best = one.best
        if best is None:
            self.healthy += 1
            return
        group = self.by_cause.get(best.cause)
        if group is None:
            group = self.by_cause[best.cause] = Group(best.cause, best, one.index)
        group.add(best, one.at)

    def groups(self) -> list[Group]:
        """The groups, the most frequent first."""
        return sorted(self.by_cause.values(), key=lambda group: (-group.count, group.cause))
