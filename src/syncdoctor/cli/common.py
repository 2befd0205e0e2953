"""What every command shares: the common options, the context, and how failures are said."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from syncdoctor.errors import ConfigError, SyncdoctorError, UsageError, gravest
from syncdoctor.store import place

if TYPE_CHECKING:
    from rich.console import Console

    from syncdoctor.auth.vault import Vault
    from syncdoctor.config import Config
    from syncdoctor.config_tables import Workspace
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.model import Connection
    from syncdoctor.store.statedb import StateDB

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Context:
    """The common options and the environment, resolved: flag over environment over default."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    no_input: bool = False
    no_color: bool = False
    config_dir_flag: Path | None = None
    # What could not be looked at: messages with their exit codes.
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def config_dir(self) -> Path:
        """Where workspaces, apps, rules and guides of the user are."""
        if self.config_dir_flag is not None:
            return self.config_dir_flag
        return _directory("SYNCDOCTOR_CONFIG_DIR", "user_config_path")

    @property
    def state_dir(self) -> Path:
        """Where the state database, locks and logs are."""
        return _directory("SYNCDOCTOR_STATE_DIR", "user_state_path")

    @property
    def cache_dir(self) -> Path:
        """Where what can be made again is kept."""
        return _directory("SYNCDOCTOR_CACHE_DIR", "user_cache_path")

    @property
    def may_ask(self) -> bool:
        """Whether a prompt may be shown: only on a terminal, and not when told otherwise."""
        if self.no_input or self.json or os.environ.get("SYNCDOCTOR_NO_INPUT"):
            return False
        return sys.stdin is not None and sys.stdin.isatty()

    @property
    def config(self) -> Config:
        """The configuration."""
        from syncdoctor.config import Config

        return Config(self.config_dir)

    @property
    def catalogue(self) -> Catalogue:
        """The providers and rules, with the user's own; where one file is wrong, without these."""
        from syncdoctor.engine.catalogue import load

        try:
            return load(self.config_dir / "rules", cache_dir=self.cache_dir)
        except ConfigError as error:
            error.hint = error.hint or "syncdoctor rules test"
            self.leave_out(error, "Your own rules are left out.")
            return load(cache_dir=self.cache_dir)

    def places(self, target: str | None) -> list[tuple[Connection, Workspace]]:
        """The connections that a target means, each with its workspace.

        Where all are meant, a workspace whose file is wrong is said and left out.
        """
        if target is not None:
            return self.config.places(target)
        found = []
        for name in self.config.workspace_names():
            try:
                found += self.config.places(name)
            except ConfigError as error:
                self.leave_out(error)
        return found

    def leave_out(self, error: SyncdoctorError, what: str = "It is left out.") -> None:
        """Say what one of many stumbles over, and go on; the exit code will tell."""
        from syncdoctor import redact

        if error.message in self.left_out:
            return
        sys.stderr.write(f"syncdoctor: {redact.text(error.message)} {what}\n")
        if error.hint:
            sys.stderr.write(f"  → {redact.text(error.hint)}\n")
        self.left_out[error.message] = int(error.exit_code)

    def total(self, codes: list[int]) -> int:
        """The exit code over many connections, with what was left out."""
        return gravest([*codes, *self.left_out.values()])

    def open_state(self) -> StateDB:
        """The state database, made when absent; what was found wrong with it is said."""
        from syncdoctor.store.statedb import StateDB

        state = StateDB(place.of(self.state_dir))
        if state.warning:
            self.err().print(state.warning, style="warn")
        return state

    def open_vault(self) -> Vault:
        """The token store that the environment asks for, the OS keyring by default."""
        from syncdoctor.auth.vault import open_vault

        return open_vault(
            os.environ.get("SYNCDOCTOR_STORE"),
            directory=self.state_dir,
            passphrase_file=os.environ.get("SYNCDOCTOR_PASSPHRASE_FILE"),
            passphrase_command=os.environ.get("SYNCDOCTOR_PASSPHRASE_COMMAND"),
        )

    def passphrase(self) -> str | None:
        """The passphrase of the encrypted file, where one is set; None for the OS keyring."""
        from syncdoctor.auth.passphrase import PassphraseSource

        source = PassphraseSource(
            os.environ.get("SYNCDOCTOR_PASSPHRASE_FILE"),
            os.environ.get("SYNCDOCTOR_PASSPHRASE_COMMAND"),
        )
        if not (source.file or source.command):
            return None
        return source.read().decode(errors="replace")

    def out(self) -> Console:
        """The console of results, on stdout."""
        from syncdoctor.render.terminal import console

        return console(sys.stdout, no_color=self.no_color)

    def err(self) -> Console:
        """The console of progress, banners and errors, on stderr."""
        from syncdoctor.render.terminal import console

        return console(sys.stderr, no_color=self.no_color, quiet=self.quiet, wrap=False)

    def print_json(self, document: Any) -> None:
        """Print one JSON document, the only thing on stdout with ``--json``."""
        import orjson

        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")

    def print_document(self, schema: str, code: int = 0, /, **content: Any) -> None:
        """Print one document of ``syncdoctor.SCHEMA/1`` with what every document begins with."""
        from datetime import UTC, datetime

        from syncdoctor.render.json_v1 import header

        self.print_json({**header(f"syncdoctor.{schema}/1", code, datetime.now(UTC)), **content})

    def print_json_line(self, document: Any) -> None:
        """Print one JSON document on a line of its own."""
        import orjson

        sys.stdout.write(orjson.dumps(document).decode() + "\n")
        sys.stdout.flush()

    def ask(self, question: str, flag: str, *, hide: bool = False) -> str:
        """Ask on the terminal, or name the flag that would have answered."""
        if not self.may_ask:
            raise UsageError(f"{question} is needed.", f"Give it with {flag}.")
        return str(typer.prompt(question, hide_input=hide, err=True))

    def ask_or_skip(self, question: str) -> str:
        """Ask on the terminal what may be left open; empty when it is, or nobody can be asked."""
        if not self.may_ask:
            return ""
        return str(typer.prompt(question, default="", show_default=False, err=True)).strip()

    def confirm(self, question: str, flag: str) -> bool:
        """Ask yes or no on the terminal, or name the flag that would have said yes."""
        if not self.may_ask:
            raise UsageError(f"{question} Nobody can be asked here.", f"Say yes with {flag}.")
        return typer.confirm(question, err=True)


