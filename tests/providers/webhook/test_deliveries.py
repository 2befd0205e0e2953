"""Deliveries to the sandbox's receiver, which checks every signature."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Cli

from syncdoctor.providers.webhook.sandbox.receiver import SECRET, Receiver
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import World

TARGET = "acme/webhook"
HEADER = "kind,number,contact_name,date,due_date,line_description,quantity,unit_amount\n"
TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def sandbox(receiver: Receiver) -> Any:
    with Running(World([receiver])) as running:
        yield running


@pytest.fixture
def source(home: Path) -> Path:
    path = home / "records.csv"
    path.write_text(HEADER + f"invoice,C-1,Ada Ltd,{TODAY},{TODAY},Work,1,100.00\n")
    return path


@pytest.fixture
def hook(cli: Cli, sandbox: Running, source: Path) -> str:
    (source.parent / "secret").write_text(SECRET + "\n")
    made = cli(
        *("connection", "add", TARGET, f"--source={source}"),
        f"--setting=endpoint={sandbox.app_urls('webhook')['api']}",
        f"--token-file={source.parent / 'secret'}",
    )
    assert made.code == 0, made.err
    return TARGET


def test_an_answer_that_was_lost_is_asked_for_under_the_same_id(
    cli: Cli, sandbox: Running, receiver: Receiver, hook: str
) -> None:
    sandbox.world.switch_on("lost-answer", times=1)
    assert cli("resync", hook).code == 0
    assert (len(receiver.events), receiver.repeats) == (1, 1)


def test_a_record_that_changes_back_is_told_of_again(
    cli: Cli, receiver: Receiver, hook: str, source: Path
) -> None:
    first = source.read_text()
    for text in (first, first.replace("100.00", "90.00"), first):
        source.write_text(text)
        assert cli("resync", hook).code == 0
    amounts = [e["data"]["lines"][0]["unit_amount"] for e in receiver.events.values()]
    assert (amounts, receiver.repeats) == (["100.00", "90.00", "100.00"], 0)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [("signature-mismatch", "signature-invalid"), ("redirect", "setting-missing")],
)
def test_what_no_record_would_survive_stops_the_sync(
    cli: Cli, sandbox: Running, receiver: Receiver, hook: str, fault: str, cause: str
) -> None:
    sandbox.world.switch_on(fault)
    assert cli("resync", hook).code == 1
    (sync,) = cli("history", hook, "--json").json["syncs"]
    assert (sync["status"], sync["cause"]) == ("failed", cause)
    sandbox.world.switch_off(fault)
    assert cli("resync", hook).code == 0
    assert len(receiver.events) == 1


def test_gone_disables_the_connection(cli: Cli, sandbox: Running, hook: str) -> None:
    sandbox.world.switch_on("endpoint-gone")
    ran = cli("resync", hook)
    assert ran.code == 1
    assert f"syncdoctor connection configure {hook} --enable" in ran.err
    sandbox.world.switch_off("endpoint-gone")
    assert cli("resync", hook).code == 2
    assert cli("connection", "configure", hook, "--enable").code == 0
    assert cli("resync", hook).code == 0


def test_only_an_event_tells_whether_the_secret_is_right(
    cli: Cli, sandbox: Running, receiver: Receiver, hook: str
) -> None:
    receiver.secret = "whsec_" + "QUFB" * 10
    sandbox.world.forget_requests()
    assert cli("diagnose", hook).code == 0
    assert [r["method"] for r in sandbox.world.requests()] == ["HEAD"]
    ran = cli("diagnose", hook, "--write-test", "--json")
    assert (ran.code, ran.json["connections"][0]["cause"]) == (1, "signature-invalid")
    receiver.secret = SECRET
    assert cli("diagnose", hook, "--write-test").code == 0
    assert receiver.events == {k: e for k, e in receiver.events.items() if "test" in e["type"]}
    assert cli("resync", hook, "--test-record").code == 2


def test_a_new_secret_goes_in_once_the_receiver_has_it(
    cli: Cli, receiver: Receiver, hook: str, source: Path
) -> None:
    ran = cli("connection", "configure", hook, "--rotate-secret")
    assert ran.code == 0
    secret = ran.out.strip()
    assert secret.startswith("whsec_")
    assert secret not in ran.err
    assert cli("resync", hook).code == 0  # both sign, and the receiver knows the old one
    refused = cli("connection", "configure", hook, "--finish-rotation")
    assert refused.code == 4
    assert "The old secret goes on" in refused.err
    receiver.secret = secret
    source.write_text(source.read_text().replace("C-1", "C-2"))
    assert cli("resync", hook).code == 0  # both still sign, and it knows the new one
    assert cli("connection", "configure", hook, "--finish-rotation").code == 0
    receiver.secret = SECRET
    source.write_text(source.read_text().replace("C-2", "C-3"))
    assert cli("resync", hook).code == 1  # the old one signs no more
    assert cli("connection", "configure", hook, "--finish-rotation").code == 2


def test_a_given_secret_is_proven_at_once(
    cli: Cli, receiver: Receiver, hook: str, home: Path
) -> None:
    file, new = home / "new", "whsec_" + "QkJC" * 10
    file.write_text(new)
    rotate = ("connection", "configure", hook, "--rotate-secret", f"--secret-file={file}")
    assert cli(*rotate).code == 4
    assert cli("diagnose", hook, "--write-test").code == 0
    receiver.secret = new
    assert cli(*rotate).code == 0
    assert cli("diagnose", hook, "--write-test").code == 0
    file.write_text("no secret at all")
    assert cli(*rotate).code == 2


def test_actions_that_the_type_has_not_are_refused_with_those_that_it_has(
    cli: Cli, hook: str
) -> None:
    ran = cli("reconnect", hook)
    assert ran.code == 2
    assert "configure, remove" in ran.err
    assert "--rotate-secret" in ran.err
    assert cli("keys", "list", hook).code == 2


def test_without_an_endpoint_nothing_begins(cli: Cli, home: Path, source: Path) -> None:
    made = cli(
        "connection", "add", "acme/bare", "--provider=webhook", f"--source={source}", "--json"
    )
    assert (made.code, made.json["secret"][:6]) == (0, "whsec_")
    ran = cli("resync", "acme/bare")
    assert ran.code == 1
    assert "configure acme/bare --setting endpoint=https://" in ran.out
    assert cli("history", "acme/bare", "--json").json["syncs"] == []
    assert cli("diagnose", "acme/bare", "--json").json["connections"][0]["state"] == "setup-needed"
    assert cli("connection", "configure", "acme/bare", "-s", "endpoint=http://h.example").code == 2
