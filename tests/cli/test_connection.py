from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncdoctor.cli.setting_names import known_names
from syncdoctor.engine.catalogue import load

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
        (("xero", "--client-id", "i", "--secret-file", "/nowhere"), "No such file or directory."),
        (("xero", "--client-id", "i", "--secret-file", "/dev/null"), "The client secret is empty."),
        (("xero", "--client-id", "i", "--no-secret", "--redirect-uri", "noturl"), "must be a URL"),
        (("xero", "--client-id", "i", "--no-secret", "--url", "api=http://[::1"), "https URL"),
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
    document = cli("connection", "pick", acme, "--list", "--json").json
    assert document["stand_in_hosts"][0].startswith("127.0.0.1:")
    settings = document["settings"]
    assert {"value": "200", "name": "Sales"} in settings["sales_account"]
    assert "OUTPUT2" in {choice["value"] for choice in settings["tax_type"]}
    assert "090" not in {choice["value"] for choice in settings["sales_account"]}  # a bank account
    shown = cli("connection", "pick", acme, "--list").out
    assert "200  Sales" in shown
    assert "Not the provider's own host: 127.0.0.1:" in shown


def test_choices_need_an_answer(cli: Cli, acme: str, sandbox: Running) -> None:
    sandbox.world.switch_on("provider-down")
    ran = cli("connection", "pick", acme, "--list")
    assert ran.code == 6
    assert "did not say what may be chosen" in ran.err
    assert "syncdoctor diagnose acme/xero" in ran.err


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


APP = ("app", "add", "xero", "--client-id", "i", "--no-secret", "--url=api=http://127.0.0.1:9/")
ADD = ("connection", "add", "acme/xero", "--setting=sales_account=200")


@pytest.fixture
def offline(cli: Cli) -> str:
    """A connection that nobody signed in to, of an app on loopback."""
    assert cli(*APP).code == 0
    assert cli(*ADD).code == 0
    return "acme/xero"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("auto_sync=no", False),
        ("auto_sync=Off", False),
        ("auto_sync=yes", True),
        ("auto_sync=true", True),
        ("kinds=invoice, contact", ["invoice", "contact"]),
        ("kinds=", None),
        ("exclude=INV-9*", ["INV-9*"]),
        ("invoice_status=Draft", "draft"),
        ("sales_account=", None),
        ("tax_type=true", "true"),
    ],
)
def test_a_setting_is_kept_as_what_it_means(
    cli: Cli, offline: str, given: str, kept: object
) -> None:
    assert cli("connection", "pick", offline, "-s", "kinds=invoice").code == 0
    ran = cli("connection", "pick", offline, "-s", given, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["connection"]["settings"].get(given.partition("=")[0]) == kept


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("auto_sync=maybe", "it is yes or no"),
        ("invoice_status=bogus", "'bogus' is not one of draft, authorised."),
        ("kinds=foo", "Xero takes contact, invoice, credit-note, settlement."),
        ("kinds=event", "Xero takes contact"),
        ("sale_account=200", "Did you mean 'sales_account'?"),
        ("sale_account=", "Did you mean 'sales_account'?"),
        ("endpoint=https://h.example", "no setting 'endpoint'"),
        ("organisation=Demo", "syncdoctor reconnect acme/xero --organisation NAME"),
    ],
)
def test_a_setting_that_nothing_reads_is_refused(
    cli: Cli, offline: str, home: Path, given: str, said: str
) -> None:
    path = home / "config" / "workspaces" / "acme.toml"
    before = path.read_bytes()
    for command in (("pick", offline), ("add", "acme/more", "--provider=xero")):
        ran = cli("connection", *command, "-s", given)
        assert (ran.code, said.replace(offline, command[1]) in ran.err) == (2, True), ran.err
    assert path.read_bytes() == before


def test_every_documented_setting_is_known() -> None:
    page = (Path(__file__).parents[2] / "docs" / "workspace.md").read_text().split("## Settings")[1]
    cells = re.findall(r"^\| (.*?) \|", page, re.MULTILINE)
    documented = {name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)}
    assert documented == {n for room in load().providers.values() for n in known_names(room)}