def _directory(variable: str, platform: str) -> Path:
    if value := os.environ.get(variable):
        return Path(value)
    import platformdirs

    path: Path = getattr(platformdirs, platform)("syncdoctor", appauthor=False)
    return path


COMMON: dict[str, Any] = {
    "json": Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")],
    "verbose": Annotated[bool, typer.Option("--verbose", "-v", help="Print more.")],
    "no_input": Annotated[bool, typer.Option("--no-input", help="Never ask.")],
    "no_color": Annotated[bool, typer.Option("--no-color", help="No colours.")],
    "config_dir": Annotated[
        Path | None,
        typer.Option("--config-dir", metavar="DIR", help="Configuration directory."),
    ],
}


def with_context(command: F) -> F:
    """Give a command the common options; its first parameter receives the :class:`Context`."""
    signature = inspect.signature(command, eval_str=True)
    own = list(signature.parameters.values())[1:]
    common = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=annotation,
            default=None if name == "config_dir" else False,
        )
        for name, annotation in COMMON.items()
    ]

    @functools.wraps(command)
    def wrapper(**values: Any) -> Any:
        given = {name: values.pop(name) for name in COMMON}
        given["config_dir_flag"] = given.pop("config_dir")
        place.choose(os.environ.get("SYNCDOCTOR_STATE_URL"))
        context = Context(**given)
        try:
            result = command(context, **values)
        except SyncdoctorError as error:
            target = values.get("target")
            if isinstance(target, str) and "/" in target:
                error.about(target)
            raise
        return context.total([result or 0]) if context.left_out else result

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + common
    wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapper  # type: ignore[return-value]
