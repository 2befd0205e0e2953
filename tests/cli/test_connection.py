from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running


def test_an_app_is_kept_and_its_secret_is_not_in_the_file(cli: Cli, home: Path) -> None:
    secret = home / "secret"
    secret.write_text("planted-client-secret-77\n")
    ran = cli("app", "add", "xero", "--client-id", "id-1", "--secret-file", str(secret))
    assert ran.code == 0
    assert "connection add" in ran.err
    everything = b"".join(p.read_bytes() for p in home.rglob("*") if p.is_file() and p != secret)
    assert b"planted-client-secret-77" not in everything
    assert cli("app", "list", "--json").json["apps"][0]["client_id"] == "id-1"
    assert "id-1" in cli("app", "list").out


def test_an_app_in_use_is_not_removed(cli: Cli, acme: str) -> None:
    ran = cli("app", "remove", "xero", "--yes")
    assert ran.code == 2
    assert "used by acme/xero" in ran.err
    assert cli("connection", "remove", acme, "--yes").code == 0
    assert cli("app", "remove", "xero", "--yes").code == 0
    assert "There is no app yet" in cli("app", "list").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("xero",), "Client id is needed."),
        (("xero", "--client-id", "i"), "The client secret is needed."),
        (("x", "--provider", "zero", "--client-id", "i"), "no provider 'zero'"),
        (("xero", "--client-id", "i", "--no-secret", "--url", "api"), "NAME=URL"),
        (
            ("xero", "--client-id", "i", "--no-secret", "--url", "api=http://evil.example/"),
            "must be https",
        ),
        (("xero", "--client-id", "i", "--no-secret", "--url", "ap=https://h/"), "there are"),
        (("xero", "--client-id", "i", "--secret-file", "/nowhere"), "cannot be read"),
        (("../x", "--provider", "xero", "--client-id", "i", "--no-secret"), "cannot be the name"),
    ],
)
def test_a_wrong_app_is_refused_and_nothing_is_kept(
    cli: Cli, home: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = cli("app", "add", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert not (home / "config").exists()


def test_a_connection_is_listed_with_its_actions(
    cli: Cli, acme: str, golden: Callable[[str, str], None]
) -> None:
    golden("connection/list.txt", cli("connection", "list").out)
    (row,) = cli("connection", "list", "--json").json["connections"]
    assert row["actions"] == ["reconnect", "remove"]
    assert row["uid"].startswith("c-")
    shown = cli("connection", "show", acme)
    assert "Demo Company (UK)" in shown.out
    assert cli("connection", "show", acme, "--json").json["connection"]["type"] == "xero"


def test_an_action_that_the_type_has_not_is_refused_with_those_it_has(cli: Cli, acme: str) -> None:
    ran = cli("connection", "configure", acme, "--setting", "a=b")
    assert ran.code == 2
    assert "Xero connections have no configure; they have: reconnect, remove." in ran.err


def test_settings_are_picked(cli: Cli, acme: str) -> None:
    assert (
        cli("connection", "pick", acme, "-s", "sales_account=201", "-s", "kinds=invoice").code == 0
    )
    settings = cli("connection", "show", acme, "--json").json["connection"]["settings"]
    assert settings == {"sales_account": "201", "tax_type": "OUTPUT2", "kinds": ["invoice"]}
    assert cli("connection", "pick", acme, "-s", "conflicts=provider").code == 0
    wrong = cli("connection", "pick", acme, "-s", "conflicts=newest")
    assert (wrong.code, "skip, product, provider" in wrong.err) == (2, True)
    ran = cli("connection", "pick", acme)
    assert ran.code == 2
    assert "Nothing to pick" in ran.err


def test_what_may_be_picked_is_asked_of_the_provider(cli: Cli, acme: str) -> None:
    settings = cli("connection", "pick", acme, "--list", "--json").json["settings"]
    assert {"value": "200", "name": "Sales"} in settings["sales_account"]
    assert "OUTPUT2" in {choice["value"] for choice in settings["tax_type"]}
    assert "090" not in {choice["value"] for choice in settings["sales_account"]}  # a bank account
    assert "200  Sales" in cli("connection", "pick", acme, "--list").out


def test_choices_need_an_answer(cli: Cli, acme: str, sandbox: Running) -> None:
    sandbox.world.switch_on("provider-down")
    ran = cli("connection", "pick", acme, "--list")
    assert ran.code == 6
    assert "did not say what may be chosen" in ran.err


def test_a_removed_connection_leaves_its_history(cli: Cli, acme: str, home: Path) -> None:
    assert cli("connection", "remove", acme).code == 2  # nobody can be asked
    assert cli("connection", "remove", acme, "--yes").code == 0
    assert cli("connection", "show", acme).code == 10
    assert "No connection is set up" in cli("connection", "list").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("acme",), 2, "WORKSPACE/CONNECTION"),
        (("acme/xero",), 2, "no app for Xero yet"),
        (("acme/books", "--provider", "zzz"), 2, "no provider 'zzz'"),
        (("acme/xero", "--app", "none"), 10, "no app 'none'"),
        (("acme/books",), 2, "Provider is needed."),
    ],
)
def test_a_wrong_connection_is_refused(
    cli: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = cli("connection", "add", *arguments)
    assert ran.code == code
    assert said in ran.err


def test_a_wrong_setting_is_refused(cli: Cli, acme: str) -> None:
    ran = cli("connection", "pick", acme, "--setting", "novalue")
    assert ran.code == 2
    assert "KEY=VALUE" in ran.err


def test_the_same_connection_is_not_added_twice(cli: Cli, acme: str) -> None:
    ran = cli("connection", "add", acme)
    assert ran.code == 2
    assert "is there already" in ran.err
