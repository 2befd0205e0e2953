"""``channel``: whose the sales channels are; where they show and what they hold back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.test_local_checks import case

from syncdoctor.errors import UsageError
from syncdoctor.local_checks.answers import answered, questions

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Cli


@pytest.fixture
def acme(home: Path) -> Path:
    folder = home / "config" / "workspaces"
    folder.mkdir(parents=True)
    (folder.parent / "apps.toml").write_text('[xero]\nprovider = "xero"\nclient_id = "id"\n')
    path = folder / "acme.toml"
    path.write_text('# ours\n[connections.xero]\nprovider = "xero"\napp = "xero"\nuid = "c-1"\n')
    return path


def test_channels_are_set_listed_shown_and_removed(cli: Cli, acme: Path) -> None:
    assert "has no sales channels" in cli("channel", "list", "acme").out
    set_ = ("channel", "set", "acme", "Amazon UK")
    assert cli(*set_, "--owner", "Ann", "--state", "active").code == 0
    assert cli("channel", "set", "acme", "eBay", "--owner", "Bob").code == 0
    assert cli(*set_, "--state", "paused").code == 0
    assert cli("channel", "list", "acme").out.splitlines() == [
        "Amazon UK (Ann, paused)",
        "eBay (Bob, state not known)",
    ]
    shown = cli("connection", "show", "acme/xero")
    assert "Amazon UK (Ann, paused)" in shown.out
    known = [
        {"name": "Amazon UK", "owner": "Ann", "state": "paused"},
        {"name": "eBay", "owner": "Bob", "state": None},
    ]
    assert cli("connection", "show", "acme/xero", "--json").json["connection"]["channels"] == known
    (row,) = cli("status", "--json").json["connections"]
    assert row["channels"] == known
    assert "acme: sales channels Amazon UK (Ann, paused)" in cli("status").out
    assert "# ours" in acme.read_text()
    assert cli("channel", "remove", "acme", "eBay").code == 0
    assert "eBay" not in cli("channel", "list", "acme").out


def test_wrong_usage_is_named(cli: Cli, acme: Path) -> None:
    assert cli("channel", "set", "acme", "eBay").code == 2
    assert cli("channel", "list", "other").code == 10
    gone = cli("channel", "remove", "acme", "eBay")
    assert (gone.code, "no sales channel 'eBay'" in gone.err) == (10, True)


def test_answers_stand_in_for_the_workspace_file() -> None:
    asked = case("link-my-books", person="Ann")
    assert "channels" in {check.name for check in questions(asked)}
    told = answered(asked, "channels", "Amazon UK:Ann, eBay:Bob")
    told = answered(told, "channel.Amazon UK.state", "paused")
    told = answered(told, "channel-eBay", "Cy")
    assert [(c.name, c.owner, c.state) for c in told.workspace.channels] == [
        ("Amazon UK", "Ann", "paused"),
        ("eBay", "Cy", None),
    ]
    with pytest.raises(UsageError, match="NAME:OWNER"):
        answered(asked, "channels", "Amazon UK")
    with pytest.raises(UsageError, match="no such question"):
        answered(asked, "channel.Amazon UK.colour", "red")
