"""The message for the customer: what is wrong and what to do, in the words of the guide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncdoctor.engine.guide import Guide
from syncdoctor.model import Finding

OURS = "syncdoctor "  # steps that name the tool are for the support desk, which has it


def message(guide: Guide, findings: Sequence[Finding]) -> str:
    """A plain text to send; it holds nothing but the guide's words and the rules' meanings.

    Args:
        guide: the product's guide.
        findings: what was found, best first; none means that nothing is wrong.
    """
    return "\n".join(_lines(guide, findings)) + "\n"


def _lines(guide: Guide, findings: Sequence[Finding]) -> Iterator[str]:
    yield from ("Hello,", "")
    if not findings:
        yield f"We looked at your connection in {guide.product} and found nothing wrong with it."
        return
    yield f"We looked into why {guide.product} did not sync. This is what we found."
    for found in findings:
        yield from ("", f"{found.title}.", found.meaning, "", "What to do:")
        steps = [step for step in found.steps if OURS not in step]
        yield from (f"{number}. {step}" for number, step in enumerate(steps, 1))
    *most, last = guide.ask_for
    needed = f"{', '.join(most)} and {last}" if most else last
    yield from ("", f"If that does not help, write to {guide.support} with {needed}.")
