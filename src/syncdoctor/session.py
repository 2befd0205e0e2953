"""One connection opened: its client, and the token that it signs its requests with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from syncdoctor.auth.tokens import COOL_DOWN_S, TokenKeeper
from syncdoctor.auth.vault import Vault
from syncdoctor.engine.data_centre import SETTING, placed
from syncdoctor.engine.provider import Provider
from syncdoctor.model import App, Connection
from syncdoctor.wire.client import Client
from syncdoctor.wire.limits import Limiter


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
) -> Session:
    """Open a connection.

    Args:
        writable: whether requests that change something may be sent.
        patience_s: seconds to wait for the provider's limits altogether; 0 asks at once.
        tries: how often a request that cannot write twice is sent while failures pass.
    """
    impatient = patience_s <= 0
    provider = placed(provider, connection.settings.get(SETTING))
    keeper = TokenKeeper(
        connection,
        app,
        provider,
        vault,
        state_dir=state_dir,
        cool_down_s=0.0 if impatient else COOL_DOWN_S,
    )
    limiter = None
    if not impatient:
        organisation = connection.organisation
        counted = f"{provider.id}:{organisation.id if organisation else connection.uid}"
        limiter = Limiter(provider.limits, state_dir / "limits", counted, patience_s=patience_s)
    client = Client(
        provider,
        app,
        token=keeper.access_token,
        organisation=connection.organisation,
        writable=writable,
        limiter=limiter,
        tries=tries,
    )
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
