"""Secrets come from a file, from stdin or from a hidden prompt; never from an argument."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from syncdoctor import redact
from syncdoctor.errors import UsageError

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context


def read_secret(ctx: Context, file: str | None, what: str, flag: str) -> str:
    """A secret that a person gives.

    Args:
        ctx: whether somebody can be asked.
        file: a path, ``-`` for stdin, None for the prompt.
        what: what is asked for, e.g. ``access token``.
        flag: the option that names the file.

    Raises:
        UsageError: there is none, or the file cannot be read.
    """
    secret = _from(file, what, flag) if file else _prompted(ctx, what, flag)
    if not secret:
        raise UsageError(f"The {what} is empty.", f"Give it with {flag} FILE.")
    redact.remember(secret)
    return secret


def _prompted(ctx: Context, what: str, flag: str) -> str:
    return ctx.ask(what[0].upper() + what[1:], f"{flag} FILE", hide=True).strip()


def _from(file: str, what: str, flag: str) -> str:
    if file == "-":
        if sys.stdin is None:
            raise UsageError(f"There is no {what} on stdin: it is closed.", f"{flag} FILE")
        return sys.stdin.readline().strip()
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        problem = "it is no UTF-8 text"
    raise UsageError(f"{flag} {file}: {problem}.", f"Give another file with {flag} FILE.")
