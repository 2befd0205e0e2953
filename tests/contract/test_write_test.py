"""``diagnose --write-test`` and the look-up of doubles, at every provider that can."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.contract.test_provider import connect, documents

from syncdoctor.providers.common.embedded import EmbeddedProvider
from syncdoctor.sandbox.world import embedded_providers
from syncdoctor.write_test import writer_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Cli

    from syncdoctor.sandbox.server import Running

PROVIDERS: list[EmbeddedProvider] = embedded_providers()
ABLE = [one.id for one in PROVIDERS if writer_of(one.id)]
HEADER = "kind,number,contact_name,date,due_date,line_description,quantity,unit_amount\n"


@pytest.fixture(params=ABLE)
def provider(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def source(home: Path) -> Path:
    path = home / "records.csv"
    path.write_text(HEADER + "invoice,C-1,Ada Ltd,2099-01-01,2099-01-31,Work,1,100.00\n")
    return path


def written(sandbox: Running) -> list[str]:
    """Methods of the requests that change something, without those for tokens."""
    return [
        r["method"]
        for r in sandbox.world.requests()
        if r["method"] not in {"GET", "HEAD"} and "token" not in r["path"]
    ]


def test_a_draft_is_made_read_back_and_taken_away(
    cli: Cli, sandbox: Running, provider: str, source: Path
) -> None:
    target = connect(cli, sandbox, provider, source)
    sandbox.world.forget_requests()
    assert cli("diagnose", target).code == 0
    assert written(sandbox) == []
    ran = cli("diagnose", target, "--write-test", "--json")
    (found,) = ran.json["connections"]
    (check,) = [check for check in found["checks"] if check["name"] == "write-test"]
    assert (ran.code, check["outcome"]) == (0, "ok"), check
    assert "made, read back and taken away" in check["summary"]
    assert written(sandbox) != []
    number = check["summary"].split()[2]
    assert number.startswith("SYNCDOCTOR-TEST-")
    again = cli("diagnose", target, "--write-test", "--json")
    assert again.code == 0, "the contact of the test is there by now"


def test_the_write_test_is_shown_among_the_checks(
    cli: Cli, sandbox: Running, source: Path, golden: Callable[[str, str], None]
) -> None:
    target = connect(cli, sandbox, "xero", source)
    shown = cli("diagnose", target, "--write-test", "--verbose").out
    golden("diagnose-write-test.txt", re.sub(r"TEST-\d{8}-\d{6}", "TEST-NUMBER", shown))


def test_what_cannot_be_written_is_a_finding(
    cli: Cli, sandbox: Running, provider: str, source: Path
) -> None:
    target = connect(cli, sandbox, provider, source)
    sandbox.world.switch_on("locked-period")
    assert cli("diagnose", target).code == 0, "a probe that reads sees nothing"
    ran = cli("diagnose", target, "--write-test", "--json")
    (found,) = ran.json["connections"]
    assert (ran.code, found["cause"]) == (1, "record-locked")
    sandbox.world.switch_off("locked-period")


def doubles(cli: Cli, target: str) -> dict[str, str]:
    """The one check of doubles in a diagnosis."""
    (found,) = cli("diagnose", target, "--json").json["connections"]
    (check,) = [check for check in found["checks"] if check["name"] == "doubles"]
    return dict(check)


def test_a_number_that_another_record_has_is_found_before_it_is_sent(
    cli: Cli, sandbox: Running, provider: str, source: Path
) -> None:
    target = connect(cli, sandbox, provider, source)
    assert cli("resync", target).code == 0
    assert documents(sandbox, provider)["C-1"] == 1
    # Another machine of the same customer knows nothing of that sync.
    for name in ("state.sqlite3", "state.sqlite3-wal", "state.sqlite3-shm"):
        (source.parent / "state" / name).unlink(missing_ok=True)
    assert doubles(cli, target)["outcome"] == "ok", "it is the same record"
    source.write_text(HEADER + "invoice,C-1,Ada Ltd,2099-01-01,2099-01-31,Other,1,7.00\n")
    check = doubles(cli, target)
    assert check["outcome"] == "problem"
    assert "already, with other content: invoice C-1" in check["summary"]


def test_it_is_asked_about_several_and_never_made_by_name_alone(
    cli: Cli, sandbox: Running, source: Path
) -> None:
    target = connect(cli, sandbox, "xero", source)
    connect(cli, sandbox, "freeagent", source)
    sandbox.world.forget_requests()
    refused = cli("diagnose", "--all", "--write-test")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    by_name = cli("diagnose", target, "--check", "write-test")
    assert (by_name.code, "--write-test" in by_name.err) == (2, True)
    assert written(sandbox) == []
    assert cli("diagnose", "--all", "--write-test", "--yes").code == 0
    assert written(sandbox) != []
    assert "write-test: " in cli("diagnose", target, "--list-checks").out


def test_where_no_draft_can_be_taken_back_there_is_no_write_test(
    cli: Cli, sandbox: Running, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = connect(cli, sandbox, "xero", source)
    monkeypatch.setattr("syncdoctor.write_test.adapter_of", lambda _: None)
    ran = cli("diagnose", target, "--write-test")
    assert ran.code == 2
    assert "takes no draft that could be taken away" in ran.err
