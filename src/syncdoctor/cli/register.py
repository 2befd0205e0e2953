"""Which commands there are. A command's module is imported when it is called, and not before.

A module has ``attach(app)``, which adds its command, or its group of commands, of the same name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter

# Name → the line that --help shows; a test compares it with the command's own first line.
COMMANDS = {
    "status": "Show every connection: uid, type, created, status, last sync, age, next command.",
    "diagnose": "Find out what is wrong with a connection and what to do. Changes nothing.",
    "explain": "Say what an answer, a log or a traceback means, and what to do.",
    "reconnect": "Renew the authorisation, check that the same organisation came back, then sync.",
    "resync": "Push recent records again; nothing is doubled and nothing is wiped.",
    "history": "Show how many syncs there were, how they ended, and since when what fails.",
    "connection": "A workspace's links to its providers.",
    "keys": "The API keys of a custom integration.",
    "channel": "A workspace's sales channels and their owners.",
    "app": "The OAuth clients that connections sign in with.",
    "records": "The files that records come from.",
    "store": "Where tokens are kept.",
    "rules": "What providers' answers mean.",
    "guide": "What a product's customers are told to do.",
    "schedule": "Print, install or remove the cron line or systemd timer of a nightly resync.",
    "sandbox": "Serve stateful stand-ins for the providers on this machine, until Ctrl-C.",
    "demo": "Tell the whole story on the embedded sandbox: nothing leaves this machine.",
}


class LazyGroup(TyperGroup):
    """The program's commands, each loaded when it is called."""

    _listing = False

    def list_commands(self, ctx: Context) -> list[str]:
        """The names, in the order of a story."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command; while help is written, only its name and line."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        if self._listing:
            return TyperCommand(cmd_name, help=COMMANDS[cmd_name])
        command: Command = load(cmd_name)
        return command

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help without loading any command."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


def load(name: str) -> Any:
    """The command of that name, from its module."""
    app = typer.Typer(add_completion=False)
    import_module(f"syncdoctor.cli.{name}").attach(app)
    return get_group(app).commands[name]
