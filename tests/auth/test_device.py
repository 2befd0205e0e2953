from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from syncdoctor.auth import device
from syncdoctor.auth.device import reconnect_by_device
from syncdoctor.auth.flow import begin
from syncdoctor.auth.token_requests import TokenRequests
from syncdoctor.errors import Cancelled, TemporaryFailure, UsageError
from syncdoctor.wire.client import Client
from syncdoctor.wire.line import Line

BEGUN = {"device_code": "planted-device", "user_code": "WDJB", "verification_uri": "https://x/d"}


@pytest.fixture
def run(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the flow against scripted token answers; the rest of it is the sandbox."""
    bench.app = replace(bench.app, urls={**bench.app.urls, "device": "http://127.0.0.1:9/device"})

    def run(*answers: Any, begun: Any = BEGUN, timeout_s: float = 60.0) -> Any:
        script = iter([begun, *answers])

        def handle(request: Any) -> Any:
            given = next(script)
            body = given if isinstance(given, dict) else None
            return httpx2.Response(400 if body and "error" in body else 200, json=body)

        def scripted(sign_in: Any, vault: Any) -> Any:
            begin(sign_in, vault).close()
            client = Client(bench.provider, bench.app, line=Line(httpx2.MockTransport(handle)))
            return TokenRequests(bench.app, bench.provider, vault, client)

        monkeypatch.setattr(device, "begin", scripted)
        said: list[str] = []
        slept: list[float] = []
        sign_in = bench.sign_in(timeout_s=timeout_s)
        done = reconnect_by_device(
            sign_in,
            bench.vault,
            bench.config,
            choose=lambda found: found[0],
            announce=said.append,
            sleep=slept.append,
        )
        return done, said, slept

    return run


def test_it_waits_for_the_person_and_keeps_the_token(bench: Any, run: Any) -> None:
    body = bench.sandbox.world.connect("xero", client_id="CLIENT")
    done, said, slept = run({"error": "authorization_pending"}, {"error": "slow_down"}, body)
    assert done.organisation is not None
    assert bench.stored().access_token == body["access_token"]
    assert said == ["Open https://x/d on any device and type WDJB."]
    assert slept == [5, 5, 10]
    assert "planted-device" not in "".join(said)


def test_declined_expired_and_never_typed_are_cancelled(bench: Any, run: Any) -> None:
    for last in ("access_denied", "expired_token"):
        with pytest.raises(Cancelled):
            run({"error": last})
    with pytest.raises(Cancelled, match="within 9 seconds"):
        run(*[{"error": "authorization_pending"}] * 5, timeout_s=9)
    assert bench.stored() is None


def test_what_is_no_device_code_is_said(run: Any) -> None:
    with pytest.raises(TemporaryFailure, match="No device code"):
        run(begun={"error": "invalid_client"})
    with pytest.raises(TemporaryFailure, match="No device code"):
        run(begun={**BEGUN, "user_code": "\x1b[2J"})


def test_a_provider_without_it_is_refused(bench: Any) -> None:
    with pytest.raises(UsageError, match="Xero has no sign-in by device"):
        reconnect_by_device(
            bench.sign_in(),
            bench.vault,
            bench.config,
            choose=lambda found: found[0],
            announce=print,
        )
