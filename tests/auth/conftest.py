from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.auth.flow import SignIn
from syncdoctor.auth.memory import MemoryVault
from syncdoctor.auth.token import Token
from syncdoctor.auth.tokens import TokenKeeper, connection_key
from syncdoctor.config import Config
from syncdoctor.engine.catalogue import load
from syncdoctor.engine.provider import Provider
from syncdoctor.model import App, Connection, Organisation
from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.server import Running

SECRET = "planted-client-secret-8f14e45f"
DEMO = "Demo Company (UK)"


@pytest.fixture(scope="session")
def xero() -> Provider:
    return load().providers["xero"]


@dataclass
class Bench:
    """A connection whose provider is the sandbox, with everything that signing in needs."""

    sandbox: Running
    provider: Provider
    app: App
    connection: Connection
    vault: MemoryVault
    config: Config
    state_dir: Path
    now: datetime

    @property
    def organisations(self) -> dict[str, str]:
        view = self.sandbox.world.switchboard.view("xero", "authorize", "POST", "")
        offered = self.sandbox.world.room("xero").provider.organisations(view)
        return {o.name: o.id for o in offered}

    def sign_in(self, **changes: Any) -> SignIn:
        values: dict[str, Any] = {"timeout_s": 20.0, **changes}
        return SignIn(self.connection, self.app, self.provider, self.state_dir, **values)

    def keeper(self, **changes: Any) -> TokenKeeper:
        values: dict[str, Any] = {"state_dir": self.state_dir, "clock": lambda: self.now, **changes}
        return TokenKeeper(self.connection, self.app, self.provider, self.vault, **values)

    def stored(self) -> Token | None:
        raw = self.vault.get(connection_key(self.connection))
        return Token.from_json(raw) if raw else None

    def grant(self, organisation: str = DEMO) -> Token:
        """A grant given earlier, whose token is in the store."""
        body = self.sandbox.world.connect("xero", organisation, client_id=self.app.client_id)
        token = Token(
            body["access_token"],
            body["refresh_token"],
            self.now + timedelta(seconds=body["expires_in"]),
            self.now,
        )
        self.vault.put(connection_key(self.connection), token.to_json())
        self.connection = Connection(
            self.connection.workspace,
            self.connection.name,
            self.connection.uid,
            "xero",
            "xero",
            self.connection.created,
            Organisation(self.organisations[organisation], organisation),
        )
        self.config.save_connection(self.connection)
        return token

    def expire(self) -> None:
        self.now += timedelta(hours=1)
        self.sandbox.world.clock.advance(3600)

    def token_requests(self) -> int:
        rows = self.sandbox.world.requests()
        return sum(row["count"] for row in rows if row["path"].endswith("/connect/token"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def bench(sandbox: Running, xero: Provider, tmp_path: Path) -> Bench:
    redirect = f"http://localhost:{free_port()}/callback"
    sandbox.world.register_client("xero", "CLIENT", secret=SECRET, redirect_uris=(redirect,))
    app = App("xero", "xero", "CLIENT", redirect, urls=sandbox.app_urls("xero"))
    config = Config(tmp_path / "config")
    created = datetime(2026, 11, 1, tzinfo=UTC)
    connection = Connection("acme", "xero", "c-00000001", "xero", "xero", created)
    config.save_app(app)
    config.save_connection(connection)
    vault = MemoryVault()
    vault.put("app/xero", SECRET)
    now = datetime.now(UTC)
    return Bench(sandbox, xero, app, connection, vault, config, tmp_path / "state", now)


@pytest.fixture
def consent() -> Callable[..., str]:
    """Answer the consent page as a person would; where the browser is sent then."""
    return approve
