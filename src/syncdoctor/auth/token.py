"""A token, and the judgement whether an answer is one: nothing else is ever stored."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from syncdoctor import redact
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.errors import StoreError
from syncdoctor.model import Exchange

_VISIBLE = re.compile(r"[!-~]+")
MARGIN_S = 60.0
SAID_CHARACTERS = 200
# RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5 (https://www.rfc-editor.org/rfc/rfc6749,
# 2026-11-22). Zoho says "Access Denied" when too many tokens were asked for in ten minutes:
# https://zoho.com/accounts/protocol/oauth/token-limits.html, 2026-11-22.
PASSING_CODES = frozenset({"server_error", "temporarily_unavailable", "slow_down", "access denied"})
APP_CODES = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_client_secret", "unsupported_grant_type"}
)
REFUSING_STATUSES = frozenset({400, 401, 403})
STANDARD = frozenset(
    {"access_token", "refresh_token", "expires_in", "token_type", "scope", "id_token"}
)


class TokenAnswer(Protocol):
    """What is judged: an answer of the wire's client."""

    @property
    def exchange(self) -> Exchange: ...  # noqa: D102 - as in syncdoctor.wire.client.Answer

    @property
    def status(self) -> int | None: ...  # noqa: D102

    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102

    @property
    def body(self) -> Any: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Token:
    """What a provider gave. Times have a zone; ``extra`` holds the provider's own fields.

    ``expires_at`` is None for a token that lasts until it is revoked.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    obtained_at: datetime | None = None
    scope: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Have it taken out of whatever is said from now on."""
        redact.remember(self.access_token, self.refresh_token)

    def fresh(self, now: datetime) -> bool:
        """Whether it lasts for another minute, or a tenth of its life if that is shorter."""
        if self.expires_at is None:
            return True
        margin = MARGIN_S
        if self.obtained_at is not None:
            margin = min(margin, (self.expires_at - self.obtained_at).total_seconds() / 10)
        return now + timedelta(seconds=margin) < self.expires_at

    def to_json(self) -> str:
        """The text that the store keeps."""
        return json.dumps(
            {
                "access_token": self.access_token,
                "refresh_token": self.refresh_token,
                "expires_at": self.expires_at.isoformat() if self.expires_at else None,
                "obtained_at": self.obtained_at.isoformat() if self.obtained_at else None,
                "scope": self.scope,
                "extra": dict(self.extra),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Token:
        """A token that the store kept; :class:`StoreError` when it is none."""
        try:
            values = json.loads(text)
            times = {
                name: datetime.fromisoformat(values[name]) if values.get(name) else None
                for name in ("expires_at", "obtained_at")
            }
            return cls(
                _secret(values["access_token"]),
                _secret(values["refresh_token"]) if values.get("refresh_token") else None,
                scope=values.get("scope"),
                extra=dict(values["extra"]),
                **times,
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StoreError(
                "A token in the store is damaged.",
                "Reconnect the connection: syncdoctor reconnect TARGET",
            ) from None


def judge_token_answer(
    answer: TokenAnswer,
    *,
    target: str = "TARGET",
    previous: Token | None = None,
    now: datetime | None = None,
) -> Token:
    """The token in an answer of a token end point.

    Only a 2xx answer whose JSON holds a usable ``access_token`` and no error is one (RFC 6749
    section 5.1). Where a refresh gives no new refresh token, the previous one goes on.

    Raises:
        TokenRefused: the provider refused for good.
        TokenDelayed: no whole answer, an outage, a limit, or something that is no token.
    """
    body = answer.body
    if answer.status is None or not isinstance(body, dict) or "error" in body:
        raise _failure(answer, target)
    if not 200 <= answer.status < 300 or not _is_secret(body.get("access_token")):  # noqa: PLR2004
        raise _failure(answer, target)
    kind, refresh, scope = body.get("token_type"), body.get("refresh_token"), body.get("scope")
    if kind is not None and str(kind).lower() != "bearer":
        raise _strange(answer, target)
    if refresh not in (None, "") and not _is_secret(refresh):
        raise _strange(answer, target)
    now = now or datetime.now(UTC)
    lifetime = _seconds(body.get("expires_in"))
    if lifetime is not None and not (math.isfinite(lifetime) and 0 < lifetime < 10**10):
        raise _strange(answer, target)
    return Token(
        access_token=body["access_token"],
        refresh_token=refresh or (previous.refresh_token if previous else None),
        expires_at=None if lifetime is None else now + timedelta(seconds=lifetime),
        obtained_at=now,
        scope=scope if isinstance(scope, str) else (previous.scope if previous else None),
        extra={
            name: value
            for name, value in body.items()
            if name not in STANDARD and isinstance(value, (str, int, float, bool))
        },
    )


def said(exchange: Exchange) -> str:
    """The provider's own words about a failure, on one line and safe to print."""
    body = exchange.body
    if exchange.status is None:
        return exchange.exception or "no answer"
    words: list[str] = []
    if isinstance(body, dict):
        names = ("error", "error_description", "Title", "Detail", "title", "detail", "message")
        inner = body["error"] if isinstance(body.get("error"), dict) else {}
        told = {**body, **inner, "error": inner.get("code") if inner else body.get("error")}
        words = [str(told[name]) for name in names if told.get(name)]
    text = " ".join("".join(c if c.isprintable() else " " for c in ": ".join(words)).split())
    return f"HTTP {exchange.status}" + (f", {redact.text(text)[:SAID_CHARACTERS]}" if text else "")


def _is_secret(value: Any) -> bool:
    """A token as RFC 6749 appendix A.12 has it: visible ASCII, at least one character."""
    return isinstance(value, str) and _VISIBLE.fullmatch(value) is not None


def _secret(value: Any) -> str:
    if not _is_secret(value):
        raise ValueError("token")
    return str(value)


def _seconds(value: Any) -> float | None:
    """A lifetime; MYOB and others send it as text. Not a number at all is NaN, so refused."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def _failure(answer: TokenAnswer, target: str) -> TokenRefused | TokenDelayed:
    """What a failed answer means for whoever needs the token; diagnose says it in full."""
    body = answer.body
    code = str(body["error"]) if isinstance(body, dict) and body.get("error") else None
    words = said(answer.exchange)
    if answer.status is None:
        return TokenDelayed(
            f"The token end point for {target} did not answer: {words}.",
            f"Run again; nothing was lost. To see why: syncdoctor diagnose {target}",
            exchange=answer.exchange,
        )
    passing = code is not None and code.lower() in PASSING_CODES
    refusing = answer.status in REFUSING_STATUSES or answer.status < 300  # noqa: PLR2004
    if passing or not refusing or (code is None and not isinstance(body, dict)):
        return TokenDelayed(
            f"No token for {target} this time: {words}.",
            f"Run again later. To see why: syncdoctor diagnose {target}",
            exchange=answer.exchange,
            retry_after_s=_retry_after(answer.headers),
        )
    if code is None and answer.status < 300:  # noqa: PLR2004
        return _strange(answer, target)
    app = code is not None and code.lower() in APP_CODES
    return TokenRefused(
        f"The provider refused {'the app' if app else 'the grant'} of {target}: {words}.",
        f"syncdoctor {'diagnose' if app else 'reconnect'} {target}",
        exchange=answer.exchange,
        code=code,
    )


def _strange(answer: TokenAnswer, target: str) -> TokenDelayed:
    return TokenDelayed(
        f"The token end point for {target} answered with something that is no token"
        f" (HTTP {answer.status}).",
        f"syncdoctor diagnose {target}",
        exchange=answer.exchange,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None
