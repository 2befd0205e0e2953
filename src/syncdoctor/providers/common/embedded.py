"""What a provider that is embedded in the sandbox is made of.

A provider's own ``sandbox`` module subclasses :class:`EmbeddedProvider` and exports it as
``SANDBOX``; the server in :mod:`syncdoctor.sandbox` does the rest. Everything here is plain data
and calls without I/O: a request comes in as a :class:`Call` and leaves as a :class:`Reply`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

from syncdoctor.engine.facts_file import provider_of
from syncdoctor.engine.provider import Limits, OAuthFacts
from syncdoctor.engine.table import parse_file
from syncdoctor.model import Organisation


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault that can be switched on by name, and what is published about it.

    ``doors`` are the parts of a provider that it touches: authorize, token, revoke, api,
    connections. ``params`` are its settings with their defaults. ``source`` is the address of
    what the answer was modelled on, or ``derived`` with the reason.
    """

    name: str
    summary: str
    source: str
    doors: tuple[str, ...] = ("api", "connections")
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that is on. ``since`` is the world's serial number when it was switched on."""

    spec: FaultSpec
    params: Mapping[str, Any]
    since: int

    def hits(self, serial: int) -> bool:
        """Whether something made at ``serial`` is struck: what came later has been healed."""
        return serial < self.since or bool(self.params.get("always"))


class Faults(Protocol):
    """The faults that are on for one call."""

    def on(self, name: str) -> ActiveFault | None:
        """The fault when it is on for this call; asking again gives the same."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """What the authorisation server knows of the token that came with a call.

    ``state`` is valid, missing, unknown, expired or revoked. ``serial`` is when consent was given.
    """

    state: str
    client_id: str = ""
    app: str = ""
    user: str = ""
    scopes: frozenset[str] = frozenset()
    event: str = ""
    serial: int = 0
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """One person allowed one app to see these organisations."""

    client_id: str
    app: str
    user: str
    organisations: tuple[str, ...]
    scopes: frozenset[str]
    event: str
    serial: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A request below the provider's prefix; names of headers are lower-case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    bearer: Bearer
    faults: Faults
    now: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. ``headers`` has the content type, unless there is no body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the limits after a call; ``problem`` names the one that is used up."""

    minute: int
    day: int
    app_minute: int
    problem: str | None = None
    retry_after_s: int = 0


# The error of a token end point that was asked too often; a provider may say it in its own form.
TOO_OFTEN = "slow_down"

# Stands for the sign-in of a provider that has none: no client is registered, no door leads to it.
NO_SIGN_IN = OAuthFacts(
    client_auth="none",
    pkce=False,
    scopes=(),
    redirect="exact",
    default_redirect="",
    rotates=False,
    access_lifetime_s=0,
    refresh_lifetime_days=None,
)


@dataclass(frozen=True, slots=True)
class EmbeddedFacts:
    """The part of ``facts.toml`` that a provider's sandbox lives by."""

    name: str
    oauth: OAuthFacts
    limits: Limits
    urls: Mapping[str, str]
    organisation_word: str = "organisation"
    token_scheme: str = "Bearer"  # noqa: S105 - of the Authorization header
    paths: Mapping[str, str] = field(default_factory=dict)
    required_settings: tuple[str, ...] = ()

    @property
    def signs_in(self) -> bool:
        """Whether there is a consent page."""
        return self.oauth is not NO_SIGN_IN


def read_facts(provider: str) -> EmbeddedFacts:
    """Read a provider's ``facts.toml``; paths are those of the provider's own URLs.

    A provider without an address of its own is served at ``/``, and has no status page.

    Raises:
        ConfigError: the file is wrong.
    """
    path = Path(__file__).parents[1] / provider.replace("-", "_") / "facts.toml"
    facts = provider_of(parse_file(path), path)
    paths = {key: urlsplit(url).path for key, url in facts.urls.items()} or {"api": "/"}
    if facts.urls and len(paths.get("status", "")) <= 1:
        paths["status"] = "/status/"
    return EmbeddedFacts(
        name=facts.name,
        oauth=facts.oauth or NO_SIGN_IN,
        limits=facts.limits,
        urls=MappingProxyType(dict(facts.urls)),
        organisation_word=facts.organisation_word,
        token_scheme=facts.token_scheme,
        paths=MappingProxyType(paths),
        required_settings=facts.required_settings,
    )


