"""Imports go one way, and some libraries stay in their room: read from the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "syncdoctor"
FILES = sorted(SRC.rglob("*.py"))

# A room may import its own layer and those before it. `providers` hold pure code beside their
# data; their sandboxes belong to the sandbox.
LAYERS = (
    {"", "vocabulary", "model", "errors"},
    {"secret_shapes", "redact"},
    {"engine", "providers", "guides"},
    {"wire", "store", "config", "config_tables", "tomlfile", "intake"},
    {"auth"},
    {"states", "next_step", "session", "explained"},
    {"local_checks", "resync", "self_check", "write_test"},
    {"doctor", "rounds"},
    {"sandbox", "render"},
    {"cli"},
)
ROOM_OF = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
ONLY_IN = {
    "typer": ("cli",),
    "rich": ("cli", "render"),
    "keyring": ("auth/vault.py",),
    "starlette": ("sandbox", "providers"),
    "uvicorn": ("sandbox",),
    "sqlite3": ("store/",),
    "psycopg": ("store/postgres.py",),
}


def room(path: Path) -> str:
    parts = path.relative_to(SRC).parts
    if parts[0] == "providers" and "sandbox" in path.as_posix().split("providers/", 1)[1]:
        return "sandbox"
    return parts[0].removesuffix(".py") if parts[0] != "__init__.py" else ""


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Everything in a file's syntax tree."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Modules imported at run time, anywhere in the file; type checking does not count."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    skipped = {
        id(inner)
        for node in nodes(path)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in nodes(path):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "syncdoctor":
                yield from ((node.lineno, f"syncdoctor.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module


def named(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


@pytest.mark.parametrize("path", FILES, ids=named)
def test_imports_go_one_way(path: Path) -> None:
    mine = ROOM_OF[room(path)]
    wrong = []
    for line, module in imports(path):
        parts = module.split(".")
        if parts[0] != "syncdoctor" or len(parts) == 1:
            continue
        other = parts[1] if parts[1] in ROOM_OF else ""
        if other == "providers" and "sandbox" in parts:
            other = "sandbox"
        if ROOM_OF[other] > mine:
            wrong.append(f"{named(path)}:{line} imports {module}")
    assert wrong == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_stays_in_its_room(library: str) -> None:
    outside = [
        f"{named(path)}:{line}"
        for path in FILES
        for line, module in imports(path)
        if module.split(".")[0] == library and not named(path).startswith(ONLY_IN[library])
    ]
    assert outside == []


@cache
def calls(path: Path) -> tuple[tuple[int, str], ...]:
    """What is called or looked up."""
    return tuple(_calls(path))


def _calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in nodes(path):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)
        elif isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize("path", [p for p in FILES if room(p) != "cli"], ids=named)
def test_only_the_command_line_prints_exits_or_reads_the_environment(path: Path) -> None:
    forbidden = {"print", "sys.exit", "exit", "os.environ", "os.getenv", "os._exit", "input"}
    found = [f"{named(path)}:{line} {name}" for line, name in calls(path) if name in forbidden]
    assert found == []


PURE = [p for p in FILES if room(p) in {"vocabulary", "model", "secret_shapes", "redact", "engine"}]
READS_FILES = {"catalogue.py", "cache.py", "guide.py", "table.py", "facts_file.py", "rule_file.py"}


@pytest.mark.parametrize("path", PURE, ids=named)
def test_judgement_has_no_clock_no_network_and_no_files(path: Path) -> None:
    modules = {module.split(".")[0] for _, module in imports(path)}
    assert not modules & {"httpx2", "socket", "urllib3", "sqlite3", "subprocess", "random"}
    names = {name for _, name in calls(path)}
    assert not names & {"datetime.now", "time.time", "time.monotonic", "dt.datetime.now"}
    if path.name not in READS_FILES:
        assert not any(name == "open" or name.endswith(".read_text") for name in names)
