"""What the pages say is what the program does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from syncdoctor.cli.main import app
from syncdoctor.cli.register import COMMANDS, load
from syncdoctor.errors import ExitCode

if TYPE_CHECKING:
    from tests.conftest import Cli

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page for place in (".", "docs", "docs/providers") for page in (ROOT / place).glob("*.md")
)


@pytest.mark.parametrize("script", ["generate.py", "picture.py"])
def test_what_is_generated_is_current(script: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / script, "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    dead = [link for link in links if not (page.parent / link).exists()]
    assert dead == []


def options_of(words: list[str]) -> set[str] | None:
    """The options of the command that the words begin with; None when there is no such command."""
    command: object = get_command(app)
    known = set(COMMANDS)
    if not words or words[0] not in known:
        return None
    command = load(words[0])
    subcommands = getattr(command, "commands", {})
    if subcommands:
        if len(words) < 2 or words[1] not in subcommands:
            return None
        command = subcommands[words[1]]
    names: set[str] = set()
    for parameter in command.params:  # type: ignore[attr-defined]
        names.update(parameter.opts, parameter.secondary_opts)
    return names | {"--help", "-h"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_pages_exist_with_their_options(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = re.findall(r"(?:^|[`$ ])syncdoctor ((?:[a-z]+)(?: [^`\n|#]+)?)", text, re.MULTILINE)
    wrong = []
    for line in shown:
        words = line.split()
        if words[0] not in COMMANDS:
            continue
        options = options_of(words)
        used = re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", " ".join(words[1:]))
        if options is None or not {o.split("=")[0] for o in used} <= options:
            wrong.append(line)
    assert wrong == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_has_each_ones_first_line(name: str) -> None:
    command = load(name)
    assert command.name == name
    assert COMMANDS[name] == command.help.split("\n")[0]


def test_the_readme_has_every_exit_code() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.split("## Exit codes")[1].split("##")[0]
    listed = {
        int(n) for n in re.findall(r"\b\d+\b", re.sub(r"\|[^|]*\|$", "", table, flags=re.MULTILINE))
    }
    assert listed == {int(code) for code in ExitCode}


def test_help_lists_the_commands_without_loading_them(cli: Cli) -> None:
    ran = cli("--help")
    assert ran.code == 0
    assert all(name in ran.out for name in COMMANDS)


def test_an_unknown_command_is_said(cli: Cli) -> None:
    ran = cli("statu")
    assert ran.code == 2
    assert "statu" in ran.err
    assert "Traceback" not in ran.err
