"""Judges exchanges that somebody has at hand, one after another, and counts them by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from syncdoctor.engine.judge import judge
from syncdoctor.errors import UsageError
from syncdoctor.intake.detect import placed
from syncdoctor.model import Cause, Exchange, Finding, Severity

if TYPE_CHECKING:
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.engine.guide import Guide
    from syncdoctor.intake.parse import Pending

REMEMBERED = 1024  # different answers that are kept in memory
PASSING = frozenset(
    """
    date age expires etag last-modified content-length server-timing x-runtime cf-ray set-cookie
    request-id x-request-id x-correlation-id xero-correlation-id x-amzn-requestid x-amzn-trace-id
    x-guploader-uploadid x-cloud-trace-context traceparent
    """.split()
)
GRAVITY = {Severity.ERROR: 2, Severity.WARNING: 1, Severity.INFO: 0}


@dataclass(slots=True)  # not frozen: that takes three times as long, for every line
class Explained:
    """One exchange with what was found about it, best first; nothing found is healthy.

    ``at`` is when it took place; ``key`` is equal for two that say the same (see intake.parse).
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


class Judge:
    """Judges exchanges; what says the same as one before it is not judged again.

    Providers that exchanges do not name are detected.
    """

    def __init__(self, catalogue: Catalogue, guide: Guide) -> None:
        self._catalogue = catalogue
        self._guide = guide
        self._seen: dict[bytes, tuple[Exchange, tuple[Finding, ...]]] = {}

    def __call__(self, index: int, pending: Pending) -> Explained:
        """What is found about one exchange.

        Raises:
            UsageError: it stands in a line that is no JSON.
        """
        key, at, make = pending.told()
        known = self._seen.get(key) if key is not None else None
        if known is None:
            exchange = placed(make(), self._catalogue)
            known = exchange, judge(self._catalogue, self._guide, exchange)
            if key is not None:
                if len(self._seen) >= REMEMBERED:
                    self._seen.clear()
                self._seen[key] = known
        return Explained(index, known[0], known[1], at, key)


def explain(
    pending: Iterable[Pending],
    catalogue: Catalogue,
    guide: Guide,
    skip: Callable[[UsageError], None] | None = None,
) -> Iterator[Explained]:
    """Judge exchanges in their order; ``skip`` is told of a line that is no JSON, if given.

    Raises:
        UsageError: an exchange cannot be read, and it stands in no line or there is no ``skip``.
    """
    judged = Judge(catalogue, guide)
    for index, item in enumerate(pending):
        try:
            one = judged(index, item)
        except UsageError as error:
            if skip is None or item.line is None:
                raise
            skip(error)
            continue
        yield one


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
