"""``syncdoctor reconnect --keep-alive``: use the grants that would lapse unused. Asks nobody."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from syncdoctor import redact
from syncdoctor.errors import ConfigError, ExitCode, SyncdoctorError

if TYPE_CHECKING:
    from syncdoctor.cli.common import Context
    from syncdoctor.model import Connection


def keep_alive(ctx: Context, connections: list[Connection]) -> int:
    """Renew every token whose refresh token would lapse; a failure takes no other one down.

    Silent with ``--quiet`` when all is well, so that cron sends no mail.
    """
    renew, results = _renewer(ctx), []
    for connection in connections:
        try:
            results.append((connection.target, renew(connection), int(ExitCode.OK)))
        except SyncdoctorError as error:
            results.append((connection.target, "failed", int(error.exit_code)))
            complain(connection, error)
    total = ctx.total([code for _, _, code in results])
    if ctx.json:
        _print_document(ctx, results, total)
    elif not ctx.quiet:
        for target, result, _ in results:
            ctx.out().print(f"{target}: {result}")
    return total


def complain(connection: Connection, error: SyncdoctorError) -> None:
    """Say on stderr how one of several failed, also when only errors are wanted."""
    hint = f"\n  → {redact.text(error.hint)}" if error.hint else ""
    sys.stderr.write(f"{connection.target}: {redact.text(error.message)}{hint}\n")


def _renewer(ctx: Context) -> Callable[[Connection], str]:
    """What renews one connection's token and says in a word or two what was done."""
    from datetime import UTC, datetime

    from syncdoctor.auth.lapse import is_due
    from syncdoctor.auth.tokens import TokenKeeper
    from syncdoctor.engine.environment import in_environment
    from syncdoctor.model import CredentialKind, Ownership

    config, providers, vault = ctx.config, ctx.catalogue.providers, ctx.open_vault()

    def renew(connection: Connection) -> str:
        provider = providers.get(connection.provider)
        if provider is None:
            raise ConfigError(
                f"{connection.target}: there is no provider {connection.provider!r}.",
                f"syncdoctor connection show {connection.target}",
            )
        if not connection.enabled:
            return "disabled"
        if connection.ownership is Ownership.BORROWED or connection.settings.get("token_command"):
            return "borrowed"
        kept = connection.credential is not CredentialKind.OAUTH
        if kept or provider.oauth is None or provider.oauth.refresh_lifetime_days is None:
            return "does not lapse"
        app = config.app_of(connection)
        provider = in_environment(provider, app, connection)
        keeper = TokenKeeper(connection, app, provider, vault, state_dir=ctx.state_dir)
        token = keeper.stored()
        if token is not None and not is_due(token, provider, datetime.now(UTC)):
            return "used recently"
        keeper.access_token(refused=True)  # renews it, whatever the access token's own lifetime
        return "renewed"

    return renew


def _print_document(ctx: Context, results: list[tuple[str, str, int]], total: int) -> None:
    rows = [{"target": target, "result": r, "exit_code": code} for target, r, code in results]
    ctx.print_document("keep-alive", total, connections=rows)
