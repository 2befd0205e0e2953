"""A sync against the embedded GoCardless: no money is collected twice, wherever it is struck."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Cli, sign_in

from syncdoctor.providers.gocardless.sandbox.ledger import Ledger
from syncdoctor.providers.gocardless.sandbox.seed import DASHBOARD_TOKEN
from syncdoctor.providers.gocardless.webhooks import signature
from syncdoctor.sandbox.server import Running
from syncdoctor.wire.client import Client

HEADER = "kind,number,contact_name,contact_email,amount,currency,date,reference,invoice_number\n"
Write = Callable[..., None]


def row(number: str, name: str = "Juniper & Co", amount: str = "10.00", **more: str) -> str:
    return f"payment,{number},{name},,{amount},,,{more.get('reference', '')},INV-{number}\n"


@pytest.fixture
def write(home: Path) -> Write:
    """Write the source."""

    def rows(*lines: str) -> None:
        (home / "records.csv").write_text(HEADER + "".join(lines))

    return rows


@pytest.fixture
def target(cli: Cli, sandbox: Running, home: Path, write: Write) -> str:
    """A connection that is signed in; two payments and a customer wait."""
    write(
        row("A-1"),
        row("A-2", "Northgate Schools Trust"),
        "contact,,Ada Ltd,ada@example.com,,,,,\n",
    )
    (home / "secret").write_text("secret\n")
    urls = [f"--url={name}={url}" for name, url in sandbox.app_urls("gocardless").items()]
    client = next(iter(sandbox.world.room("gocardless").oauth.clients))
    secret, source = f"--secret-file={home / 'secret'}", f"--source={home / 'records.csv'}"
    for arguments in (
        ("app", "add", "gocardless", "--client-id", client, secret, *urls),
        ("connection", "add", "acme/gocardless", source),
    ):
        ran = cli(*arguments)
        assert ran.code == 0, ran.err
    sign_in(cli, "acme/gocardless")
    return "acme/gocardless"


def ledger(sandbox: Running) -> Ledger:
    provider: Any = sandbox.world.room("gocardless").provider
    found: Ledger = provider.ledger("CR000000071001")
    return found


def payments(sandbox: Running) -> dict[str, dict[str, Any]]:
    """Payments by number, of which none is there twice."""
    made = list(ledger(sandbox).shelves["payments"].values())
    by_number = {payment["metadata"]["number"]: payment for payment in made}
    assert len(by_number) == len(made)
    return by_number


def names(sandbox: Running) -> list[str]:
    return [one["company_name"] for one in ledger(sandbox).shelves["customers"].values()]


def test_payments_and_customers_are_made_and_told_by_whom(
    cli: Cli, sandbox: Running, target: str
) -> None:
    assert cli("resync", target).code == 0
    made = payments(sandbox)
    assert {number: p["amount"] for number, p in made.items()} == {"A-1": 1000, "A-2": 1000}
    assert made["A-1"]["metadata"] == {"number": "A-1", "invoice_number": "INV-A-1"}
    assert made["A-1"]["description"] == "Invoice INV-A-1"
    assert names(sandbox).count("Ada Ltd") == 1


@pytest.mark.parametrize("strikes", [1, 2, 3])
def test_an_answer_lost_at_any_write_doubles_nothing(
    cli: Cli, sandbox: Running, target: str, strikes: int
) -> None:
    sandbox.world.switch_on("lost-answer", times=strikes)
    cli("resync", target)
    sandbox.world.switch_off("lost-answer")
    assert cli("resync", target).code == 0
    assert set(payments(sandbox)) == {"A-1", "A-2"}
    assert names(sandbox).count("Ada Ltd") == 1


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_run_that_is_killed_after_any_write_is_made_whole_by_the_next(
    cli: Cli, sandbox: Running, target: str, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    send, seen = Client.send, []

    def struck(client: Client, method: str, *args: Any, **parts: Any) -> Any:
        answer = send(client, method, *args, **parts)
        seen.extend([method] * (method == "POST"))
        if method == "POST" and len(seen) == number:
            raise Killed
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Client, "send", struck)
        with pytest.raises(Killed):
            cli("resync", target)
    assert cli("resync", target).code == 0
    assert set(payments(sandbox)) == {"A-1", "A-2"}
    assert names(sandbox).count("Ada Ltd") == 1


def test_a_machine_that_knows_nothing_collects_nothing_again(
    cli: Cli, sandbox: Running, target: str, home: Path
) -> None:
    """Two months later, with another journal: no key is remembered any more."""
    assert cli("resync", target).code == 0
    sandbox.world.clock.advance(timedelta(days=60).total_seconds())
    for file in (home / "state").glob("*.db*"):
        file.unlink()
    assert cli("resync", target).code == 0
    assert set(payments(sandbox)) == {"A-1", "A-2"}


def test_a_key_that_was_used_is_taken_for_already_there(
    cli: Cli, sandbox: Running, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list does not show it yet, and the key does: 409 names what was made."""
    sandbox.world.switch_on("lost-answer", times=1, path="payments")
    blind = {"payments": [], "meta": {"cursors": {"after": None}}}
    send = Client.send

    def stale(client: Client, method: str, path: str = "", **parts: Any) -> Any:
        answer = send(client, method, path, **parts)
        if method == "GET" and path == "payments":
            object.__setattr__(answer, "body", blind)
        return answer

    monkeypatch.setattr(Client, "send", stale)
    assert cli("resync", target).code == 0
    assert set(payments(sandbox)) == {"A-1", "A-2"}
    tried = [r for r in sandbox.world.requests() if 409 in r["statuses"]]
    assert [r["path"] for r in tried] == ["/gocardless/payments"]


