"""What the authorisation server keeps: apps, requests for consent, grants, codes and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Client:
    """An app that is registered. Without a secret it must use PKCE; no scopes means any."""

    client_id: str
    secret: str | None
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    name: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request for consent that waits for the person."""

    id: str
    client: Client
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    challenge: str | None


@dataclass(slots=True)
class Grant:
    """What one consent gave."""

    client: Client
    user: str
    scopes: frozenset[str]
    event: str
    serial: int
    revoked: bool = False
    renewed: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class Code:
    """An authorisation code; it works once."""

    grant: Grant
    request: Request
    expires: datetime
    used: bool = False


@dataclass(slots=True)
class Refresh:
    """A refresh token. After its first use it works on for the provider's grace alone."""

    grant: Grant
    serial: int
    expires: datetime | None
    used: datetime | None = None


@dataclass(slots=True)
class Access:
    """An access token."""

    grant: Grant
    serial: int
    expires: datetime


class AuthorizeRefused(Exception):
    """The request for consent cannot even be sent back: a page says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """Status and JSON body of the token end point."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]
