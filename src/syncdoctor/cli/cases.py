"""From a target on the command line to the cases that the doctor looks at."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from syncdoctor.errors import ConfigError, SyncdoctorError
from syncdoctor.states import Case

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context
    from syncdoctor.config import Config
    from syncdoctor.engine.catalogue import Catalogue
    from syncdoctor.engine.guide import Guide
    from syncdoctor.engine.provider import Provider
    from syncdoctor.model import App, Connection, Diagnosis
    from syncdoctor.rounds import Opener
    from syncdoctor.session import Session
    from syncdoctor.store.statedb import StateDB
    from syncdoctor.wire.line import Line


def cases(
    ctx: Context, catalogue: Catalogue, state: StateDB, target: str | None, guide: str | None = None
) -> list[Case]:
    """The cases that a target means, in order; every one for None, but those that are broken.

    Raises:
        NotFound: when there is no such workspace or connection.
        ConfigError: when a connection names a provider that nobody knows.
    """
    from syncdoctor.engine.guide import load_guide

    @cache
    def guide_of(name: str) -> Guide:
        return load_guide(name, ctx.config_dir / "guides", ctx.cache_dir)

    found = []
    for connection, workspace in ctx.places(target):
        try:
            provider = _provider_of(ctx, catalogue, connection)
            told = guide_of(guide or workspace.guide)
        except SyncdoctorError as error:
            if target is not None:
                raise
            ctx.leave_out(error)
            continue
        last = state.last_sync(connection.uid)
        found.append(Case(connection, workspace, provider, told, last))
    return found


def _provider_of(ctx: Context, catalogue: Catalogue, connection: Connection) -> Provider:
    provider = catalogue.providers.get(connection.provider)
    if provider is None:
        raise ConfigError(
            f"{connection.target}: there is no provider {connection.provider!r}.",
            f"Edit {ctx.config_dir}/workspaces/{connection.workspace}.toml",
        )
    return provider


def opener(ctx: Context, catalogue: Catalogue, config: Config) -> Opener:
    """What opens a connection for reading; the token store is opened once, when first needed."""
    from syncdoctor.session import open_session

    vault, apps = ctx.open_vault(), config.apps()

    def open_one(connection: Connection, line: Line | None = None) -> Session:
        app = apps.get(connection.app or "") or config.app_of(connection)
        provider = catalogue.providers[connection.provider]
        return open_session(connection, app, provider, vault, ctx.state_dir, line=line)

    return open_one


def stand_in_hosts(apps: Mapping[str, App], connection: Connection) -> tuple[str, ...]:
    """Hosts that stand in for the provider's own; named in every output."""
    from syncdoctor import config

    return config.stand_in_hosts(apps.get(connection.app or ""), connection)


def keep(state: StateDB, connection: Connection, result: Diagnosis, source: str) -> None:
    """Remember what was found, for ``status`` and ``history``."""
    from syncdoctor.render import json_connections

    first = result.findings[0] if result.findings else None
    state.save_evidence(
        connection.uid,
        connection.target,
        result.state,
        source=source,
        cause=first.cause if first else None,
        action=first.action if first else None,
        checked_at=result.at,
        diagnosis=json_connections.diagnosis(result),
    )