def test_an_app_that_another_provider_uses_is_not_overwritten(
    cli: Cli, offline: str, home: Path
) -> None:
    ran = cli("app", "add", "xero", "--provider", "myob", "--client-id", "j", "--no-secret")
    assert (ran.code, "acme/xero" in ran.err) == (9, True)
    assert cli("app", "list", "--json").json["apps"][0]["provider"] == "xero"
    assert cli(*APP[:3], "--client-id", "j", "--no-secret").code == 0  # the same provider's


def test_a_workspace_keeps_its_guide_and_its_source(cli: Cli, offline: str, home: Path) -> None:
    first = ("--guide", "solido", "--source", str(home / "a.csv"))
    assert cli("connection", "add", "acme/b", "--provider=xero", *first).code == 0
    assert cli("connection", "add", "acme/c", "--provider=xero", *first).code == 0
    for flag, new, old in (("guide", "hearlink", "solido"), ("source", "/b.csv", "a.csv")):
        ran = cli("connection", "add", "acme/d", "--provider=xero", f"--{flag}={new}")
        assert ran.code == 9
        assert old in ran.err
        assert new in ran.err
    told = ("--guide", "hearlink", "--change-workspace")
    assert cli("connection", "add", "acme/d", "--provider=xero", *told).code == 0


def test_hosts_that_stand_in_are_named(cli: Cli, offline: str) -> None:
    listed = cli("app", "list")
    assert "stand-in" in listed.out
    for ran in (listed, cli("connection", "list"), cli("connection", "show", offline)):
        assert "Not the provider's own host: 127.0.0.1:9" in ran.out
    for ran, rows in ((cli("app", "list", "--json"), "apps"), (cli("connection", "list", "--json"),
                      "connections")):  # fmt: skip
        assert ran.json[rows][0]["stand_in_hosts"] == ["127.0.0.1:9"]


def test_apps_are_not_cut_on_a_narrow_terminal(
    cli: Cli, offline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    url = "https://api.example.com/a/long/path/to/the/api"
    given = ("--client-id", "0123456789" * 5, "--no-secret", f"--url=api={url}")
    assert cli("app", "add", "long", "--provider=xero", *given).code == 0
    shown = cli("app", "list").out
    assert "…" not in shown
    assert url in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("app", "add", "spare", "--provider=xero", "--client-id=i", "--no-secret"),
        ("app", "list"),
        ("app", "remove", "none", "--yes"),
        ("connection", "add", "acme/more", "--provider=xero"),
        ("connection", "show", "acme/xero"),
        ("connection", "list"),
        ("connection", "pick", "acme/xero", "-s", "auto_sync=no"),
        ("connection", "configure", "acme/xero", "--disable"),  # an error
        ("connection", "disconnect", "acme/xero", "--yes"),
        ("connection", "remove", "acme/xero", "--yes"),
        ("channel", "set", "acme", "eBay", "--owner=Ann"),
        ("channel", "list", "acme"),
        ("store", "status"),
        ("store", "check"),
        ("diagnose", "acme/xero", "--list-checks"),
    ],
    ids=" ".join,
)
def test_every_document_begins_alike(cli: Cli, offline: str, arguments: tuple[str, ...]) -> None:
    ran = cli(*arguments, "--json")
    document = ran.json
    assert list(document)[:4] == ["schema", "tool", "generated_at", "exit_code"]
    assert document["exit_code"] == ran.code
    assert document["schema"].startswith("syncdoctor.")


def test_what_is_switched_off_is_switched_on_and_what_is_disconnected_signs_in(
    cli: Cli, home: Path
) -> None:
    hook = "acme/webhook"
    assert cli("connection", "add", hook, "-s", "endpoint=http://127.0.0.1:9/").code == 0
    off = cli("connection", "configure", hook, "--disable", "--json").json
    assert off["connection"]["enabled"] is False
    enable = ["syncdoctor", "connection", "configure", hook, "--enable"]
    assert cli("status", "--json").json["connections"][0]["next_command"] == enable
    assert cli("connection", "disconnect", hook, "--yes").code == 0
    row = cli("status", "--json").json["connections"][0]
    assert row["next_command"] == [*enable[:-1], "--rotate-secret"]
    removed = cli("connection", "remove", hook, "--yes")
    assert "history" not in removed.err  # it never synced
