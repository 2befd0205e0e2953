"""The world: faults by name, the clock, scenarios, limits, and the control API."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from syncdoctor.engine.provider import Limits
from syncdoctor.errors import UsageError
from syncdoctor.sandbox.clock import Clock
from syncdoctor.sandbox.limits import Limiter
from syncdoctor.sandbox.scenarios import SCENARIOS, play
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import CLIENT_ID, World

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PROMISED = (
    "refresh-token-revoked access-token-expired consent-declined organisation-disconnected "
    "account-deleted account-archived tax-rate-deleted permission-removed scope-removed "
    "rate-limit-minute rate-limit-day provider-down server-error slow drop-connection lost-answer "
    "token-answer-lost organisation-offline locked-period html-error-page demo-company-reset "
    "malformed-json rate-limit-hour gateway-timeout"
).split()


@pytest.fixture
def control(sandbox: Running) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"{sandbox.url}/_sandbox", trust_env=False) as client:
        yield client


def test_every_promised_fault_exists_with_a_summary_and_a_source() -> None:
    specs = World().switchboard.specs
    assert set(PROMISED) <= set(specs)
    assert all(spec.summary and spec.source for spec in specs.values())


def test_every_scenario_can_be_played() -> None:
    world = World()
    for name, story in SCENARIOS.items():
        assert play(world, name) is story
        assert set(world.switchboard.active()) == set(story.faults)


@pytest.mark.parametrize(("name", "params"), [("nothing", {}), ("slow", {"speed": 1})])
def test_an_unknown_fault_or_parameter_is_named(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        World().switch_on(name, **params)
    assert caught.value.hint == "syncdoctor sandbox --list-faults"


def test_unknown_names_are_said() -> None:
    world = World()
    with pytest.raises(UsageError, match="no provider called 'sage'"):
        world.room("sage")
    with pytest.raises(UsageError, match="no organisation 'Nobody'"):
        world.connect("xero", "Nobody")
    with pytest.raises(UsageError, match="no scenario called 'nothing'"):
        play(world, "nothing")


def test_a_fault_strikes_as_often_as_told_and_where_told() -> None:
    world = World()
    world.switch_on("server-error", times=2, path="/Invoices", method="post", provider="xero")
    board = world.switchboard
    assert board.view("xero", "api", "GET", "/x/Invoices").on("server-error") is None
    assert board.view("xero", "api", "POST", "/x/Contacts").on("server-error") is None
    assert board.view("myob", "api", "POST", "/x/Invoices").on("server-error") is None
    assert board.view("xero", "token", "POST", "/x/Invoices").on("server-error") is None
    views = [board.view("xero", "api", "POST", "/x/Invoices") for _ in range(3)]
    assert [view.on("server-error") is not None for view in views] == [True, True, False]
    assert views[0].on("server-error") is not None, "a call's faults do not change under it"


def test_always_leaves_a_repaired_token_struck() -> None:
    fault = World().switch_on("access-token-expired", always=True)
    assert fault.hits(10**6)


def test_the_clock_moves_and_stops() -> None:
    clock = Clock()
    before = clock.now()
    assert clock.advance(3600) - before >= timedelta(hours=1)
    clock.stop(NOW)
    assert clock.now() == clock.now() == NOW
    assert clock.advance(-1) == NOW - timedelta(seconds=1)


def test_the_limiter_slides_and_refuses_without_counting() -> None:
    limiter = Limiter(Limits(per_minute=2, per_day=3), minute_s=10)
    assert limiter.admit("a", "app", NOW).minute == 1
    assert limiter.admit("a", "app", NOW + timedelta(seconds=4)).minute == 0
    refused = limiter.admit("a", "app", NOW + timedelta(seconds=5))
    assert (refused.problem, refused.retry_after_s) == ("minute", 5)
    assert limiter.admit("b", "app", NOW + timedelta(seconds=5)).problem is None
    third = limiter.admit("a", "app", NOW + timedelta(seconds=10))
    assert (third.problem, third.minute, third.day) == (None, 0, 0)
    full = limiter.admit("a", "app", NOW + timedelta(hours=1))
    assert (full.problem, full.retry_after_s) == ("day", 86_400 - 3600)


def test_the_limiter_counts_calls_under_way() -> None:
    limiter = Limiter(Limits(concurrent=2))
    assert [limiter.enter("a") for _ in range(3)] == [True, True, False]
    for _ in range(3):
        limiter.leave("a")
    assert limiter.enter("a")


def test_the_sixth_call_at_once_is_refused(sandbox: Running) -> None:
    token = sandbox.world.connect("xero")["access_token"]
    urls = sandbox.app_urls("xero")
    headers = {"authorization": f"Bearer {token}"}
    sandbox.world.switch_on("slow", seconds=0.2)
    statuses: list[tuple[int, str | None]] = []

    def call() -> None:
        answer = httpx2.get(urls["api"] + "Organisation", headers=headers, trust_env=False)
        statuses.append((answer.status_code, answer.headers.get("x-rate-limit-problem")))

    threads = [threading.Thread(target=call) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (429, "concurrent") in statuses


def test_faults_are_switched_over_http(sandbox: Running, control: httpx2.Client) -> None:
    answer = control.post("/faults/slow", json={"seconds": 0.0})
    assert answer.json() == {"name": "slow", "params": {"seconds": 0.0}}
    assert control.get("/faults").json()["on"] == {"slow": {"seconds": 0.0}}
    assert control.delete("/faults/slow").json()["was_on"] is True
    assert control.delete("/faults/slow").json()["was_on"] is False
    control.post("/faults/provider-down")
    assert control.delete("/faults").json()["on"] == {}
    assert sandbox.world.switchboard.active() == {}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults/nothing", b"{}"),
        ("/faults/slow", b"{"),
        ("/faults/slow", b"[]"),
        ("/clock", b'{"now": "soon"}'),
        ("/clock", b'{"advance_s": "x"}'),
        ("/clock", b'{"now": "2026-11-22T00:00:00"}'),
    ],
)
def test_wrong_usage_is_told(control: httpx2.Client, path: str, body: bytes) -> None:
    answer = control.post(path, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_clock_is_moved_over_http(control: httpx2.Client, sandbox: Running) -> None:
    before = sandbox.world.clock.now()
    control.post("/clock", json={"advance_s": 90})
    assert sandbox.world.clock.now() - before >= timedelta(seconds=90)
    moved = control.post("/clock", json={"now": "2030-01-01T00:00:00+00:00"}).json()["now"]
    assert moved.startswith("2030-01-01")
    assert control.get("/clock").json()["now"].startswith("2030-01-01")


def test_state_and_requests_are_counted(control: httpx2.Client, sandbox: Running) -> None:
    token = sandbox.world.connect("xero")["access_token"]
    url = sandbox.app_urls("xero")["connections"]
    headers = {"authorization": f"Bearer {token}"}
    connection = httpx2.get(url, headers=headers, trust_env=False).json()[0]["id"]
    for _ in range(2):
        httpx2.delete(f"{url}/{connection}", headers=headers, trust_env=False)
    logged = {(r["method"], r["path"]): r for r in control.get("/requests").json()}
    deleted = logged["DELETE", "/xero/connections/{id}"]
    assert (deleted["count"], deleted["statuses"]) == (2, {"204": 1, "404": 1})
    assert control.get("/state").json()["xero"]["connections"] == 0
    assert control.delete("/requests").json() == []


def test_the_front_page_names_what_is_served(sandbox: Running) -> None:
    served = httpx2.get(sandbox.url, trust_env=False).json()["providers"]
    assert served["xero"] == sandbox.app_urls("xero")
    assert httpx2.get(served["xero"]["status"], trust_env=False).status_code == 200


def test_two_sandboxes_run_side_by_side(sandbox: Running) -> None:
    with Running() as other:
        assert other.port != sandbox.port
        assert httpx2.get(other.url, trust_env=False).status_code == 200
        with pytest.raises(UsageError, match="cannot be used"):
            Running(port=other.port)


def test_the_ready_made_client_needs_no_secret() -> None:
    client = World().room("xero").oauth.clients[CLIENT_ID]
    assert client.secret is None
    assert client.redirect_uris == ("http://localhost:8765/callback",)
