"""What may be done with a connection follows its type, for every provider that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncdoctor.engine.catalogue import load
from syncdoctor.engine.record import SUPPLIER
from syncdoctor.resync.initial import adapter_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Cli

PROVIDERS = load().providers
# Contract, section 3.
ACTIONS = {
    "xero": {"reconnect", "remove"},
    "freeagent": {"reconnect", "remove"},
    "gocardless": {"reconnect", "remove"},
    "google-calendar": {"reconnect", "remove"},
    "myob": {"reconnect", "configure", "remove"},
    "zoho-books": {"reconnect", "configure", "remove"},
    "webhook": {"configure", "remove"},
    "custom": {"keys", "remove"},
}
COMMANDS = {
    "reconnect": ("reconnect", "acme/one"),
    "configure": ("connection", "configure", "acme/one", "--disable"),
    "keys": ("keys", "list", "acme/one"),
}
REFUSED = [
    (provider, action)
    for provider, has in ACTIONS.items()
    for action in COMMANDS
    if action not in has
]


def test_each_type_has_the_actions_of_the_contract() -> None:
    assert {name: set(provider.actions) for name, provider in PROVIDERS.items()} == ACTIONS


@pytest.fixture
def workspace(home: Path) -> Path:
    folder = home / "config" / "workspaces"
    folder.mkdir(parents=True)
    return folder / "acme.toml"


def written(workspace: Path, provider: str) -> None:
    (workspace.parents[1] / "apps.toml").write_text(
        f'[one]\nprovider = "{provider}"\nclient_id = "id"\n'
    )
    workspace.write_text(f'[connections.one]\nprovider = "{provider}"\napp = "one"\nuid = "c-1"\n')


@pytest.mark.parametrize(("provider", "action"), REFUSED)
def test_another_action_is_refused_with_those_that_there_are(
    cli: Cli, workspace: Path, provider: str, action: str
) -> None:
    written(workspace, provider)
    before = workspace.read_text()
    ran = cli(*COMMANDS[action])
    assert ran.code == 2, ran.err
    assert ", ".join(PROVIDERS[provider].actions) in ran.err
    assert workspace.read_text() == before


def test_the_list_shows_the_actions(cli: Cli, workspace: Path) -> None:
    written(workspace, "myob")
    (row,) = cli("connection", "list", "--json").json["connections"]
    assert row["actions"] == ["reconnect", "configure", "remove"]


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_the_kinds_that_are_told_are_those_that_are_sent(provider: str) -> None:
    adapter = adapter_of(provider)
    assert adapter is not None
    assert set(adapter.kinds) - {SUPPLIER} == set(PROVIDERS[provider].record_kinds)


def test_records_of_a_kind_that_is_not_taken_are_counted_and_named(cli: Cli, home: Path) -> None:
    path = home / "r.csv"
    path.write_text("kind,number,contact_name,amount\npayment,P-1,Ann,5\npayment,P-2,Ann,5\n")
    assert cli("records", "check", str(path)).code == 0
    ran = cli("records", "check", str(path), "--provider", "xero")
    assert ran.code == 1
    assert "2 of kind payment: xero takes contact, invoice, credit-note, settlement." in ran.out
    document = cli("records", "check", str(path), "--provider", "xero", "--json").json
    assert document["not_taken"] == {"payment": 2}


def test_disconnect_stops_syncs_and_keeps_data(cli: Cli, workspace: Path) -> None:
    written(workspace, "xero")
    assert cli("connection", "disconnect", "acme/one", "--yes").code == 0
    source = workspace.parent / "r.csv"
    source.write_text("kind,contact_name\ncontact,Ann\n")
    ran = cli("resync", "acme/one", "--source", str(source))
    assert (ran.code, "disabled" in ran.err) == (2, True)
    assert "c-1" in workspace.read_text()
    assert cli("history", "acme/one").code == 0