def test_more_than_a_page_is_read_through(
    cli: Cli, sandbox: Running, target: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncdoctor.providers.gocardless.records.LONGEST_PAGE", "2")
    assert cli("resync", target).code == 0
    write(row("A-1"), row("B-1"))
    assert cli("resync", target, "--record", "A-1", "--record", "B-1").code == 0
    assert set(payments(sandbox)) == {"A-1", "A-2", "B-1"}


def test_who_cannot_be_charged_is_refused_and_the_others_are_not(
    cli: Cli, sandbox: Running, target: str, write: Write
) -> None:
    write(row("X-1", "Closed Shop Ltd"), row("X-2", "Nobody Ltd"), row("A-1"))
    for command in (("resync", target, "--dry-run"), ("resync", target)):
        ran = cli(*command)
        assert ran.code == 3
        assert "Closed Shop Ltd has no mandate that can be used" in ran.out
        assert "was cancelled; they have to set up a new one" in ran.out
        assert "Nobody Ltd is no customer at GoCardless" in ran.out
    assert set(payments(sandbox)) == {"A-1"}
    assert "Nobody Ltd" not in names(sandbox), "no customer is made for a payment"


def test_a_mandate_that_ends_meanwhile_is_told(cli: Cli, sandbox: Running, target: str) -> None:
    sandbox.world.switch_on("mandates-ended", customer="Juniper & Co", method="POST")
    ran = cli("resync", target)
    assert ran.code == 3
    assert "Mandate is failed, cancelled or expired" in ran.out
    assert set(payments(sandbox)) == {"A-2"}
    sandbox.world.switch_off("mandates-ended")
    assert cli("resync", target, "--failed").code == 0
    assert set(payments(sandbox)) == {"A-1", "A-2"}


def test_another_amount_is_locked_and_another_note_is_changed(
    cli: Cli, sandbox: Running, target: str, write: Write
) -> None:
    assert cli("resync", target).code == 0
    write(row("A-1", amount="11.00"), row("A-2", "Northgate Schools Trust", reference="March"))
    ran = cli("resync", target)
    assert ran.code == 3
    assert "A-1 is pending submission at GoCardless with 10.00 GBP; cancel it there" in ran.out
    made = payments(sandbox)
    assert (made["A-1"]["amount"], made["A-2"]["metadata"]["reference"]) == (1000, "March")


def test_a_token_that_may_only_read_stops_with_what_to_do(
    cli: Cli, sandbox: Running, target: str
) -> None:
    sandbox.world.switch_on("token-read-only")
    ran = cli("resync", target)
    assert ran.code == 4
    assert f"syncdoctor reconnect {target}" in ran.out
    assert payments(sandbox) == {}


@pytest.mark.parametrize("option", ["--kind=invoice", "--test-record"])
def test_what_is_no_payment_is_refused_by_name(cli: Cli, target: str, option: str) -> None:
    ran = cli("resync", target, option)
    assert ran.code == 2
    assert "invoice; it takes contact, payment." in ran.err


def test_verifying_is_shown_with_its_working_days(cli: Cli, sandbox: Running, target: str) -> None:
    for days, code, command in ((2, 0, "status"), (6, 1, "diagnose")):
        sandbox.world.switch_on("verification-pending", working_days=days)
        ran = cli("status", "--live")
        assert ran.code == code
        assert "Verifying" in ran.out
        assert f"{days} working days" in ran.out
        (shown,) = cli("status", "--json").json["connections"]
        assert (shown["state"], shown["next_command"][1]) == ("verifying", command)
        assert shown["verifying_since"]
        (found,) = cli("diagnose", target, "--json").json["connections"]
        assert (found["cause"], found["action"] == "contact-support") == (
            "verification-pending",
            days > 2,
        )


def test_a_pasted_token_is_a_connection_too(
    cli: Cli, sandbox: Running, target: str, home: Path
) -> None:
    """It goes by the app's addresses, and needs none of its secret."""
    for name, content in (("token", DASHBOARD_TOKEN), ("live", "live_odd")):
        (home / name).write_text(f"{content}\n")
    add = ("connection", "add", "beta/gocardless", "--credential=token", "--app=gocardless")
    refused = cli(*add, f"--token-file={home / 'live'}")
    assert refused.code == 4
    assert "is not a valid sandbox API access token" in refused.err
    source = f"--source={home / 'records.csv'}"
    assert cli(*add, source, f"--token-file={home / 'token'}").code == 0
    assert cli("resync", "beta/gocardless").code == 0
    assert set(payments(sandbox)) == {"A-1", "A-2"}
    sandbox.world.switch_on("refresh-token-revoked")
    (shown,) = cli("status", "beta", "--live", "--json").json["connections"]
    again = ["syncdoctor", "reconnect", "beta/gocardless", "--token-file", "FILE"]
    assert (shown["state"], shown["next_command"]) == ("reconnect-needed", again)


def test_a_token_of_the_other_world_is_told(
    cli: Cli, sandbox: Running, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncdoctor.auth.tokens.TokenKeeper._give", lambda *_: "live_odd")
    (found,) = cli("diagnose", target, "--json").json["connections"]
    assert found["cause"] == "wrong-environment"
    (shown,) = cli("status", "--live", "--json").json["connections"]
    assert (shown["label"], shown["next_command"][1]) == ("Pick environment", "reconnect")


def test_a_webhook_that_was_received_is_checked(cli: Cli, target: str, home: Path) -> None:
    for name, content in (("body", "{}"), ("endpoint", "s3cret\n")):
        (home / name).write_text(content)
    check = ("connection", "check-webhook", target, f"--body={home / 'body'}")
    secret = f"--secret-file={home / 'endpoint'}"
    good = cli(*check, f"--signature={signature(b'{}', 's3cret')}", secret)
    assert (good.code, "matches" in good.out) == (0, True)
    bad = cli(*check, "--signature=odd", secret, "--json")
    assert (bad.code, bad.json["cause"]) == (1, "signature-invalid")
    assert "s3cret" not in bad.out + bad.err


def test_an_app_is_of_a_world(cli: Cli, home: Path) -> None:
    (home / "secret").write_text("secret\n")
    add = ("app", "add", "gocardless", "--client-id=X", f"--secret-file={home / 'secret'}")
    refused = cli(*add, "--environment=moon")
    assert (refused.code, "it has live, sandbox" in refused.err) == (2, True)
    assert cli(*add, "--environment=sandbox").code == 0
    (app,) = cli("app", "list", "--json").json["apps"]
    assert app["environment"] == "sandbox"
    assert cli("connection", "add", "acme/gocardless").code == 0
    begun = cli("reconnect", "acme/gocardless", "--non-interactive", "--json").json
    assert begun["next_step"]["url"].startswith("https://connect-sandbox.gocardless.com/oauth/")
