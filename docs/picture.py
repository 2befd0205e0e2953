# noqa: INP001 - a script beside the picture that it makes, no package
"""Make docs/diagnose.svg: a real `diagnose` of the embedded sandbox, drawn by rich.

    python docs/picture.py [--check]

With ``--check`` nothing is written; the exit code is 1 when the picture is not what the program
shows now.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.scenarios import SCENARIOS
from syncdoctor.sandbox.server import Running

PICTURE = Path(__file__).parent / "diagnose.svg"
WIDTH = 92
COMMAND = ("diagnose", "acme/xero")


def scene(home: Path) -> str:
    """What ``diagnose`` shows, with colours, when the customer's grant was revoked."""
    passphrase = home / "passphrase"
    passphrase.write_text("only for this picture\n", encoding="utf-8")
    passphrase.chmod(0o600)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "COLUMNS": str(WIDTH),
        "FORCE_COLOR": "1",
        "TERM": "xterm-256color",
        "SYNCDOCTOR_STORE": "file",
        "SYNCDOCTOR_PASSPHRASE_FILE": str(passphrase),
    }

    def run(*arguments: str) -> str:
        program = [sys.executable, "-m", "syncdoctor.cli.main", *arguments]
        done = subprocess.run(  # noqa: S603 - our own program
            program, env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout

    with Running() as sandbox:
        client_id = next(iter(sandbox.world.room("xero").oauth.clients))
        urls = [f"--url={name}={url}" for name, url in sandbox.app_urls("xero").items()]
        settings = ("--setting=sales_account=200", "--setting=tax_type=OUTPUT2")
        run("app", "add", "xero", "--client-id", client_id, "--no-secret", *urls)
        run("connection", "add", "acme/xero", "--guide=solido", *settings)
        begun = json.loads(run("reconnect", "acme/xero", "--non-interactive", "--json"))

        back = approve(begun["next_step"]["url"])
        run("reconnect", "acme/xero", "--complete", begun["id"], "--redirect-url", back,
            "--no-sync")  # fmt: skip
        for fault, params in SCENARIOS["reconnect-needed"].faults.items():
            sandbox.world.switch_on(fault, **params)
        return run(*COMMAND)


def draw(shown: str) -> str:
    """The picture; what changes from run to run, a port, is made the same."""
    shown = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8790", shown)
    console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
    console.print(Text(f"$ syncdoctor {' '.join(COMMAND)}", style="bold"))
    console.print(Text.from_ansi(shown))
    svg = console.export_svg(title="syncdoctor", unique_id="diagnose")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main() -> int:
    """Write or check the picture; the exit code."""
    parser = argparse.ArgumentParser(description="Draw a real diagnose.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when old")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        made = draw(scene(Path(home)))
    if not options.check:
        PICTURE.write_text(made, encoding="utf-8")
        return 0
    if PICTURE.read_text(encoding="utf-8") == made:
        return 0
    sys.stderr.write("docs/diagnose.svg is not what the program shows: make docs\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
