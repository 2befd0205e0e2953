"""Whatever the provider does during a sign-in, the connection works afterwards as it did before."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from syncdoctor.auth.flow import reconnect
from syncdoctor.errors import CouldNotCheck, SyncdoctorError
from syncdoctor.wire import client

QUICK: dict[str, dict[str, Any]] = {
    "slow": {"seconds": 0.01},
    "rate-limit-minute": {"retry_after": 1},
}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the pauses between tries."""

    class Hurried:
        sleep = staticmethod(lambda _: None)
        monotonic = staticmethod(time.monotonic)

    monkeypatch.setattr(client, "time", Hurried)


def attempt(bench: Any, browser: Callable[[str], None]) -> SyncdoctorError | None:
    """Sign in; how it failed, None when it did not."""
    try:
        reconnect(
            bench.sign_in(timeout_s=2.0),
            bench.vault,
            bench.config,
            open_browser=browser,
            choose=lambda found: found[0],
            announce=lambda _: None,
        )
    except SyncdoctorError as error:
        return error
    return None


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("after_consent", [False, True])
def test_a_sign_in_under_each_fault_leaves_a_token_that_works(
    bench: Any, consent: Any, after_consent: bool
) -> None:
    world = bench.sandbox.world
    failed: list[str] = []
    passed: list[str] = []
    for name in sorted(world.switchboard.specs):
        old = bench.grant()
        before = bench.config.connection("acme/xero")

        def browser(url: str, name: str = name) -> None:
            if not after_consent:
                world.switch_on(name, **QUICK.get(name, {}))
            try:
                location = consent(url, bench.connection.organisation.id)
            except (CouldNotCheck, httpx2.HTTPError):
                return  # the person sees the fault in the browser, and nothing comes back
            world.switch_on(name, **QUICK.get(name, {}))
            httpx2.get(location, timeout=30)

        error = attempt(bench, browser)
        (failed if error else passed).append(name)
        if error is not None:
            assert error.hint, name
            assert bench.stored() == old, name
            assert bench.config.connection("acme/xero") == before, name
        world.switchboard.clear()
        bench.keeper(cool_down_s=0).access_token(refused=True)
    assert len(failed) >= 5, failed
    assert len(passed) >= 5, passed
