"""``syncdoctor demo``: the whole story of a broken connection, told on the embedded sandbox."""

from __future__ import annotations

import os
import secrets
import shlex
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdoctor.cli.common import Context, with_context
from syncdoctor.errors import ExitCode, SyncdoctorError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from syncdoctor.sandbox.server import Running

TARGET = "acme/xero"
BROWSER = "syncdoctor-demo"
FIRST_NIGHT = 18  # invoices that were there before the connection broke
STORY = (
    (
        ("status",),
        "Acme Plumbing calls: their invoices are not in Xero. What is known?",
    ),
    (
        ("diagnose", TARGET),
        "What does Xero say now, what does it mean, and what is to be done?",
    ),
    (
        ("reconnect", TARGET, "--no-sync"),
        "The customer signs in again. Here the demo answers Xero's consent page by itself.",
    ),
    (
        ("resync", TARGET),
        "Everything recent is pushed again. What Xero already has is not doubled; "
        "7 of the 120 invoices are bad in 5 different ways.",
    ),
    (
        ("history", TARGET),
        "What happened, and since when.",
    ),
)


def attach(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


@with_context
def demo(
    ctx: Context,
    pause: Annotated[bool, typer.Option("--pause", help="Wait for a key between steps.")] = False,
) -> int:
    """Tell the whole story on the embedded sandbox: nothing leaves this machine."""
    from syncdoctor.sandbox.server import Running

    if pause and not ctx.may_ask:
        raise UsageError("--pause needs a terminal.", "syncdoctor demo")
    out = ctx.out()
    with tempfile.TemporaryDirectory(prefix="syncdoctor-demo-") as name, Running() as sandbox:
        directory = Path(name)
        with _surroundings(directory):
            _tell(out, "A sandbox of Xero is running on this machine. Setting the scene …")
            _prepare(sandbox, directory)
            for number, (command, words) in enumerate(STORY, 1):
                if pause and number > 1:
                    _wait()
                _tell(out, f"{number}. {words}")
                if _run(out, command) in {ExitCode.INTERRUPTED, ExitCode.DEFECT}:
                    return int(ExitCode.INTERRUPTED)
    _tell(out, "That was all of it. Next: syncdoctor app add xero --client-id ID")
    return int(ExitCode.OK)


def _prepare(sandbox: Running, directory: Path) -> None:
    """A connection that worked for a night; then its grant was revoked, and two nights failed."""
    from syncdoctor.sandbox import story
    from syncdoctor.sandbox.world import CLIENT_ID

    source, today = directory / "invoices.csv", datetime.now(UTC).date()
    callback = _free_callback()
    sandbox.world.register_client("xero", CLIENT_ID, redirect_uris=(callback,))
    urls = [f"--url={name}={url}" for name, url in sandbox.app_urls("xero").items()]
    story.write_source(source, FIRST_NIGHT, today)
    webbrowser.register(BROWSER, None, _Person(), preferred=True)
    for command in (
        ("app", "add", "xero", "--client-id", CLIENT_ID, "--no-secret", *urls,
         f"--redirect-uri={callback}"),
        ("connection", "add", TARGET, "--guide=solido", f"--source={source}",
         "--setting=sales_account=200", "--setting=tax_type=OUTPUT2"),
        ("reconnect", TARGET, "--no-sync"),
        ("resync", "--all", "--automatic"),
    ):  # fmt: skip
        _quietly(command, ExitCode.OK)
    story.write_source(source, story.INVOICES, today)
    sandbox.world.switch_on("access-token-expired")
    sandbox.world.switch_on("refresh-token-revoked")
    for _ in range(2):
        _quietly(("resync", "--all", "--automatic"), ExitCode.SIGN_IN)


def _quietly(command: tuple[str, ...], expected: int) -> None:
    """Run a command of the scene; what it says is shown only when it goes otherwise."""
    from syncdoctor.cli.main import run

    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = run(list(command))
    if code != expected:
        raise SyncdoctorError(f"The scene could not be set: {said.getvalue().strip()}")


def _run(out: Console, command: tuple[str, ...]) -> int:
    from syncdoctor.cli.main import run

    out.print(f"$ syncdoctor {shlex.join(command)}", style="command")
    code = run(list(command))
    meaning = ExitCode(code).name.lower().replace("_", " ")
    out.print(f"exit code {code} ({meaning})", style="dim")
    return code


def _tell(out: Console, words: str) -> None:
    from rich.rule import Rule

    out.print(Rule(style="dim"))
    out.print(words, style="heading")


def _wait() -> None:
    typer.prompt("Press Enter to go on", default="", show_default=False, err=True)


class _Person(webbrowser.BaseBrowser):
    """Stands in for the customer's browser: opens the consent page and allows the access."""

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        """Answer the page, then follow it back to the callback."""
        import httpx2

        from syncdoctor.sandbox.person import approve

        del new, autoraise
        back = approve(url)
        httpx2.get(back, trust_env=False, timeout=30.0)
        return True


@contextmanager
def _surroundings(directory: Path) -> Iterator[None]:
    """Directories and a token store of the demo's own; the user's are not touched."""
    passphrase = directory / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_text(secrets.token_urlsafe(24), encoding="utf-8")
    ours = {
        "SYNCDOCTOR_CONFIG_DIR": str(directory / "config"),
        "SYNCDOCTOR_STATE_DIR": str(directory / "state"),
        "SYNCDOCTOR_STORE": "file",
        "SYNCDOCTOR_PASSPHRASE_FILE": str(passphrase),
        "SYNCDOCTOR_NO_INPUT": "1",
        "BROWSER": BROWSER,
    }
    before = {name: os.environ.get(name) for name in (*ours, "SYNCDOCTOR_PASSPHRASE_COMMAND")}
    os.environ.pop("SYNCDOCTOR_PASSPHRASE_COMMAND", None)
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _free_callback() -> str:
    """A callback address on a port that is free now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/callback"
