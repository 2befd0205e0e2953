"""Each provider's commands replayed from cassettes: no provider, no sandbox, no socket.

SYNCDOCTOR_RECORD=1 records them anew from the sandbox. Nothing was recorded from a live provider.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest
import tests.contract.test_provider as contract
import vcr
import yaml

from syncdoctor import redact
from syncdoctor.providers.custom.sandbox.keys import FIRST
from syncdoctor.providers.webhook.sandbox.receiver import SECRET
from syncdoctor.sandbox.grants import Request
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import World

if TYPE_CHECKING:
    from tests.conftest import Cli

CASSETTES = Path(__file__).parents[2] / "cassettes"
RECORD = bool(os.environ.get("SYNCDOCTOR_RECORD"))
PORT = 8791
ORIGIN = (
    "from the sandbox, by tests/contract/test_cassettes.py;"
    " nothing was recorded from a live provider"
)
# Of headers, those that an answer is judged by; the rest is transport.
KEPT_HEADERS = frozenset({"content-type", "location", "retry-after", "www-authenticate"})
# What a request says of the moment at which it is sent.
MOMENT = re.compile(r'(timeMin=|"timestamp":")[^"&]+')
DAY = "2026-11-20"
HEALTHY = "healthy"


@dataclass(frozen=True)
class Trouble:
    """What goes wrong after all was well: a cassette of its own.

    ``diagnosed`` is the cause that is found with the connection at hand, ``explained`` the causes
    of the answers alone.
    """

    name: str
    faults: tuple[str, ...]
    diagnosed: str
    explained: frozenset[str]


def trouble(name: str, diagnosed: str, *more: str, faults: tuple[str, ...] = ()) -> Trouble:
    return Trouble(name, faults or (name,), diagnosed, frozenset({diagnosed, *more}))


LAPSED = ("access-token-expired", "refresh-token-revoked")
TROUBLES = {
    "freeagent": trouble("organisation-disconnected", "reconnect-needed", "access-token-expired"),
    "zoho-books": trouble("lapsed", "reconnect-needed", "access-token-expired", faults=LAPSED),
    "myob": trouble("company-file-sign-on", "permission-denied"),
    "gocardless": trouble("organisation-disconnected", "reconnect-needed"),
    "google-calendar": trouble("scope-removed", "scope-missing"),
    "webhook": trouble("endpoint-gone", "setting-missing"),
    "custom": trouble("keys-revoked", "app-credentials"),
}
# What the answers of a healthy connection tell whoever does not know why they were asked for: some
# are asked whether a record is there before it is made, and a receiver of POST is asked by HEAD.
LOOKED = {
    "google-calendar": {"record-not-found"},
    "webhook": {"request-malformed"},
    "custom": {"record-not-found"},
}


class AtFixedAddress:
    """The sandbox's rooms, at an address behind which nothing listens."""

    def __init__(self) -> None:
        self.world = World()

    def app_urls(self, provider: str) -> dict[str, str]:
        return self.world.room(provider).urls(f"http://127.0.0.1:{PORT}")


def consent(world: World, authorize_url: str) -> str:
    """Where the person's browser ends, who allows access to the first organisation."""
    parts = urlsplit(authorize_url)
    room = world.room(parts.path.split("/")[1])
    with world.lock:
        view = world.switchboard.view(room.provider.id, "authorize", "POST", "")
        asked = room.oauth.ask(dict(parse_qsl(parts.query)))
        assert isinstance(asked, Request)
        first = room.provider.organisations(view)[0].id
        answered = room.oauth.approved(asked.id, (first,), world.clock.now())
        assert answered is not None
        room.provider.consented(answered[0])
    return answered[1]


def clean_headers(headers: Any) -> dict[str, list[str]]:
    given = {name.lower(): value for name, value in headers.items()}
    return {name: given[name] for name in sorted(KEPT_HEADERS & given.keys())}


def clean_text(body: bytes | str | None) -> str:
    text = body.decode() if isinstance(body, bytes) else body or ""
    for secret in (FIRST, SECRET):
        text = text.replace(secret, redact.MASK)
    return redact.text(text)


def clean_request(request: Any) -> Any:
    request.uri = MOMENT.sub(rf"\g<1>{DAY}T00:00:00Z", request.uri)
    request.body = MOMENT.sub(rf"\g<1>{DAY}T00:00:00Z", clean_text(request.body)).encode()
    request.headers = clean_headers(request.headers)
    return request


