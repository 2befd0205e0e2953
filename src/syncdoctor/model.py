"""The types every room shares: frozen, slotted, and made of the standard library only.

Words are those of the contract: an *exchange* is one request and its answer, a *signal* is
what rules may ask about it, a *finding* is one cause with its evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from syncdoctor.vocabulary import (
    USUAL_ACTION,
    Action,
    Cause,
    Confidence,
    CredentialKind,
    Ownership,
    Phase,
    Severity,
    State,
    Transport,
    Trigger,
)

__all__ = [
    "NOTHING",
    "USUAL_ACTION",
    "Action",
    "App",
    "Cause",
    "Check",
    "Confidence",
    "Connection",
    "CredentialKind",
    "Diagnosis",
    "Exchange",
    "Finding",
    "Organisation",
    "Ownership",
    "Phase",
    "Rule",
    "Sample",
    "Severity",
    "Signal",
    "State",
    "Transport",
    "Trigger",
]

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, or the way in which no answer came.

    Make one with :func:`syncdoctor.redact.exchange`, so that no secret is ever in it.
    ``headers`` have lower-case names. ``body`` is parsed JSON where the answer was JSON,
    else text. ``elapsed_s`` is in seconds; ``at`` has a time zone.
    """

    provider: str | None = None
    phase: Phase | None = None
    method: str = "GET"
    url: str = ""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    exception: str | None = None
    transport: Transport | None = None
    at: datetime | None = None
    elapsed_s: float | None = None
    attempt: int = 1
    redactions: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """What rules may ask about. ``None`` (or empty) means not known, which never matches.

    ``codes`` and ``messages`` are what the provider's envelope picked out of the body;
    ``facts`` are local facts (see docs/rules.md for the closed list of names).
    """

    provider: str | None = None
    phase: Phase | None = None
    method: str | None = None
    url: str | None = None
    status: int | None = None
    transport: Transport | None = None
    codes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body_kind: str | None = None  # json, xml, html, text, empty
    retry_after_s: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer that a rule must find first: its test, its scenario and its example."""

    origin: str  # live, docs, third-party, derived
    source: str
    phase: Phase | None = None
    method: str | None = None
    url: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    exception: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a provider's answer means. ``provider`` is None for a rule of all providers."""

    id: str
    provider: str | None
    cause: Cause
    confidence: Confidence
    meaning: str
    when: Mapping[str, Any]
    sources: tuple[str, ...]
    action: Action
    severity: Severity = Severity.ERROR
    also: tuple[Cause, ...] = ()
    note: str | None = None
    samples: tuple[Sample, ...] = ()
    origin_file: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause with its evidence, in the words of one guide."""

    rule: str | None
    cause: Cause
    action: Action
    confidence: Confidence
    severity: Severity
    provider: str | None
    title: str
    said: str
    meaning: str
    steps: tuple[str, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    links: tuple[str, ...] = ()
    also: tuple[Cause, ...] = ()
    retry_after_s: float | None = None
    matched: Mapping[str, Any] = field(default_factory=dict)
    exchange: Exchange | None = None
    check: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """What is addressed at the provider: Xero tenant, MYOB company file, calendar."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A workspace's link to a provider, written ``workspace/name``.

    ``app`` is None where the credential needs none.
    """

    workspace: str
    name: str
    uid: str
    provider: str
    app: str | None
    created: datetime
    organisation: Organisation | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    ownership: Ownership = Ownership.OWN
    credential: CredentialKind = CredentialKind.OAUTH

    @property
    def target(self) -> str:
        """The name that commands take, e.g. ``acme/xero``."""
        return f"{self.workspace}/{self.name}"


@dataclass(frozen=True, slots=True)
class App:
    """The OAuth client with which connections are authorised; its secret is in the store.

    ``urls`` overrides provider URLs by name: authorize, token, revoke, api, connections, status.
    ``environment`` names another world of the provider than the live one, e.g. ``sandbox``.
    """

    name: str
    provider: str
    client_id: str
    redirect_uri: str | None = None
    scopes: tuple[str, ...] = ()
    urls: Mapping[str, str] = field(default_factory=dict)
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One probe's outcome: ``ok``, ``problem``, ``skipped``, ``crashed`` or ``timed-out``."""

    name: str
    outcome: str
    summary: str
    exchange: Exchange | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings about one connection, best first, with the state that they add up to."""

    target: str
    state: State
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    ruled_out: tuple[Cause, ...]
    at: datetime
    exchanges: tuple[Exchange, ...] = field(default=())
