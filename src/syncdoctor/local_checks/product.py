"""The product's side of a connection: licence, plan, limits, roles, channels and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncdoctor.config_tables import Channel, Workspace
from syncdoctor.engine.guide import Guide, Roles
from syncdoctor.engine.provider import Provider
from syncdoctor.engine.record import CREDIT_NOTE, INVOICE
from syncdoctor.local_checks.outcome import outcome, to_ask
from syncdoctor.model import Check, Connection, CredentialKind

NEAR = 0.9  # part of a limit from which on it is said


def product_checks(
    connection: Connection, workspace: Workspace, provider: Provider, guide: Guide
) -> Iterator[Check]:
    """What the product must allow before anything can be synced."""
    yield outcome(
        "enabled",
        "the connection is switched on",
        "the connection is switched off",
        connection_disabled=not connection.enabled,
    )
    if "licence" in guide.checks or workspace.licence is not None:
        yield _licence(workspace)
    yield _plan(connection, workspace, provider, guide)
    if "invoice-limit" in guide.checks or workspace.invoice_limit is not None:
        yield from _invoice_limit(workspace)
    if guide.roles is not None:
        yield _role(workspace, guide.product, guide.roles)
    if "channels" in guide.checks or workspace.channels:
        yield from _channels(workspace)


def setting_checks(connection: Connection, provider: Provider, guide: Guide) -> Iterator[Check]:
    """What the connection's own settings say."""
    chosen: Mapping[str, Any] = {"organisation": connection.organisation, **connection.settings}
    for name in provider.required_of(connection):
        yield outcome(
            f"setting-{name.replace('_', '-')}",
            f"the {name.replace('_', ' ')} is chosen",
            f"no {name.replace('_', ' ')} is chosen",
            setting_missing=chosen.get(name) is None,
            setting=name,
        )
    yield _auto_sync(connection, guide)
    if INVOICE in provider.record_kinds:
        yield from _documents(connection, provider, guide)


def _licence(workspace: Workspace) -> Check:
    if workspace.licence is None:
        return to_ask("licence", "is the licence active? The workspace file does not say")
    inactive = workspace.licence.lower() != "active"
    words = f"the licence is {workspace.licence}"
    return outcome("licence", words, words, licence_inactive=inactive)


def _plan(connection: Connection, workspace: Workspace, provider: Provider, guide: Guide) -> Check:
    plans = guide.plans.get(provider.id)
    if plans and connection.credential is CredentialKind.FEED:
        words = f"a feed is read only on every plan; both ways take {' or '.join(plans)}"
        return outcome("plan", words, words)
    if not plans:
        words = f"{guide.product} asks for no particular plan"
        return outcome("plan", words, words)
    needed = " or ".join(plans)
    plan = workspace.plan or (workspace.tier if guide.tiers else None)
    if plan is None and guide.tiers:
        return to_ask("tier", f"which tier is it: {', '.join(guide.tiers)}?")
    if plan is None:
        return to_ask("plan", f"which plan is it? {provider.name} needs {needed}")
    return outcome(
        "plan",
        f"the plan is {plan}",
        f"the plan is {plan}; {provider.name} needs {needed}",
        plan_excludes_provider=plan.lower() not in {one.lower() for one in plans},
    )


def _invoice_limit(workspace: Workspace) -> Iterator[Check]:
    limit, used = workspace.invoice_limit, workspace.invoices_this_month
    if limit is None:
        yield to_ask("invoice-limit", "how many invoices a month does the tier allow?")
    if used is None:
        yield to_ask("invoices-this-month", "how many invoices were there this month?")
    if limit is None or used is None:
        return
    words = f"{used} of {limit} invoices of this month are used"
    yield outcome(
        "invoice-limit",
        words,
        words,
        invoice_limit_reached=used >= limit,
        invoice_limit_near=NEAR * limit <= used < limit,
    )


def _role(workspace: Workspace, product: str, roles: Roles) -> Check:
    needed = " or ".join(roles.allowed)
    role = workspace.person_role
    if role is None:
        question = f"which {roles.word} has the person in {product}? It takes {needed}"
        return to_ask("role", question)
    given = role.lower()
    if given not in {"yes", "no", *(one.lower() for one in roles.allowed)} and (
        roles.others == "ask"
    ):
        return to_ask(
            "role",
            f"may the {roles.word} {role} manage integrations in {product}? The owner knows",
        )
    refused = given != "yes" and given not in {one.lower() for one in roles.allowed}
    shown = f"the {roles.word} in {product} is {role}"
    if given in {"yes", "no"}:
        shown = f"the person {'may' if given == 'yes' else 'may not'} manage integrations"
    return outcome("role", shown, f"{shown}; it takes {needed}", role_may_not_manage=refused)


def _channels(workspace: Workspace) -> Iterator[Check]:
    if not workspace.channels:
        yield to_ask("channels", "which sales channels are there, and who owns each of them?")
    for channel in workspace.channels:
        yield _channel(channel, workspace.person)


def _channel(channel: Channel, person: str | None) -> Check:
    name = f"channel-{channel.name}"
    if not channel.is_active:
        words = f"the sales channel {channel.name} is {channel.state}"
        return outcome(name, words, words, channel_off=True)
    if channel.owner is None:
        return to_ask(name, f"who owns the sales channel {channel.name}?")
    state = f", and {channel.state}" if channel.state else ""
    words = f"the sales channel {channel.name} is {channel.owner}'s{state}"
    another = person is not None and channel.owner.lower() != person.lower()
    return outcome(name, words, f"{words}; {person} connects", channel_of_another=another)


def _auto_sync(connection: Connection, guide: Guide) -> Check:
    automatic = connection.settings.get("auto_sync")
    if automatic is None and "auto-sync" in guide.checks:
        return to_ask(
            "auto-sync", f"is automatic syncing switched on in {guide.product}? No setting says"
        )
    return outcome(
        "auto-sync",
        "records are synced by themselves",
        "automatic syncing is switched off",
        auto_sync_off=automatic is False,
    )


def _documents(connection: Connection, provider: Provider, guide: Guide) -> Iterator[Check]:
    """Which invoices and credit notes the settings let through."""
    status = connection.settings.get("invoice_status")
    if status is None and "invoice-status" in guide.checks:
        yield to_ask("invoice-status", "are invoices synced as draft or as authorised?")
    if CREDIT_NOTE not in provider.record_kinds:
        return
    kinds = connection.settings.get("kinds")
    if kinds:
        yield outcome(
            "credit-notes",
            "credit notes are synced too",
            f"only these kinds are synced: {', '.join(map(str, kinds))}",
            credit_notes_excluded=CREDIT_NOTE not in kinds and INVOICE in kinds,
        )
    elif "credit-notes" in guide.checks:
        yield to_ask(
            "credit-notes", f"are credit notes synced too? In {guide.product} they have own rules"
        )
