"""Failures of a sign-in or a token request, with the exchange that shows what was said."""

from __future__ import annotations

from syncdoctor.errors import SignInNeeded, TemporaryFailure
from syncdoctor.model import Exchange


class TokenRefused(SignInNeeded):
    """The provider refused for good: a person must sign in, or repair the app.

    ``exchange`` is what was said, None when nothing was asked; ``code`` the OAuth error code.
    """

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        exchange: Exchange | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.exchange = exchange
        self.code = code


class TokenDelayed(TemporaryFailure):
    """No token came this time, and nothing was lost: run again.

    ``exchange`` is what was said, None when nothing was asked; ``retry_after_s`` in seconds.
    """

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        exchange: Exchange | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.exchange = exchange
        self.retry_after_s = retry_after_s
