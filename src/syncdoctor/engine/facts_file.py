"""``providers/NAME/facts.toml`` read into a :class:`Provider`, strictly."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from syncdoctor.engine.provider import (
    Detect,
    Envelope,
    Limits,
    OAuthFacts,
    Probe,
    Provider,
    Refusal,
    RenewalLimit,
    SignOn,
)
from syncdoctor.engine.table import Table
from syncdoctor.model import CredentialKind


def _names(type_: type) -> set[str]:
    return {field.name for field in fields(type_)}


PROVIDER_KEYS = (_names(Provider) - {"probes"}) | {"probe"}


def provider_of(data: dict[str, Any], path: Path) -> Provider:
    """The provider in a facts document; its id must be the name of its folder."""
    table = Table(data, str(path), "", PROVIDER_KEYS)
    identity = table.text("id")
    folder = path.parent.name.replace("_", "-")  # a package's folder cannot have a hyphen
    if identity != folder:
        table.fail("id", f'"{identity}" must be the name of the folder, "{folder}"')
    return Provider(
        id=identity,
        name=table.text("name"),
        organisation_word=table.text("organisation_word"),
        actions=table.texts("actions"),
        urls=table.text_map("urls"),
        hosts=table.texts("hosts"),
        organisation_header=table.optional_text("organisation_header"),
        organisation_query=table.optional_text("organisation_query"),
        organisation_path=_flag(table, "organisation_path"),
        client_id_header=table.optional_text("client_id_header"),
        follows_redirects=_flag(table, "follows_redirects"),
        sign_on=_sign_on(table) if "sign_on" in table.data else None,
        idempotency_header=table.optional_text("idempotency_header"),
        token_scheme=table.text("token_scheme", default="Bearer"),
        token_header=table.text("token_header", default="authorization"),
        credentials=_credentials(table),
        address_setting=table.optional_text("address_setting"),
        data_centres=table.free("data_centres"),
        environments=table.free("environments"),
        headers=table.text_map("headers"),
        required_settings=table.texts("required_settings"),
        record_kinds=table.texts("record_kinds"),
        oauth=_oauth(table) if "oauth" in table.data else None,
        limits=_limits(table.table("limits", _names(Limits))),
        envelope=_envelope(table.table("envelope", _names(Envelope))),
        detect=_detect(table.table("detect", _names(Detect))),
        probes=tuple(_probe(table, n, one) for n, one in enumerate(table.tables("probe"), 1)),
        settings=table.free("settings"),
        sources=table.text_map("sources"),
    )


def _credentials(table: Table) -> tuple[CredentialKind, ...]:
    """As the facts say; a provider with a sign-in has that one unless they say otherwise."""
    usual = (CredentialKind.OAUTH,) if "oauth" in table.data else ()
    return table.words("credentials", CredentialKind) or usual


def _oauth(parent: Table) -> OAuthFacts:
    table = parent.table("oauth", _names(OAuthFacts))
    for key, words in (
        ("client_auth", ("basic", "body", "none")),
        ("redirect", ("any-port", "exact", "https")),
    ):
        if table.text(key) not in words:
            table.fail(key, f"must be one of {', '.join(words)}")
    lifetime = table.integer("access_lifetime_s")
    if lifetime is None:
        table.fail("access_lifetime_s", "is missing")
    return OAuthFacts(
        client_auth=table.text("client_auth"),
        pkce=table.flag("pkce"),
        scopes=table.texts("scopes"),
        redirect=table.text("redirect"),
        default_redirect=table.text("default_redirect"),
        rotates=table.flag("rotates"),
        access_lifetime_s=lifetime,
        refresh_lifetime_days=table.integer("refresh_lifetime_days"),
        grace_s=table.count("grace_s", 0),
        authorize_extra=table.text_map("authorize_extra"),
        revoke_ends=table.text("revoke_ends", default="grant"),
        code_lifetime_s=table.count("code_lifetime_s", 300),
        scope_separator=table.text("scope_separator", default=" "),
        renewals=_renewals(table) if "renewals" in table.data else None,
    )


def _renewals(parent: Table) -> RenewalLimit:
    table = parent.table("renewals", _names(RenewalLimit))
    limit = RenewalLimit(table.count("count", 0), table.count("seconds", 0))
    if not (limit.count and limit.seconds):
        table.fail("count", "and seconds must both be 1 or more")
    return limit


def _flag(table: Table, key: str) -> bool:
    return table.flag(key) if key in table.data else False


def _sign_on(parent: Table) -> SignOn:
    table = parent.table("sign_on", _names(SignOn))
    return SignOn(
        header=table.text("header"),
        user=table.text("user"),
        password=table.text("password"),
        probe=table.text("probe"),
    )


def _limits(table: Table) -> Limits:
    counted_for = table.text("counted_for", default="organisation")
    if counted_for not in ("organisation", "app"):
        table.fail("counted_for", "must be organisation or app")
    return Limits(
        counted_for=counted_for,
        refused=_refusal(table) if "refused" in table.data else None,
        concurrent=table.integer("concurrent"),
        per_second=table.integer("per_second"),
        per_minute=table.integer("per_minute"),
        per_hour=table.integer("per_hour"),
        per_day=table.integer("per_day"),
        batch=table.count("batch", 1),
        max_body_bytes=table.integer("max_body_bytes"),
    )


def _refusal(parent: Table) -> Refusal:
    table = parent.table("refused", _names(Refusal))
    return Refusal(
        status=table.count("status", 429),
        code=table.text("code"),
        also=table.texts("also"),
    )


def _envelope(table: Table) -> Envelope:
    return Envelope(
        codes=table.texts("codes"),
        messages=table.texts("messages"),
        error_when=table.texts("error_when"),
        ok_values=table.texts("ok_values"),
        records=table.texts("records"),
    )


def _detect(table: Table) -> Detect:
    from syncdoctor.engine.expressions import check

    for expression in table.texts("shapes"):
        check(expression, table, "shapes")
    return Detect(
        hosts=table.texts("hosts"), headers=table.texts("headers"), shapes=table.texts("shapes")
    )


def _probe(parent: Table, number: int, data: Any) -> Probe:
    table = Table(data, parent.file, f"probe {number}", _names(Probe))
    return Probe(
        name=table.text("name"),
        summary=table.text("summary"),
        path=table.text("path", default=""),
        base=table.text("base", default="api"),
        method=table.text("method", default="GET"),
        needs=table.texts("needs"),
        tells=table.texts("tells"),
        fine=table.integers("fine"),
    )
