"""``syncdoctor keys``, against an API with key management and one without."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Cli

from syncdoctor.providers.custom.sandbox import service
from syncdoctor.providers.custom.sandbox.keys import FIRST
from syncdoctor.providers.custom.sandbox.service import Service
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import World

TARGET = "acme/custom"
Golden = Callable[[str, str], None]


@pytest.fixture
def api() -> Service:
    return Service()


@pytest.fixture
def sandbox(api: Service) -> Any:
    with Running(World([api])) as running:
        yield running


@pytest.fixture
def custom(cli: Cli, sandbox: Running, home: Path) -> str:
    (home / "key").write_text(FIRST + "\n")
    base = f"--setting=base_url={sandbox.app_urls('custom')['api']}"
    made = cli("connection", "add", TARGET, base, f"--token-file={home / 'key'}")
    assert made.code == 0, made.err
    return TARGET


def shown(text: str) -> str:
    """What is random in keys, made the same."""
    text = re.sub(r"sbx_[\w-]+", "sbx_KEY", text)
    return re.sub(r"…[\w-]{4}", "…XXXX", text)


def in_use(cli: Cli) -> list[str]:
    return [k["id"] for k in cli("keys", "list", TARGET, "--json").json["keys"] if k["in_use"]]


def test_a_key_is_made_listed_rotated_and_revoked(cli: Cli, custom: str, golden: Golden) -> None:
    made = cli("keys", "create", custom, "--name", "portal")
    assert made.code == 0
    assert made.out.startswith("sbx_")
    listed = cli("keys", "list", custom)
    assert FIRST not in listed.out
    golden("keys/list.txt", shown(listed.out))
    rotated = cli("keys", "rotate", custom, "--json")
    golden("keys/rotate.json", shown(rotated.out))
    assert in_use(cli) == ["key_3"]
    assert cli("diagnose", custom).code == 0
    assert cli("keys", "revoke", custom, "key_2", "--yes").code == 0
    golden("keys/list.json", shown(cli("keys", "list", custom, "--json").out))
    assert cli("keys", "revoke", custom, "key_2", "--yes").code == 10
    assert cli("keys", "revoke", custom).code == 2  # nobody can be asked
    assert cli("keys", "revoke", custom, "--yes").code == 0
    assert cli("diagnose", custom).code == 4
    assert cli("keys", "revoke", custom, "--yes").code == 10


def test_a_further_key_is_stored_until_it_is_used_or_revoked(
    cli: Cli, sandbox: Running, api: Service, custom: str
) -> None:
    spare, portal = (cli("keys", "create", custom, "--name", n) for n in ("spare", "portal"))
    assert f"syncdoctor keys rotate {custom} --to key_2" in spare.err
    assert in_use(cli) == ["key_1"]
    sandbox.world.switch_on("no-key-management")  # the store alone knows now
    listed = cli("keys", "list", custom)
    assert all(made.out.strip() not in listed.out for made in (spare, portal))
    assert [line.split()[0] for line in listed.out.splitlines()[2:]] == ["key_2", "key_3"]
    sandbox.world.switch_off("no-key-management")
    assert cli("keys", "revoke", custom, "key_3", "--yes").code == 0
    assert cli("keys", "rotate", custom, "--to", "key_3").code == 10
    rotated = cli("keys", "rotate", custom, "--to", "key_2")
    assert (rotated.code, rotated.out) == (0, "")
    assert in_use(cli) == ["key_2"]
    assert [key.id for key in api.keys] == ["key_2"]
    assert cli("keys", "rotate", custom, "--to", "key_2").code == 10


def test_a_disconnected_one_begins_again_with_the_command_that_is_named(
    cli: Cli, custom: str, home: Path
) -> None:
    left = cli("connection", "disconnect", custom, "--yes")
    command = f"syncdoctor keys rotate {custom} --key-file FILE"
    assert command in left.err
    assert command in cli("status", custom).out
    words = command.replace("FILE", str(home / "key")).split()[1:]
    assert cli(*words).code == 0
    assert cli("status", custom, "--live").code == 0


def test_what_is_not_added_is_not_to_be_reconnected(cli: Cli, home: Path) -> None:
    (home / "key").write_text(FIRST)
    ran = cli(
        *("connection", "add", TARGET, "--setting=base_url=http://127.0.0.1:9"),
        f"--token-file={home / 'key'}",
    )
    assert (ran.code, "Nothing was added. Run it again later." in ran.err) == (5, True)


def test_a_key_that_the_api_does_not_accept_is_taken_back(
    cli: Cli, sandbox: Running, api: Service, custom: str
) -> None:
    sandbox.world.switch_on("server-error", method="GET", path="/me")
    ran = cli("keys", "rotate", custom)
    assert ran.code == 5
    assert [key.id for key in api.keys] == ["key_1"]
    sandbox.world.switch_off("server-error")
    assert in_use(cli) == ["key_1"]


def test_an_api_without_key_management_takes_keys_made_elsewhere(
    cli: Cli, sandbox: Running, api: Service, custom: str, home: Path
) -> None:
    sandbox.world.switch_on("no-key-management")
    listed = cli("keys", "list", custom)
    assert (listed.code, "this is the one in the token store" in listed.err) == (0, True)
    for words in (("rotate",), ("create",)):
        refused = cli("keys", *words, custom)
        assert refused.code == 2
        assert "--key-file FILE" in refused.err
    made = api.keys.create("by hand", datetime.now(UTC))
    (home / "new").write_text(made.text)
    assert cli("keys", "create", custom, f"--key-file={home / 'new'}").code == 2
    ran = cli("keys", "rotate", custom, f"--key-file={home / 'new'}")
    assert ran.code == 0
    assert made.text not in ran.out + ran.err
    assert "Revoke the old key at the API" in ran.err
    gone = cli("keys", "revoke", custom, "--yes")
    assert (gone.code, "Revoke it at the API too" in gone.err) == (0, True)
    assert cli("keys", "create", custom, f"--key-file={home / 'new'}").code == 0
    assert cli("diagnose", custom).code == 0


def test_a_revoked_key_is_said_and_replaced(
    cli: Cli, sandbox: Running, api: Service, custom: str, home: Path
) -> None:
    sandbox.world.switch_on("keys-revoked")
    found = cli("diagnose", custom, "--json").json["connections"][0]
    assert (found["state"], found["cause"]) == ("reconnect-needed", "app-credentials")
    (row,) = cli("status", "--json").json["connections"]
    assert row["next_command"] == ["syncdoctor", "keys", "rotate", custom, "--key-file", "FILE"]
    refused = cli("keys", "rotate", custom)
    assert refused.code == 4
    assert "--key-file FILE" in refused.err
    (home / "new").write_text(api.keys.create("by hand", datetime.now(UTC)).text)
    assert cli("keys", "rotate", custom, f"--key-file={home / 'new'}").code == 0
    assert cli("diagnose", custom).code == 0


def test_a_key_of_another_account_is_refused(
    cli: Cli, custom: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(service.ACCOUNT, "id", "another")
    ran = cli("keys", "rotate", custom, f"--key-file={home / 'key'}")
    assert ran.code == 9
    assert in_use(cli) == ["key_1"]


def test_a_wrong_key_adds_nothing(cli: Cli, sandbox: Running, home: Path) -> None:
    (home / "key").write_text("not-a-key-of-this-api")
    base = f"--setting=base_url={sandbox.app_urls('custom')['api']}"
    ran = cli("connection", "add", TARGET, base, f"--token-file={home / 'key'}")
    assert (ran.code, "Nothing was added" in ran.err) == (4, True)
    assert "not-a-key-of-this-api" not in ran.err
    assert cli("connection", "show", TARGET).code == 10


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("keys", "list", "acme/nothing"), 10),
        (("keys", "list", "acme"), 2),
        (("keys", "rotate", TARGET, "--key-file", "no-such-file"), 2),
        (("reconnect", TARGET), 2),
        (("connection", "configure", TARGET, "--rotate-secret"), 2),
    ],
)
def test_exit_codes(cli: Cli, custom: str, arguments: tuple[str, ...], code: int) -> None:
    assert cli(*arguments).code == code
