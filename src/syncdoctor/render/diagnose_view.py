"""A diagnosis on the terminal: the checks, the findings and the last word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from syncdoctor.model import Check, Diagnosis
from syncdoctor.render.finding_view import finding_view
from syncdoctor.render.status_view import MARKS, STYLES
from syncdoctor.render.terminal import stand_ins
from syncdoctor.states import Case, setting_to_pick, state_label

STATUS_PAGE = "status-page"  # it is read only where its word counts
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "ok": ("✓", "ok"),
    "problem": ("✖", "bad"),
    "skipped": ("-", "dim"),
    "crashed": ("!", "warn"),
    "timed-out": ("!", "warn"),
    "to-ask": ("?", "warn"),
    "given": ("→", "dim"),
}


def diagnosis_view(
    case: Case, diagnosis: Diagnosis, *, hosts: Sequence[str] = (), verbose: bool = False
) -> RenderableType:
    """Everything that was found about one connection."""
    label = state_label(diagnosis.state, case.guide, setting_to_pick(case, diagnosis))
    blocks: list[RenderableType] = [
        Text.assemble(
            (diagnosis.target, "heading"),
            f" · {case.provider.name} · ",
            (f"{MARKS[diagnosis.state]} {label}", STYLES[diagnosis.state]),
        )
    ]
    blocks += stand_ins(hosts)
    blocks += [check_line(check) for check in diagnosis.checks if verbose or _worth(check)]
    if skipped := [check.name for check in diagnosis.checks if _follows(check)]:
        blocks.append(Text(f"  - not asked after that: {', '.join(skipped)}", style="dim"))
    for number, finding in enumerate(diagnosis.findings):
        ruled_out = diagnosis.ruled_out if number == 0 else ()
        blocks += [
            Text(""),
            finding_view(
                finding, provider=case.provider.name, ruled_out=ruled_out, verbose=verbose
            ),
        ]
    if not diagnosis.findings:
        blocks.append(Text("Nothing is wrong that these checks can see.", style="ok"))
    return Group(*blocks)


def check_line(check: Check) -> Text:
    """One check with its outcome."""
    mark, style = OUTCOMES[check.outcome]
    return Text.assemble((f"  {mark} ", style), (f"{check.name}: ", "dim"), check.summary)


def _worth(check: Check) -> bool:
    """Whether a check is worth a line: what is fine in the workspace file is not."""
    if check.outcome == "skipped":
        return not _follows(check)
    if check.name == STATUS_PAGE:
        return True
    return check.outcome not in {"ok", "given"} or check.exchange is not None


def _follows(check: Check) -> bool:
    """Whether a check was skipped because of one before it, and not for a reason of its own."""
    return check.outcome == "skipped" and check.summary.startswith("not asked")
