"""How often the judgement is right on a corpus of real answers, against a look at the status.

    python benchmarks/corpus.py [DIRECTORY] [--provider NAME] [--misses]

Each file is judged with its provider given and with its provider detected. A cause is right when
it is the file's own or one that it accepts. "Wrong and certain" is what must not happen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.errors import SyncdoctorError
from syncdoctor.intake.detect import provider_of
from syncdoctor.intake.parse import exchanges
from syncdoctor.model import Confidence, Exchange, Finding

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"

# The baseline: what the status alone suggests.
BY_STATUS = {
    400: "record-invalid",
    401: "access-token-expired",
    403: "permission-denied",
    404: "record-not-found",
    409: "conflict",
    410: "conflict",
    422: "record-invalid",
    429: "rate-limited",
}


@dataclass(frozen=True)
class Case:
    """One file of the corpus."""

    name: str
    provider: str | None  # None for "oauth", which stands for a provider of no catalogue
    exchange: Exchange
    cause: str
    accept: frozenset[str]
    action: str

    def right(self, cause: str | None) -> bool:
        """Whether a cause is the file's own, or one that it accepts."""
        return cause == self.cause or cause in self.accept


def cases(directory: Path, provider: str | None) -> Iterator[Case]:
    for path in sorted(directory.glob("*/*.json")):
        if provider is not None and path.parent.name != provider:
            continue
        data: dict[str, Any] = orjson.loads(path.read_bytes())
        truth = data["truth"]
        form = {key: data.get(key) for key in ("phase", "request", "response", "exception")}
        exchange = next(iter(exchanges(orjson.dumps(form), name=str(path))))
        yield Case(
            name=f"{path.parent.name}/{path.stem}",
            provider=None if data["provider"] == "oauth" else data["provider"],
            exchange=exchange,
            cause=truth["cause"],
            accept=frozenset(truth.get("accept", ())),
            action=truth["action"],
        )


def by_status(exchange: Exchange) -> str:
    """The cause that a look at the status alone would give."""
    if exchange.status is None:
        return "network-failure" if exchange.exception else "unknown"
    if exchange.status >= 500:
        return "provider-outage"
    return BY_STATUS.get(exchange.status, "unknown")


def score(
    title: str,
    all_cases: list[Case],
    judged: Callable[[Case], tuple[Finding, ...]],
    *,
    misses: bool,
) -> None:
    right = exact = actions = unknown = certain = 0
    for case in all_cases:
        findings = judged(case)
        first = findings[0] if findings else None
        cause = str(first.cause) if first else None
        ok = case.right(cause)
        right += ok
        exact += cause == case.cause
        actions += bool(first and first.action == case.action)
        unknown += cause in (None, "unknown")
        sure = bool(first and first.confidence is Confidence.CERTAIN and not ok)
        certain += sure
        if misses and not ok:
            rule = first.rule if first else "healthy"
            mark = " CERTAIN" if sure else ""
            print(f"  {case.name}: {case.cause}, not {cause} by {rule}{mark}")
            print(f"      {first.said if first else ''}")
    total = len(all_cases) or 1
    print(
        f"{title:<20} right {right}/{total} = {right / total:.1%}, exact {exact / total:.1%}, "
        f"action {actions / total:.1%}, unknown {unknown}, wrong and certain {certain}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("directory", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--provider")
    parser.add_argument("--quiet", action="store_true", help="no list of misses")
    options = parser.parse_args()
    try:
        catalogue = load(only=options.provider if options.provider != "oauth" else None)
    except SyncdoctorError as error:
        sys.exit(error.message)
    guide = load_guide("default")
    found = list(cases(options.directory, options.provider))
    if not found:
        sys.exit(f"No cases in {options.directory}.")

    def given(case: Case) -> tuple[Finding, ...]:
        return judge(catalogue, guide, case.exchange, provider=case.provider)

    def detected(case: Case) -> tuple[Finding, ...]:
        return judge(catalogue, guide, detect(case.exchange, catalogue))

    misses = not options.quiet
    score("provider given", found, given, misses=misses)
    score("provider detected", found, detected, misses=misses)
    plain = sum(case.right(by_status(case.exchange)) for case in found)
    named = [c for c in found if c.provider]
    seen = sum(provider_of(c.exchange, catalogue) == c.provider for c in named)
    print(f"{'status alone':<20} right {plain}/{len(found)} = {plain / len(found):.1%}")
    print(f"{'detection':<20} right {seen}/{len(named)}")


def detect(exchange: Exchange, catalogue: Catalogue) -> Exchange:
    """The exchange with the provider that intake detects."""
    return replace(exchange, provider=provider_of(exchange, catalogue))


if __name__ == "__main__":
    main()
