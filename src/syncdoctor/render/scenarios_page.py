"""The generated page of the sandbox's scenarios: what was met when each of them was played."""

from __future__ import annotations

from collections.abc import Mapping

from syncdoctor.sandbox.scenarios import SCENARIOS

Met = Mapping[str, Mapping[str, Mapping[str, str]]]  # provider → scenario → what was met


def scenarios_page(met: Met, names: Mapping[str, str]) -> str:
    """One table for each provider.

    Args:
        met: what the walk over all scenarios kept.
        names: provider id → its name.
    """
    lines = [
        "# Scenarios",
        "",
        "What `syncdoctor sandbox --scenario NAME` brings about at each provider. All of it was",
        "played: the status that `syncdoctor status --live` showed, the command that it advised,",
        "and the status after that command was run as a person would, who signs in and chooses",
        "where that is asked for, while the trouble lasted; after `diagnose` a resync too, where",
        "its steps end in one. The tables are made from what was met.",
        "",
        "| scenario | what happened |",
        "| --- | --- |",
    ]
    lines += [f"| `{name}` | {scenario.summary} |" for name, scenario in SCENARIOS.items()]
    for provider, rows in met.items():
        lines += ["", f"## {names[provider]}", ""]
        lines += ["| scenario | shown | advised | shown after it |", "| --- | --- | --- | --- |"]
        lines += [_row(name, rows[name]) for name in SCENARIOS if name in rows]
    return "\n".join(lines) + "\n"


def _row(name: str, row: Mapping[str, str]) -> str:
    if not row["command"]:
        return f"| `{name}` | {row['pill']} | nothing |  |"
    command = f"`{row['command'].replace('TARGET', 'acme/NAME')}`"
    return f"| `{name}` | {row['pill']} | {command} | {row['after']} |"
