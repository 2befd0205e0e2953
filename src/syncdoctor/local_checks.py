"""What the workspace file and the last sync say, before anybody is asked: local facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncdoctor.config import Workspace
from syncdoctor.engine.guide import Guide
from syncdoctor.engine.provider import Provider
from syncdoctor.model import Check, Connection
from syncdoctor.states import BAD_ENDS
from syncdoctor.store.rows import Sync

LAST_SYNC = "last-sync"


def run(
    connection: Connection,
    workspace: Workspace,
    provider: Provider,
    guide: Guide,
    last_sync: Sync | None,
) -> tuple[Check, ...]:
    """The checks that need no network."""
    automatic = connection.settings.get("auto_sync") is not False
    return (
        _check(
            "enabled",
            "the connection is switched on",
            "the connection is switched off",
            connection_disabled=not connection.enabled,
        ),
        _licence(workspace),
        _plan(workspace, provider, guide),
        *_settings(connection, provider),
        _check(
            "auto-sync",
            "records are synced by themselves",
            "automatic syncing is switched off",
            auto_sync_off=not automatic,
        ),
        _last_sync(last_sync),
    )


def _check(name: str, fine: str, wrong: str, **facts: Any) -> Check:
    bad = any(value is True for value in facts.values())
    return Check(name, "problem" if bad else "ok", wrong if bad else fine, None, facts)


def _licence(workspace: Workspace) -> Check:
    if workspace.licence is None:
        return Check("licence", "to-ask", "is the licence active? The workspace file does not say")
    inactive = workspace.licence.lower() != "active"
    words = f"the licence is {workspace.licence}"
    return _check("licence", words, words, licence_inactive=inactive)


def _plan(workspace: Workspace, provider: Provider, guide: Guide) -> Check:
    plans = guide.plans.get(provider.id)
    if not plans:
        words = f"{guide.product} asks for no particular plan"
        return _check("plan", words, words)
    needed = " or ".join(plans)
    if workspace.plan is None:
        return Check("plan", "to-ask", f"which plan is it? {provider.name} needs {needed}")
    return _check(
        "plan",
        f"the plan is {workspace.plan}",
        f"the plan is {workspace.plan}; {provider.name} needs {needed}",
        plan_excludes_provider=workspace.plan.lower() not in {plan.lower() for plan in plans},
    )


def _settings(connection: Connection, provider: Provider) -> tuple[Check, ...]:
    chosen: Mapping[str, Any] = {"organisation": connection.organisation, **connection.settings}
    return tuple(
        _check(
            f"setting-{name.replace('_', '-')}",
            f"the {name.replace('_', ' ')} is chosen",
            f"no {name.replace('_', ' ')} is chosen",
            setting_missing=chosen.get(name) is None,
            setting=name,
        )
        for name in provider.required_settings
    )


def _last_sync(last: Sync | None) -> Check:
    if last is None:
        return _check(LAST_SYNC, "there was no sync yet", "", last_sync_failed=False)
    words = f"sync {last.id} of {last.started:%Y-%m-%d %H:%M} UTC {last.status}"
    why = [str(last.cause)] if last.cause else []
    if last.counts.rejected:
        why.append(f"{last.counts.rejected} records refused")
    elif last.message and not why:
        why.append(last.message)
    if why:
        words += f": {', '.join(why)}"
    return _check(LAST_SYNC, words, words, last_sync_failed=last.status in BAD_ENDS)