def clean_response(response: dict[str, Any]) -> dict[str, Any]:
    response["headers"] = clean_headers(response["headers"])
    response["body"]["string"] = clean_text(response["body"]["string"]).encode()
    return response


class WithOrigin:
    """vcrpy's YAML, with where it came from at the top."""

    @staticmethod
    def serialize(cassette: dict[str, Any]) -> str:
        # What is the same object is written once: probes are asked again, with the same answers.
        once: dict[str, Any] = {}
        same = [once.setdefault(repr(each), each) for each in cassette["interactions"]]
        told = {"origin": ORIGIN, "version": cassette["version"], "interactions": same}
        text: str = yaml.safe_dump(told, sort_keys=False, width=120, allow_unicode=True)
        return text

    @staticmethod
    def deserialize(text: str) -> Any:
        return loaded(text)


def loaded(text: str) -> Any:
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@contextmanager
def played(provider: str, name: str) -> Iterator[None]:
    tape = vcr.VCR(
        record_mode="all" if RECORD else "none",
        match_on=["method", "scheme", "host", "port", "path", "query", "body"],
        before_record_request=clean_request,
        before_record_response=clean_response,
    )
    tape.register_serializer("with-origin", WithOrigin)
    path = CASSETTES / provider / f"{name}.yaml"
    if RECORD:
        path.unlink(missing_ok=True)
    with tape.use_cassette(str(path), serializer="with-origin") as cassette:
        yield
    assert RECORD or cassette.all_played, f"{path} holds what is asked for no longer"


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """The sandbox when recording, else nothing but its addresses."""
    # Its uid is part of what is sent, for example of the ids of events.
    monkeypatch.setattr("syncdoctor.config.new_uid", lambda: "c-5eed5eed")
    with ExitStack() as stack:
        stage: Any = stack.enter_context(Running(port=PORT)) if RECORD else AtFixedAddress()
        monkeypatch.setattr(contract, "approve", lambda url, _: consent(stage.world, url))
        yield cast("Running", stage)


@pytest.mark.parametrize("provider", TROUBLES)
def test_a_connection_is_watched_synced_and_diagnosed(
    cli: Cli, sandbox: Running, home: Path, provider: str
) -> None:
    source = home / "records.csv"
    # The day on which to collect a payment must not have passed.
    day = "" if provider == "gocardless" else DAY
    rows = contract.SOURCES.get(provider, contract.INVOICES).format(today=day)
    # The records come after the looks: recent ones alone are looked for at the provider.
    source.write_text(rows.splitlines(keepends=True)[0])
    with played(provider, HEALTHY):
        target = contract.connect(cli, sandbox, provider, source)
        (row,) = cli("status", target, "--live", "--json").json["connections"]
        assert row["state"] == "healthy"
        well = cli("diagnose", target)
        assert well.code == 0, well.out
        source.write_text(rows)
        sent = cli("resync", target, "--since", "2026-11-01", "--record", "C-1")
        assert sent.code == 0, sent.err
        assert "1 sent" in sent.out
    for fault in TROUBLES[provider].faults:
        sandbox.world.switch_on(fault)
    with played(provider, TROUBLES[provider].name):
        (found,) = cli("diagnose", target, "--json").json["connections"]
    assert found["cause"] == TROUBLES[provider].diagnosed


@pytest.mark.parametrize("provider", TROUBLES)
def test_the_answers_are_explained_without_the_connection(cli: Cli, provider: str) -> None:
    expected = {
        HEALTHY: LOOKED.get(provider, set()),
        TROUBLES[provider].name: TROUBLES[provider].explained,
    }
    for name, causes in expected.items():
        told = cli("explain", str(CASSETTES / provider / f"{name}.yaml"), "--json").json
        judged = told.get("exchanges", [told])
        assert {one["cause"] for one in judged} - {None} == causes
        assert {one["provider"] for one in judged} == {provider}


@pytest.mark.parametrize("provider", TROUBLES)
def test_a_cassette_says_where_it_came_from_and_holds_no_secret(provider: str) -> None:
    for name in (HEALTHY, TROUBLES[provider].name):
        text = (CASSETTES / provider / f"{name}.yaml").read_text(encoding="utf-8")
        cassette = loaded(text)
        assert cassette["origin"] == ORIGIN
        assert cassette["interactions"]
        assert clean_text(text) == text
