"""A pause after a failed refresh, shared by all processes, so that a fault is not hammered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.token import Token

LONGEST_S = 3600.0


class Cooldown:
    """Remembers that a token's refresh failed; it is forgotten when another token is stored."""

    def __init__(self, path: Path, seconds: float, clock: Callable[[], datetime]) -> None:
        """``path`` is a file beside the lock; ``seconds`` how long to wait after a failure."""
        self._path, self._seconds, self._clock = path, seconds, clock

    def raise_if_cooling(self, token: Token) -> None:
        """Raise the failure again while its pause lasts, without asking the provider."""
        try:
            noted = json.loads(self._path.read_bytes())
            since, until = (datetime.fromisoformat(noted[name]) for name in ("at", "until"))
            message, hint, refused = str(noted["message"]), str(noted["hint"]), noted["refused"]
            same = noted["token"] == _fingerprint(token)
        except (OSError, ValueError, KeyError, TypeError):
            return
        # A clock that was set back must not make the pause longer than it was.
        if not (self._seconds and same and since <= self._clock() < until):
            return
        message = f"{message} Asked at {since:%H:%M:%S}, not again before {until:%H:%M:%S} UTC."
        raise (TokenRefused if refused else TokenDelayed)(message, hint)

    def begin(self, token: Token, error: TokenRefused | TokenDelayed) -> None:
        """Note a failure. A pause that cannot be noted is no reason to fail differently."""
        asked = error.retry_after_s if isinstance(error, TokenDelayed) else None
        seconds = min(max(self._seconds, asked or 0.0), LONGEST_S)
        now = self._clock()
        noted = {
            "at": now.isoformat(),
            "until": (now + timedelta(seconds=seconds)).isoformat(),
            "token": _fingerprint(token),
            "refused": isinstance(error, TokenRefused),
            "message": error.message,
            "hint": error.hint,
        }
        with suppress(OSError):
            self._path.write_text(json.dumps(noted), encoding="utf-8")
            self._path.chmod(0o600)

    def end(self) -> None:
        """Forget the failure."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def _fingerprint(token: Token) -> str:
    return hashlib.sha256((token.refresh_token or token.access_token).encode()).hexdigest()[:16]
