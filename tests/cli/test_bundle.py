"""``diagnose --bundle``: what support asks for in one file, and no secret in it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running

    Golden = Callable[[str, str], None]


def stored(home: Path, key: str) -> str:
    """The access token of a connection, as the store keeps it."""
    vault = SealedFile(home / "state" / "tokens.sealed", PassphraseSource(str(home / "passphrase")))
    entry = vault.get(key)
    assert entry is not None
    return str(json.loads(entry)["access_token"])


def files(place: Path) -> dict[str, str]:
    with zipfile.ZipFile(place) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def test_a_bundle_has_what_support_asks_for(
    cli: Cli, acme: str, sandbox: Running, home: Path
) -> None:
    sandbox.world.switch_on("permission-removed")
    place = home / "out" / "bundle.zip"
    ran = cli(
        *("diagnose", acme, "--bundle", str(place), "--describe", "Nothing arrives"),
        *("--tried", "Sync twice", "--fill", "records=INV-7"),
    )
    assert ran.code == 1
    assert place.stat().st_mode & 0o777 == 0o600
    contents = files(place)
    form = contents["form.txt"]
    for words in ("acme", "Nothing arrives", "Sync twice", "INV-7", "NOT-ALLOWED"):
        assert words in form
    assert "permission-denied" in contents["findings.json"]
    assert json.loads(contents["history.json"])["total"] == 0
    assert json.loads(contents["versions.json"])["syncdoctor"]
    assert json.loads(contents["settings.json"])["connection"]["target"] == acme
    again = home / "exchanges.jsonl"
    again.write_text(contents["exchanges.jsonl"])
    assert cli("explain", str(again)).code in {0, 1}
    assert [path.name for path in place.parent.iterdir()] == ["bundle.zip"]


def test_no_secret_of_the_store_is_in_it(cli: Cli, acme: str, home: Path) -> None:
    place = home / "bundle.zip"
    assert cli("diagnose", acme, "--bundle", str(place)).code == 0
    uid = Config(home / "config").connection(acme).uid
    text = "".join(files(place).values())
    assert stored(home, f"connection/{uid}") not in text
    assert "correct horse" not in text


@pytest.mark.parametrize("what", ["token", "passphrase", "client secret"])
@pytest.mark.parametrize("where", ["describe", "fill", "settings", "organisation"])
def test_a_planted_secret_refuses_the_bundle(
    cli: Cli, acme: str, home: Path, what: str, where: str
) -> None:
    uid = Config(home / "config").connection(acme).uid
    hidden = home / "secret"
    hidden.write_text("PLANTED-client-secret-77\n")
    if what == "client secret":
        SealedFile(
            home / "state" / "tokens.sealed", PassphraseSource(str(home / "passphrase"))
        ).put("app/xero", "PLANTED-client-secret-77")
    secret = {
        "token": stored(home, f"connection/{uid}"),
        "passphrase": "correct horse battery staple",
        "client secret": "PLANTED-client-secret-77",
    }[what]
    options = {"describe": ("--describe", f"see {secret}"), "fill": ("--fill", f"note={secret}")}
    file = home / "config" / "workspaces" / "acme.toml"
    text = file.read_text()
    if where == "settings":
        text = text.replace('sales_account = "200"', f'sales_account = "200"\nnote = "{secret}"')
    elif where == "organisation":
        text = text.replace('name = "Demo Company (UK)"', f'name = "{secret}"')
    file.write_text(text)
    place = home / "out" / "bundle.zip"
    place.parent.mkdir()
    ran = cli("diagnose", acme, "--bundle", str(place), *options.get(where, ()))
    assert ran.code == 9, ran.err
    assert "was not written" in ran.err
    assert secret not in ran.out + ran.err
    assert list(place.parent.iterdir()) == []


def test_several_connections_have_a_folder_each(cli: Cli, acme: str, home: Path) -> None:
    assert cli("connection", "add", "acme/second", "--provider", "xero", "--app", "xero").code == 0
    place = home / "bundle.zip"
    cli("diagnose", "acme", "--bundle", str(place))
    assert {name.split("/")[0] for name in files(place)} == {"acme-xero", "acme-second"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--describe", "x"), "for the bundle"),
        (("--bundle", "/proc/nowhere/b.zip"), "cannot be written"),
        (("--bundle", "b.zip", "--fill", "records"), "NAME=VALUE"),
    ],
)
def test_wrong_usage(cli: Cli, acme: str, arguments: tuple[str, ...], said: str) -> None:
    ran = cli("diagnose", acme, *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_answers_are_for_one_diagnosis(cli: Cli, acme: str) -> None:
    portal = ("diagnose", acme, "--guide", "client-portal")
    (found,) = cli(*portal, "--json").json["connections"]
    open_ones = {c["name"] for c in found["checks"] if c["outcome"] == "to-ask"}
    assert open_ones == {"licence", "tier", "invoice-limit", "invoices-this-month"}
    ran = cli(*portal, "--answer", "licence=lapsed", "--answer", "tier=Growth")
    assert ran.code == 1
    assert "plan-limit" in ran.out
    assert "? licence" not in ran.out
    assert "? licence" in cli(*portal).out
    assert cli(*portal, "--answer", "colour=red").code == 2


def test_the_terminal_is_asked_for_what_the_file_does_not_say(
    cli: Cli, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"licence": "active", "tier": "", "invoice-limit": "100", "invoices-this-month": "100"}
    asked: list[str] = []

    def prompt(question: str, **_: object) -> str:
        asked.append(question.partition(":")[0])
        return told[asked[-1]]

    monkeypatch.setattr("typer.prompt", prompt)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    ran = cli("diagnose", acme, "--guide", "client-portal")
    assert asked == list(told)
    assert "? tier" in ran.out
    assert "100 of 100 invoices" in ran.out
    asked.clear()
    cli("diagnose", acme)  # Solido says nothing about a licence
    assert asked == []


def test_the_status_page_is_read_when_an_outage_was_met_or_when_asked(
    cli: Cli, acme: str, sandbox: Running
) -> None:
    (found,) = cli("diagnose", acme, "--json").json["connections"]
    assert "status-page" not in {c["name"] for c in found["checks"]}
    (found,) = cli("diagnose", acme, "--check", "status-page", "--json").json["connections"]
    (check,) = found["checks"]
    assert (check["name"], check["outcome"]) == ("status-page", "ok")
    sandbox.world.switch_on("provider-down")
    (found,) = cli("diagnose", acme, "--json").json["connections"]
    assert found["checks"][-1]["outcome"] == "problem"
    assert found["findings"][0]["confidence"] == "certain"
    (found,) = cli("diagnose", acme, "--check", "status-page", "--json").json["connections"]
    assert found["findings"][0]["rule"] == "common.incident-published"
    assert found["state"] == "healthy"


def test_the_message_for_the_customer(
    cli: Cli, acme: str, sandbox: Running, golden: Golden
) -> None:
    sandbox.world.switch_on("permission-removed")
    ran = cli("diagnose", acme, "--reply")
    golden("diagnose/reply.txt", ran.out)
    assert "syncdoctor" not in ran.out
