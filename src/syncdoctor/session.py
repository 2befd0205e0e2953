"""One connection opened: its client, and the token that it signs its requests with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from syncdoctor.auth import sign_on
from syncdoctor.auth.signing import Secrets
from syncdoctor.auth.tokens import COOL_DOWN_S, TokenKeeper
from syncdoctor.auth.vault import Vault
from syncdoctor.engine.data_centre import SETTING, placed
from syncdoctor.engine.environment import in_environment
from syncdoctor.engine.provider import Provider
from syncdoctor.model import App, Connection, CredentialKind
from syncdoctor.wire.address import addressed
from syncdoctor.wire.client import Client
from syncdoctor.wire.limits import limiter_for
from syncdoctor.wire.line import Line


@dataclass(frozen=True, slots=True)
class Session:
    """A context manager that closes the client."""

    client: Client
    keeper: TokenKeeper

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()


def open_session(
    connection: Connection,
    app: App,
    provider: Provider,
    vault: Vault,
    state_dir: Path,
    *,
    writable: bool = False,
    patience_s: float = 0.0,
    tries: int = 1,
    line: Line | None = None,
) -> Session:
    """Open a connection.

    Args:
        writable: whether requests that change something may be sent.
        patience_s: seconds to wait for the provider's limits altogether; 0 asks at once.
        tries: how often a request that cannot write twice is sent while failures pass.
        line: how the provider is reached; with a transport of its own and no limit for None.
    """
    line = line or Line()
    provider = in_environment(provider, app, connection)
    provider = addressed(placed(provider, connection.settings.get(SETTING)), connection)
    keeper = TokenKeeper(
        connection,
        app,
        provider,
        vault,
        state_dir=state_dir,
        line=replace(line, total_s=None),
        cool_down_s=0.0 if patience_s <= 0 else COOL_DOWN_S,
    )
    signs = connection.credential is CredentialKind.SECRET
    client = Client(
        provider,
        app,
        token=None if signs else keeper.access_token,
        organisation=connection.organisation,
        writable=writable,
        limiter=limiter_for(connection, app, provider, state_dir, patience_s),
        tries=tries,
        line=line,
    )
    if signs:
        client.sign_with(Secrets(connection, provider, vault).sign)
    client.also_send(sign_on.headers_of(connection, provider, vault))
    return Session(client, keeper)


def client_for(
    connection: Connection,
    app: App,
    provider: Provider,
    vault: Vault,
    state_dir: Path,
    *,
    writable: bool = False,
) -> Client:
    """A client for a resync: it waits for limits and tries passing failures again."""
    session = open_session(
        connection,
        app,
        provider,
        vault,
        state_dir,
        writable=writable,
        patience_s=180.0,
        tries=4,
    )
    return session.client
