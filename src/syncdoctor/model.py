"""The types every room shares: frozen, slotted, and made of the standard library only.

Words are those of the contract: an *exchange* is one request and its answer, a *signal* is
what rules may ask about it, a *finding* is one cause with its evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Phase(StrEnum):
    """Where in the life of an integration an exchange took place."""

    AUTHORIZE = "authorize"
    TOKEN = "token"  # noqa: S105 - the word of the contract, no secret
    API = "api"
    WEBHOOK = "webhook"
    NETWORK = "network"


class Confidence(StrEnum):
    """How sure a rule is of its cause."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Severity(StrEnum):
    """How much a finding matters: it decides the exit code together with ``--fail-on``."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class State(StrEnum):
    """State of a connection; guides may rename what is shown, never these words."""

    HEALTHY = "healthy"
    VERIFYING = "verifying"
    SETUP_NEEDED = "setup-needed"
    RECONNECT_NEEDED = "reconnect-needed"
    LAST_SYNC_FAILED = "last-sync-failed"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class Ownership(StrEnum):
    """Who may refresh a connection's token; ``borrowed`` belongs to the product."""

    OWN = "own"
    BORROWED = "borrowed"


class Trigger(StrEnum):
    """What started a sync."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Action(StrEnum):
    """What the person does next; the closed list of the diagnosis vocabulary."""

    REFRESH = "refresh"
    RECONNECT = "reconnect"
    CONFIGURE = "configure"
    CHANGE_PERMISSION = "change-permission"
    FIX_RECORD = "fix-record"
    FIX_APP = "fix-app"
    RESYNC = "resync"
    RETRY_LATER = "retry-later"
    WAIT = "wait"
    UPGRADE_PLAN = "upgrade-plan"
    CHECK_NETWORK = "check-network"
    CONTACT_PROVIDER = "contact-provider"
    CONTACT_SUPPORT = "contact-support"
    NONE = "none"


class Cause(StrEnum):
    """What is wrong; the closed list of the diagnosis vocabulary."""

    ACCESS_TOKEN_EXPIRED = "access-token-expired"  # noqa: S105
    RECONNECT_NEEDED = "reconnect-needed"
    CONSENT_BLOCKED = "consent-blocked"
    APP_CREDENTIALS = "app-credentials"
    REDIRECT_MISMATCH = "redirect-mismatch"
    WRONG_ENVIRONMENT = "wrong-environment"
    SCOPE_MISSING = "scope-missing"
    PERMISSION_DENIED = "permission-denied"
    TENANT_NOT_CONNECTED = "tenant-not-connected"
    ORGANISATION_INACTIVE = "organisation-inactive"
    API_DISABLED = "api-disabled"
    SETTING_MISSING = "setting-missing"
    RECORD_INVALID = "record-invalid"
    DUPLICATE_RECORD = "duplicate-record"
    RECORD_LOCKED = "record-locked"
    RECORD_NOT_FOUND = "record-not-found"
    PAYMENT_REFUSED = "payment-refused"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate-limited"
    QUOTA_EXHAUSTED = "quota-exhausted"
    LIMIT_EXCEEDED = "limit-exceeded"
    PLAN_LIMIT = "plan-limit"
    VERIFICATION_PENDING = "verification-pending"
    PROVIDER_OUTAGE = "provider-outage"
    NETWORK_FAILURE = "network-failure"
    CLOCK_SKEW = "clock-skew"
    SIGNATURE_INVALID = "signature-invalid"
    REQUEST_MALFORMED = "request-malformed"
    UNKNOWN = "unknown"


USUAL_ACTION: Mapping[Cause, Action] = MappingProxyType(
    {
        Cause.ACCESS_TOKEN_EXPIRED: Action.REFRESH,
        Cause.RECONNECT_NEEDED: Action.RECONNECT,
        Cause.CONSENT_BLOCKED: Action.RECONNECT,
        Cause.APP_CREDENTIALS: Action.FIX_APP,
        Cause.REDIRECT_MISMATCH: Action.FIX_APP,
        Cause.WRONG_ENVIRONMENT: Action.CONFIGURE,
        Cause.SCOPE_MISSING: Action.RECONNECT,
        Cause.PERMISSION_DENIED: Action.CHANGE_PERMISSION,
        Cause.TENANT_NOT_CONNECTED: Action.RECONNECT,
        Cause.ORGANISATION_INACTIVE: Action.CONTACT_PROVIDER,
        Cause.API_DISABLED: Action.FIX_APP,
        Cause.SETTING_MISSING: Action.CONFIGURE,
        Cause.RECORD_INVALID: Action.FIX_RECORD,
        Cause.DUPLICATE_RECORD: Action.NONE,
        Cause.RECORD_LOCKED: Action.FIX_RECORD,
        Cause.RECORD_NOT_FOUND: Action.RESYNC,
        Cause.PAYMENT_REFUSED: Action.FIX_RECORD,
        Cause.CONFLICT: Action.RESYNC,
        Cause.RATE_LIMITED: Action.RETRY_LATER,
        Cause.QUOTA_EXHAUSTED: Action.WAIT,
        Cause.LIMIT_EXCEEDED: Action.FIX_RECORD,
        Cause.PLAN_LIMIT: Action.UPGRADE_PLAN,
        Cause.VERIFICATION_PENDING: Action.WAIT,
        Cause.PROVIDER_OUTAGE: Action.RETRY_LATER,
        Cause.NETWORK_FAILURE: Action.CHECK_NETWORK,
        Cause.CLOCK_SKEW: Action.FIX_APP,
        Cause.SIGNATURE_INVALID: Action.CONFIGURE,
        Cause.REQUEST_MALFORMED: Action.FIX_APP,
        Cause.UNKNOWN: Action.CONTACT_SUPPORT,
    }
)


class Transport(StrEnum):
    """The way in which no whole answer came."""

    DNS = "dns"
    REFUSED = "refused"
    RESET = "reset"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect-timeout"
    READ_TIMEOUT = "read-timeout"
    TLS_EXPIRED = "tls-expired"
    TLS_UNTRUSTED = "tls-untrusted"
    TLS_HOSTNAME = "tls-hostname"
    TLS_OTHER = "tls-other"
    PROXY = "proxy"
    INCOMPLETE = "incomplete"
    OTHER = "other"


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
    """A workspace's link to a provider, written ``workspace/name``."""

    workspace: str
    name: str
    uid: str
    provider: str
    app: str
    created: datetime
    organisation: Organisation | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    ownership: Ownership = Ownership.OWN

    @property
    def target(self) -> str:
        """The name that commands take, e.g. ``acme/xero``."""
        return f"{self.workspace}/{self.name}"


@dataclass(frozen=True, slots=True)
class App:
    """The OAuth client with which connections are authorised; its secret is in the store.

    ``urls`` overrides provider URLs by name: authorize, token, revoke, api, connections, status.
    """

    name: str
    provider: str
    client_id: str
    redirect_uri: str | None = None
    scopes: tuple[str, ...] = ()
    urls: Mapping[str, str] = field(default_factory=dict)


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
