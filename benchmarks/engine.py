"""What the judgement costs: per answer, cold and remembered, and with twice the rules.

    python benchmarks/engine.py

Prints microseconds an answer, the milliseconds of a warm load, and the ratio of matching with 2N
rules to matching with N, which must not be above 1.2.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import load_guide
from syncdoctor.engine.index import Index
from syncdoctor.engine.judge import judge
from syncdoctor.engine.match import match
from syncdoctor.engine.read import read
from syncdoctor.model import Exchange, Phase

ANSWERS = 5_000


def answers(*, fresh: bool) -> list[Exchange]:
    """Answers of about 1 KB: one in two an error, with words never seen before when ``fresh``."""
    made = []
    for number in range(ANSWERS):
        word = f"INV-{number}" if fresh else "INV-1"
        lines = [{"Description": "Consulting", "Quantity": n, "UnitAmount": 10.5} for n in range(6)]
        record = {
            "Type": "ACCREC",
            "InvoiceNumber": f"INV-{number}",
            "Contact": {"ContactID": "0" * 36, "Name": "Basket Case", "Addresses": []},
            "LineItems": lines,
        }
        if number % 2:
            error = {"Message": f"Invoice {word} cannot be approved in a locked period"}
            body = {
                "ErrorNumber": 10,
                "Type": "ValidationException",
                "Message": "A validation exception occurred",
                "Elements": [{**record, "ValidationErrors": [error]}],
            }
        else:
            body = {"Id": "0" * 36, "Status": "OK", "Invoices": [record]}
        made.append(
            Exchange(
                provider="xero",
                phase=Phase.API,
                method="POST",
                url="https://api.xero.com/api.xro/2.0/Invoices",
                status=400 if number % 2 else 200,
                headers={"content-type": "application/json", "x-minlimit-remaining": "59"},
                body=body,
            )
        )
    return made


def microseconds(
    run: Callable[[Exchange], object],
    made: list[Exchange],
    before: Callable[[], None] = lambda: None,
) -> float:
    """The best of seven rounds, in processor time for each answer; ``before`` begins a round."""
    best = float("inf")
    for _ in range(7):
        before()
        start = time.process_time()
        for exchange in made:
            run(exchange)
        best = min(best, time.process_time() - start)
    return best / len(made) * 1e6


RULE = """
[[rule]]
id = "common.made-{n}"
cause = "record-invalid"
confidence = "likely"
meaning = "Made for the benchmark."
when = {{ {when} }}
sources = ["benchmark"]
[[rule.sample]]
origin = "derived"
source = "benchmark"
status = 400
"""


def generated(count: int, directory: Path) -> Catalogue:
    """A catalogue with so many rules more: by code, by message, and by both."""
    kinds = (
        'code = "MadeCode{n}"',
        'message = "made up (?:reason|cause) number {n}\\\\b"',
        'status = [400, 422], code = "MadeCode{n}", message = "field {n} is not (?:valid|known)"',
    )
    texts = [RULE.format(n=n, when=kinds[n % 3].format(n=n)) for n in range(count)]
    directory.mkdir()
    (directory / "made.toml").write_text("".join(texts), encoding="utf-8")
    return load(directory)


def forget(catalogue: Catalogue) -> None:
    """Drop remembered answers, so that each one is matched anew; indexes stay."""
    for name in ("matches", "findings"):
        catalogue.memo.get(name, {}).clear()
    for held in catalogue.memo.values():
        if isinstance(held, Index):
            held.messages.known.clear()
            held.urls.known.clear()


def matching(catalogue: Catalogue, made: list[Exchange]) -> float:
    """Microseconds to match one signal that was not seen before."""
    signals = [read(exchange, catalogue.providers["xero"]) for exchange in made]
    match(catalogue, signals[1])
    best = float("inf")
    for _ in range(7):
        forget(catalogue)
        start = time.process_time()
        for signal in signals:
            match(catalogue, signal)
        best = min(best, time.process_time() - start)
    return best / len(signals) * 1e6


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        load(cache_dir=directory)
        start = time.perf_counter()
        catalogue = load(cache_dir=directory)
        warm = (time.perf_counter() - start) * 1e3
        rules = len(catalogue.rules)
        print(f"warm load of {rules} rules: {warm:.1f} ms")
        guide = load_guide("default")
        seen, fresh = answers(fresh=False), answers(fresh=True)
        xero = catalogue.providers["xero"]
        print(f"read                : {microseconds(lambda e: read(e, xero), seen):.1f} µs")

        def judged(exchange: Exchange) -> object:
            return judge(catalogue, guide, exchange)

        for title, cost in (
            ("healthy", microseconds(judged, seen[::2])),
            ("error seen before", microseconds(judged, seen[1::2])),
            ("error never seen", microseconds(judged, fresh[1::2], lambda: forget(catalogue))),
        ):
            print(f"judge, {title:<18}: {cost:.1f} µs")
        once = matching(generated(600, directory / "once"), fresh)
        twice = matching(generated(1200, directory / "twice"), fresh)
        print(f"match with N rules {once:.1f} µs, with 2N {twice:.1f} µs: ratio {twice / once:.2f}")


if __name__ == "__main__":
    main()
