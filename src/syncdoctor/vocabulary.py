"""The closed lists of words that every room shares: causes, actions, states and the like."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


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


class CredentialKind(StrEnum):
    """What a connection shows to its provider; every kind but ``oauth`` is given by a person."""

    OAUTH = "oauth"
    TOKEN = "token"  # noqa: S105 - an access token that a person pastes
    KEY = "key"  # the API key of a custom integration
    SECRET = "secret"  # noqa: S105 - with which deliveries of a webhook are signed
    FEED = "feed"  # the secret address of an iCal feed


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