class EmbeddedProvider(ABC):
    """One provider in the sandbox: its state, its answers, its faults."""

    id: ClassVar[str]
    faults: ClassVar[tuple[FaultSpec, ...]] = ()
    redirected: ClassVar[Mapping[str, str]] = {}  # what a redirect says besides the code

    def __init__(self) -> None:
        self.facts = read_facts(self.id)

    @abstractmethod
    def organisations(self, faults: Faults) -> Sequence[Organisation]:
        """What the consent page offers."""

    @abstractmethod
    def consented(self, consent: Consent) -> None:
        """Take note that a person said yes."""

    @abstractmethod
    def revoked(self, client_id: str, user: str) -> None:
        """Take note that an app gave a person's refresh token back."""

    def ended(self, bearer: Bearer, faults: Faults) -> bool:
        """Whether the provider has put an end to a consent: its refresh tokens are refused."""
        del bearer, faults
        return False

    def told_in_redirect(self, organisations: tuple[str, ...]) -> Mapping[str, str]:
        """What the redirect says besides the code once these organisations were joined."""
        del organisations
        return self.redirected

    def notes(self, base: str) -> Sequence[str]:
        """What else is worth knowing to whoever uses the sandbox, served at ``base``."""
        del base
        return ()

    def token_answer(self, status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The answer of the token end point in the provider's own form; RFC 6749's by default."""
        return status, body

    @abstractmethod
    def mint(self, bearer: Bearer, issued: datetime) -> str:
        """Make an access token; it must be different each time."""

    @abstractmethod
    def handle(self, call: Call) -> Reply:
        """Answer a call to the API or to the list of connections."""

    @abstractmethod
    def broken(self, fault: str) -> Reply:
        """Answer as the provider does while it is down: provider-down, server-error, …."""

    @abstractmethod
    def limit_key(self, call: Call) -> str | None:
        """Whose limits a call counts against, or None when it does not count."""

    @abstractmethod
    def limit_headers(self, allowance: Allowance) -> Mapping[str, str]:
        """How the provider tells what is left."""

    @abstractmethod
    def limited(self, allowance: Allowance) -> Reply:
        """The provider's answer when a limit is used up."""

    @abstractmethod
    def authorize_problem(self, reason: str) -> tuple[int, str]:
        """Status and words of the page for unknown-client, redirect-mismatch or invalid-scope."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What the provider holds, counted, so that tests can prove that nothing is doubled."""


class EmbeddedWithoutSignIn(EmbeddedProvider):
    """A provider whose credential a person gives: nobody consents, no token is minted."""

    def organisations(self, faults: Faults) -> Sequence[Organisation]:
        """None: there is no consent page to offer them."""
        del faults
        return ()

    def consented(self, consent: Consent) -> None:
        """Nobody consents here."""
        raise AssertionError(f"{self.id} has no consent page, but {consent.user} consented")

    def revoked(self, client_id: str, user: str) -> None:
        """No app is registered here."""
        raise AssertionError(f"{self.id} has no apps, but {client_id} gave back {user}'s token")

    def mint(self, bearer: Bearer, issued: datetime) -> str:
        """No token is minted here."""
        raise AssertionError(f"{self.id} mints no token: {bearer.user} at {issued}")

    def authorize_problem(self, reason: str) -> tuple[int, str]:
        """There is no page that could have one."""
        return 404, reason

    def limit_headers(self, allowance: Allowance) -> Mapping[str, str]:
        """What is left is not told."""
        del allowance
        return {}

    @abstractmethod
    def set_up(self, api: str) -> str:
        """The shell command that makes a connection to this sandbox, whose API is at ``api``."""
