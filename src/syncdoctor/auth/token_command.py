"""A token that another program owns: what its command prints, read and never refreshed.

The command prints ``{"access_token": "…", "expires_at": "2026-01-01T00:00:00Z"}`` (the time may be
absent), or the access token alone on one line. It runs without a shell.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from syncdoctor.auth.token import Token
from syncdoctor.errors import StoreError

COMMAND_LIMIT_S = 30.0


def read_token(command: str, target: str) -> Token:
    """Run a connection's token command; :class:`StoreError` when it gives no token."""
    import shlex
    import subprocess

    hint = f"Run the token_command of {target} by itself to see what it says."
    try:
        done = subprocess.run(  # noqa: S603 - the person's own command, without a shell
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"The token command of {target} gave no answer in {COMMAND_LIMIT_S:.0f} s."
        raise StoreError(message, hint) from None
    except (OSError, ValueError):
        raise StoreError(f"The token command of {target} cannot be run.", hint) from None
    if done.returncode:
        raise StoreError(f"The token command of {target} failed ({done.returncode}).", hint)
    try:
        return _token(done.stdout.decode().strip())
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"The token command of {target} printed no token.", hint) from None


def _token(text: str) -> Token:
    values = json.loads(text) if text.startswith("{") else {"access_token": text}
    access, expires = values["access_token"], values.get("expires_at")
    if not access or not all("!" <= c <= "~" for c in access):
        raise ValueError("access_token")
    at = datetime.fromisoformat(expires) if expires else None
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return Token(access, expires_at=at)
