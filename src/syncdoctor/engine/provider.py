"""What is known about a provider: the shape of ``providers/NAME/facts.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider allows for each organisation, and how large a write may be."""

    concurrent: int | None = None
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    batch: int = 1
    max_body_bytes: int | None = None


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
    """One read-only question that ``diagnose`` asks. ``path`` is relative to ``urls[base]``."""

    name: str  # identity, organisation, permission, accounts, tax-rates, …
    summary: str
    path: str
    base: str = "api"
    method: str = "GET"
    needs: tuple[str, ...] = ()  # probes that must have been ok
    tells: tuple[str, ...] = ()  # causes that it can rule out or prove


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
    # The header of a key with which a write may be sent again; None: it would be done twice.
    idempotency_header: str | None = None
    token_scheme: str = "Bearer"  # noqa: S105 - of the Authorization header
    # By name, from the hosts in ``urls`` to those of the data centre: see engine/data_centre.py.
    data_centres: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
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
