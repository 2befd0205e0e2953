"""What is known about a provider: the shape of ``providers/NAME/facts.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdoctor.model import Connection, CredentialKind


@dataclass(frozen=True, slots=True)
class RenewalLimit:
    """How many new access tokens one grant may be asked for within so many seconds."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class OAuthFacts:
    """How a provider does OAuth 2.0. Times are in seconds, lifetimes of refresh tokens in days."""

    client_auth: str  # basic, body, none: how the client authenticates at the token end point
    pkce: bool
    scopes: tuple[str, ...]
    redirect: str  # any-port, exact, https
    default_redirect: str
    rotates: bool  # a refresh answers with a new refresh token that replaces the old
    access_lifetime_s: int
    refresh_lifetime_days: int | None  # unused; None: until revoked
    grace_s: int = 0  # how long the old refresh token works when the answer was lost
    authorize_extra: Mapping[str, str] = field(default_factory=dict)
    revoke_ends: str = "grant"  # token: a revocation leaves the user's newer grants alone
    code_lifetime_s: int = 300  # of an authorisation code
    scope_separator: str = " "
    renewals: RenewalLimit | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a provider says "too many calls" where it does not say it with status 429."""

    status: int
    code: str
    also: tuple[str, ...] = ()  # further codes for the same


@dataclass(frozen=True, slots=True)
class SignOn:
    """A sign-on that an organisation may have besides the token: base64 of ``user:password``.

    User and password lie in the token store. ``probe`` names the probe that proves them.
    """

    header: str
    user: str  # the name under which a person gives it
    password: str
    probe: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider allows for each organisation or app, and how large a write may be."""

    concurrent: int | None = None
    per_second: int | None = None
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    batch: int = 1
    max_body_bytes: int | None = None
    counted_for: str = "organisation"  # or app
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a provider's error words are, as paths into the parsed body.

    ``a.b`` descends, ``a[]`` goes through a list, ``**.a`` finds ``a`` at any depth.
    ``error_when`` lists paths whose presence (non-empty, not one of ``ok_values``) in a 2xx answer
    makes it an error. ``records`` lists paths to the records of a batch, e.g. ``Invoices[]``:
    each record that has an error of its own is judged by itself.
    """

    codes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    error_when: tuple[str, ...] = ()
    ok_values: tuple[str, ...] = ()
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Detect:
    """How to tell that an answer is this provider's: any one of these is enough."""

    hosts: tuple[str, ...] = ()  # host or .suffix
    headers: tuple[str, ...] = ()  # names of answer headers that only this provider sends
    shapes: tuple[str, ...] = ()  # RE2 expressions over the body's text


@dataclass(frozen=True, slots=True)
class Probe:
    """One read-only question that ``diagnose`` asks.

    ``path`` is relative to ``urls[base]``; ``{name}`` in it is a setting of the connection.
    """

    name: str  # identity, organisation, permission, accounts, tax-rates, …
    summary: str
    path: str
    base: str = "api"
    method: str = "GET"
    needs: tuple[str, ...] = ()  # probes that must have been ok
    tells: tuple[str, ...] = ()  # causes that it can rule out or prove
    fine: tuple[int, ...] = ()  # statuses that are as good an answer as 2xx


@dataclass(frozen=True, slots=True)
class Provider:
    """Facts about one provider, read from its ``facts.toml``."""

    id: str
    name: str
    organisation_word: str
    actions: tuple[str, ...]
    urls: Mapping[str, str]
    hosts: tuple[str, ...]
    organisation_header: str | None = None
    organisation_query: str | None = None  # the query parameter that names the organisation
    organisation_path: bool = False  # whether the first part of the API's path names it
    client_id_header: str | None = None  # the header that repeats the app's client id
    follows_redirects: bool = False  # whether the API sends calls on to another of its hosts
    sign_on: SignOn | None = None
    # The header of a key with which a write may be sent again; None: it would be done twice.
    idempotency_header: str | None = None
    token_scheme: str = "Bearer"  # noqa: S105 - of the Authorization header
    token_header: str = "authorization"  # noqa: S105 - any other one holds the bare credential
    # The kinds of credential that a connection may have, the usual one first.
    credentials: tuple[CredentialKind, ...] = ()
    # The setting of a connection that names the API's address, where the provider has none.
    address_setting: str | None = None
    # By name, from the hosts in ``urls`` to those of the data centre: see engine/data_centre.py.
    data_centres: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # The same for worlds of their own, such as a sandbox: see engine/environment.py.
    environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    required_settings: tuple[str, ...] = ()
    record_kinds: tuple[str, ...] = ()
    oauth: OAuthFacts | None = None
    limits: Limits = field(default_factory=Limits)
    envelope: Envelope = field(default_factory=Envelope)
    detect: Detect = field(default_factory=Detect)
    probes: tuple[Probe, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def required_of(self, connection: Connection) -> tuple[str, ...]:
        """The settings that a connection cannot be without: a feed needs none but its address."""
        return () if connection.credential is CredentialKind.FEED else self.required_settings
