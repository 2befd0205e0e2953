"""The one suite that every provider passes: whoever adds a folder with a sandbox is in it."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from syncdoctor.providers.common.embedded import EmbeddedWithoutSignIn
from syncdoctor.providers.google_calendar.sandbox import seed as google
from syncdoctor.providers.myob.sandbox import seed as myob
from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.scenarios import concerns, find
from syncdoctor.sandbox.world import embedded_providers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Cli, Ran

    from syncdoctor.sandbox.server import Running

EMBEDDED = embedded_providers()
PROVIDERS = [provider.id for provider in EMBEDDED]
# What is about consent alone does not concern a provider whose credential a person gives.
WITH_SIGN_IN = [provider.id for provider in EMBEDDED if provider.facts.signs_in]

# What a customer would choose at each provider's sandbox.
SETTINGS = {
    "xero": {"sales_account": "200", "tax_type": "OUTPUT2"},
    "freeagent": {"category": "001"},
    "zoho-books": {"sales_account": "4600000000000388", "tax_type": "4600000000000410"},
    "gocardless": {},
    "google-calendar": {"calendar": google.BOOKINGS},
    "myob": {"sales_account": myob.SALES_ACCOUNT, "tax_type": myob.TAX_CODE},
}

# A scenario of the sandbox → the states that `status --live` may show for it.
STATES = {
    "healthy": {"healthy"},
    "token-expired": {"healthy"},
    "reconnect-needed": {"reconnect-needed"},
    "organisation-disconnected": {"reconnect-needed"},
    "setup-needed": {"setup-needed"},
    "permission-removed": {"last-sync-failed"},
    "scope-missing": {"reconnect-needed"},
    "provider-down": {"unknown"},
    "verifying": {"verifying"},
    "verification-stuck": {"verifying"},
    "verification-action-required": {"verifying"},
    "quota-exhausted": {"unknown"},
}


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


# What a customer's source holds: C-1, C-2 and a contact.
INVOICES = """kind,number,contact_name,date,due_date,line_description,quantity,unit_amount
invoice,C-1,Ada Ltd,{today},{today},Work,1,100.00
invoice,C-2,Bob Ltd,{today},{today},Parts,2,12.50
contact,,Cy Ltd,,,,,
"""
# Customers of the sandbox, who have mandates.
PAYMENTS = """kind,number,contact_name,contact_email,amount,date,invoice_number
payment,C-1,Northgate Schools Trust,,100.00,{today},INV-1
payment,C-2,Juniper & Co,,25.00,,INV-2
contact,,Cy Ltd,cy@example.com,,,
"""
EVENTS = """kind,number,title,start,end
event,C-1,C-1,{today}T09:00:00Z,{today}T10:30:00Z
event,C-2,C-2,{today},
"""
SOURCES = {"gocardless": PAYMENTS, "google-calendar": EVENTS}


@pytest.fixture
def source(home: Path, provider: str) -> Path:
    """Two documents and a contact, dated today."""
    today = datetime.now(UTC).date().isoformat()
    path = home / "records.csv"
    path.write_text(SOURCES.get(provider, INVOICES).format(today=today))
    return path


@pytest.fixture
def target(cli: Cli, sandbox: Running, provider: str, source: Path) -> str:
    """A connection that is set up and signed in."""
    return connect(cli, sandbox, provider, source)


def connect(cli: Cli, sandbox: Running, provider: str, source: Path) -> str:
    """Set a connection up and sign in."""
    room = sandbox.world.room(provider)
    if isinstance(room.provider, EmbeddedWithoutSignIn):
        return connect_by_credential(cli, sandbox, room.provider, source)
    client_id = next(iter(room.oauth.clients))
    (source.parent / "secret").write_text("any secret will do\n")
    secret = "--no-secret" if room.facts.oauth.pkce else f"--secret-file={source.parent / 'secret'}"
    urls = [f"--url={name}={url}" for name, url in sandbox.app_urls(provider).items()]
    settings = [f"--setting={key}={value}" for key, value in SETTINGS[provider].items()]
    made = cli("app", "add", provider, "--client-id", client_id, secret, *urls)
    assert made.code == 0, made.err
    made = cli("connection", "add", f"acme/{provider}", f"--source={source}", *settings)
    assert made.code == 0, made.err
    joined = sign_in(cli, f"acme/{provider}")
    assert joined.code == 0, joined.err
    return f"acme/{provider}"


def connect_by_credential(
    cli: Cli, sandbox: Running, provider: EmbeddedWithoutSignIn, source: Path
) -> str:
    """Do what the sandbox prints: ``echo SECRET | syncdoctor connection add … --token-file -``."""
    words = shlex.split(provider.set_up(sandbox.app_urls(provider.id)["api"]))
    credential = source.parent / "credential"
    credential.write_text(words[words.index("echo") + 1])
    settings = [word for word in words if "=http" in word]
    target = f"acme/{provider.id}"
    made = cli(
        *("connection", "add", target, f"--source={source}", f"--token-file={credential}"),
        *(f"--setting={setting}" for setting in settings),
    )
    assert made.code == 0, made.err
    return target


def sign_in(cli: Cli, target: str, organisation: str | None = None, *options: str) -> Ran:
    begun = cli("reconnect", target, "--non-interactive", "--json").json
    url = approve(begun["next_step"]["url"], organisation)
    finish = ("--complete", begun["id"], "--redirect-url", url)
    return cli("reconnect", target, *finish, "--no-sync", *options)


def set_scene(sandbox: Running, name: str) -> None:
    from syncdoctor.sandbox.scenarios import SCENARIOS

    for fault, params in SCENARIOS[name].faults.items():
        sandbox.world.switch_on(fault, **params)


def documents(sandbox: Running, provider: str) -> dict[str, int]:
    """How often each document number is at the provider."""
    counts: dict[str, int] = {}

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                if key in {"C-1", "C-2"} and isinstance(value, int):
                    counts[key] = counts.get(key, 0) + value
                walk(value)
        elif isinstance(node, list):
            for item in node:
                walk(item)

    walk(sandbox.world.state()[provider])
    return counts


STORIES = [
    (provider.id, scenario)
    for provider in embedded_providers()
    for scenario in STATES
    if concerns(find(scenario), provider)
]


@pytest.mark.parametrize(("provider", "scenario"), STORIES, indirect=["provider"])
def test_each_state_is_shown_right(cli: Cli, sandbox: Running, target: str, scenario: str) -> None:
    set_scene(sandbox, scenario)
    (row,) = cli("status", "--live", "--json").json["connections"]
    assert row["state"] in STATES[scenario]
    assert bool(row["next_command"]) == (row["state"] != "healthy")


def test_a_token_file_that_was_named_is_made_at_once_and_missed_later(
    cli: Cli, sandbox: Running, home: Path, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "records.csv").write_text("")
    monkeypatch.setenv("SYNCDOCTOR_STORE", f"file:{home / 'tokens' / 'own.sealed'}")
    target = connect(cli, sandbox, provider, home / "records.csv")
    assert cli("status", target, "--live").code in {0, 2}  # of a new calendar none is chosen
    monkeypatch.setenv("SYNCDOCTOR_STORE", f"file:{home / 'typo.sealed'}")
    ran = cli("status", target, "--live")
    assert ran.code == 7
    assert "typo.sealed" in ran.out + ran.err


@pytest.mark.parametrize("provider", WITH_SIGN_IN, indirect=True)
def test_half_an_answer_says_nothing_about_the_connection(
    cli: Cli, sandbox: Running, target: str
) -> None:
    sandbox.world.switch_on("malformed-json", times=1)
    ran = cli("status", target, "--live", "--json")
    assert ran.code in {5, 6}
    assert ran.json["connections"][0]["state"] == "unknown"


@pytest.mark.parametrize("provider", WITH_SIGN_IN, indirect=True)
def test_a_revoked_grant_is_mended_by_reconnect(cli: Cli, sandbox: Running, target: str) -> None:
    set_scene(sandbox, "reconnect-needed")
    assert cli("diagnose", target).code == 4
    assert cli("resync", target).code == 4
    assert sign_in(cli, target).code == 0
    assert cli("diagnose", target).code == 1  # what could not be sent still waits
    assert cli("resync", target, "--failed").code == 0
    assert cli("diagnose", target).code == 0


@pytest.mark.parametrize("provider", WITH_SIGN_IN, indirect=True)
def test_another_organisation_is_refused_and_nothing_changes(
    cli: Cli, sandbox: Running, target: str, provider: str
) -> None:
    before = cli("connection", "show", target, "--json").json["connection"]["organisation"]
    room = sandbox.world.room(provider)
    view = sandbox.world.switchboard.view(provider, "authorize", "GET", "")
    other = next(o for o in room.provider.organisations(view) if o.id != before["id"])
    sandbox.world.switch_on("organisation-disconnected", organisation=before["id"])
    refused = sign_in(cli, target, other.id)
    assert refused.code == 9
    assert cli("connection", "show", target, "--json").json["connection"]["organisation"] == before
    assert sign_in(cli, target, other.id, "--allow-other-organisation").code == 0
    after = cli("connection", "show", target, "--json").json["connection"]["organisation"]
    assert after["id"] == other.id


@pytest.mark.parametrize("provider", WITH_SIGN_IN, indirect=True)
def test_declined_consent_leaves_the_old_sign_in(cli: Cli, sandbox: Running, target: str) -> None:
    begun = cli("reconnect", target, "--non-interactive", "--json").json
    url = approve(begun["next_step"]["url"], allow=False)
    ran = cli("reconnect", target, "--complete", begun["id"], "--redirect-url", url, "--no-sync")
    assert ran.code in {4, 8}
    assert cli("diagnose", target).code == 0


def test_resync_twice_is_once(cli: Cli, sandbox: Running, target: str, provider: str) -> None:
    assert cli("resync", target).code == 0
    assert documents(sandbox, provider) == {"C-1": 1, "C-2": 1}
    again = cli("resync", target)
    assert again.code == 0
    assert documents(sandbox, provider) == {"C-1": 1, "C-2": 1}
    history = cli("history", target, "--json").json
    assert [sync["status"] for sync in history["syncs"]] == ["succeeded", "succeeded"]


def test_a_dry_run_sends_nothing(cli: Cli, sandbox: Running, target: str, provider: str) -> None:
    sandbox.world.forget_requests()
    assert cli("resync", target, "--dry-run").code == 0
    assert documents(sandbox, provider) == {}
    written = [r for r in sandbox.world.requests() if r["method"] not in {"GET", "HEAD"}]
    assert [r for r in written if "token" not in r["path"]] == []


def test_a_lost_answer_doubles_nothing(
    cli: Cli, sandbox: Running, target: str, provider: str
) -> None:
    sandbox.world.switch_on("lost-answer", times=1)
    cli("resync", target)
    assert cli("resync", target).code == 0
    assert documents(sandbox, provider) == {"C-1": 1, "C-2": 1}


def test_a_rate_limit_is_waited_for(cli: Cli, sandbox: Running, target: str, provider: str) -> None:
    sandbox.world.switch_on("rate-limit-minute", times=1, retry_after=1)
    assert cli("resync", target).code == 0
    assert documents(sandbox, provider) == {"C-1": 1, "C-2": 1}


def test_an_outage_sends_nothing_twice(
    cli: Cli, sandbox: Running, target: str, provider: str
) -> None:
    set_scene(sandbox, "provider-down")
    assert cli("resync", target).code == 5
    sandbox.world.switch_off("provider-down")
    assert cli("resync", target).code == 0
    assert documents(sandbox, provider) == {"C-1": 1, "C-2": 1}


@pytest.mark.parametrize(
    "provider",
    [p.id for p in embedded_providers() if concerns(find("permission-removed"), p)],
    indirect=True,
)
def test_permission_taken_away_is_said_and_nothing_is_lost(
    cli: Cli, sandbox: Running, target: str, provider: str
) -> None:
    set_scene(sandbox, "permission-removed")
    assert cli("resync", target).code in {1, 3}
    (found,) = cli("diagnose", target, "--json").json["connections"]
    assert found["cause"] == "permission-denied"
    sandbox.world.switch_off("permission-removed")
    assert cli("resync", target, "--failed").code == 0
    assert documents(sandbox, provider) == {"C-1": 1, "C-2": 1}


def test_a_removed_connection_cannot_sync_and_keeps_its_history(
    cli: Cli, sandbox: Running, target: str
) -> None:
    assert cli("resync", target).code == 0
    assert cli("connection", "remove", target, "--yes").code == 0
    assert cli("resync", target).code == 10
    assert len(cli("history", target, "--json").json["syncs"]) == 1
