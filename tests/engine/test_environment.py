"""A provider's sandbox is reached by its own hosts, and never by mistake."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from syncdoctor.engine.catalogue import load
from syncdoctor.engine.environment import in_environment
from syncdoctor.errors import UsageError
from syncdoctor.model import App, Connection


def urls(provider: str, app: str | None, **settings: Any) -> dict[str, str]:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    connection = Connection("w", "c", "u", provider, "a", now, settings=settings)
    known = load(only=provider).providers[provider]
    return dict(in_environment(known, App("a", provider, "id", environment=app), connection).urls)


@pytest.mark.parametrize(("app", "settings"), [("sandbox", {}), (None, {"environment": "sandbox"})])
def test_the_sandbox_is_another_world(app: str | None, settings: dict[str, str]) -> None:
    found = urls("gocardless", app, **settings)
    assert found["authorize"] == "https://connect-sandbox.gocardless.com/oauth/authorize"
    assert found["token"] == "https://connect-sandbox.gocardless.com/oauth/access_token"
    assert found["api"] == "https://api-sandbox.gocardless.com/"
    assert urls("freeagent", "sandbox")["api"] == "https://api.sandbox.freeagent.com/v2/"


@pytest.mark.parametrize("app", [None, "live"])
def test_the_live_world_is_the_usual_one(app: str | None) -> None:
    assert urls("gocardless", app)["api"] == "https://api.gocardless.com/"


def test_an_unknown_world_is_not_taken_for_the_live_one() -> None:
    with pytest.raises(UsageError, match="no environment 'sandbx'; it has live, sandbox"):
        urls("gocardless", None, environment="sandbx")


def test_every_world_is_on_hosts_of_the_provider() -> None:
    for provider in load().providers.values():
        for hosts in provider.environments.values():
            assert set(hosts.values()) <= set(provider.hosts)
