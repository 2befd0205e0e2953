from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

OWN = """
[[rule]]
id = "xero.of-my-own"
cause = "record-invalid"
confidence = "certain"
meaning = "A word of my own."
when = { phase = "api", status = 418, code = "my-own-word" }
sources = ["my notes"]
[[rule.sample]]
origin = "derived"
source = "my notes"
phase = "api"
status = 418
body = '{"Type": "my-own-word"}'
"""


@pytest.fixture
def own(home: Path) -> Path:
    path = home / "config" / "rules" / "own.toml"
    path.parent.mkdir(parents=True)
    path.write_text(OWN, encoding="utf-8")
    return path


def test_list_by_provider_and_cause(cli: Cli) -> None:
    ran = cli("rules", "list", "--provider", "xero", "--cause", "rate-limited", "--json")
    assert ran.code == 0
    document = json.loads(ran.out)
    assert document["schema"] == "syncdoctor.rules-list/1"
    assert document["rules"]
    for rule in document["rules"]:
        assert (rule["provider"], rule["cause"]) == ("xero", "rate-limited")


def test_list_as_text_counts_on_stderr(cli: Cli, own: Path) -> None:
    ran = cli("rules", "list")
    assert ran.code == 0
    assert "xero.of-my-own" in ran.out
    assert f"{len(ran.out.splitlines())} rules" in ran.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("rules", "list", "--provider", "xeroo"), "xero"),
        (("rules", "list", "--cause", "rate-limit"), "rate-limited"),
        (("rules", "show", "xero.of-my-owm"), "xero.of-my-own"),
    ],
)
def test_a_close_miss_is_suggested(
    cli: Cli, own: Path, arguments: tuple[str, ...], told: str
) -> None:
    ran = cli(*arguments)
    assert ran.code == 10
    assert ran.out == ""
    assert f"Did you mean {told}" in ran.err


def test_show_is_the_page_of_the_rule(cli: Cli, own: Path) -> None:
    ran = cli("rules", "show", "xero.of-my-own")
    assert ran.code == 0
    for text in ("# xero.of-my-own", "A word of my own.", "- status: `418`", "HTTP 418", "Xero"):
        assert text in ran.out


def test_show_as_json_has_the_samples(cli: Cli, own: Path) -> None:
    (rule,) = json.loads(cli("rules", "show", "xero.of-my-own", "--json").out)["rules"]
    assert rule["when"] == {"phase": "api", "status": 418, "code": "my-own-word"}
    assert rule["samples"] == [{"origin": "derived", "source": "my notes"}]


def test_a_file_of_ones_own_is_tested(cli: Cli, home: Path) -> None:
    path = home / "mine.toml"
    path.write_text(OWN, encoding="utf-8")
    ran = cli("rules", "test", str(path))
    assert (ran.code, ran.out) == (0, "")
    assert "1 rules, 1 samples, 0 failed" in ran.err


def test_a_file_that_is_in_use_is_tested_too(cli: Cli, own: Path) -> None:
    assert cli("rules", "test", str(own)).code == 0


def test_a_sample_that_finds_nothing_fails(cli: Cli, home: Path) -> None:
    path = home / "mine.toml"
    path.write_text(OWN.replace('"Type": "my', '"Type": "not-my'), encoding="utf-8")
    ran = cli("rules", "test", str(path), "--json")
    assert ran.code == 1
    document = json.loads(ran.out)
    assert document["exit_code"] == 1
    (sample,) = document["samples"]
    assert sample["rule"] == "xero.of-my-own"
    assert not sample["ok"]


def test_a_doubtful_expression_is_told_and_is_no_failure(cli: Cli, home: Path) -> None:
    path = home / "mine.toml"
    doubtful = OWN.replace('code = "my-own-word"', 'code = "my-own-word", url = "https|eof"')
    path.write_text(doubtful.replace("status = 418\nbody", "status = 418\nurl = 'https://h'\nbody"))
    told = 'xero.of-my-own: url: "eof" is found inside other words'
    ran = cli("rules", "test", str(path), "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["remarks"][0]["rule"] == "xero.of-my-own"
    for command in (("rules", "test"), ("explain", "--check")):
        ran = cli(*command, str(path))
        assert ran.code == 0
        assert told in ran.out


def test_a_wrong_file_is_named_with_table_and_key(cli: Cli, home: Path) -> None:
    path = home / "mine.toml"
    path.write_text(OWN.replace("meaning", "meening"), encoding="utf-8")
    ran = cli("rules", "test", str(path))
    assert ran.code == 2
    assert 'mine.toml: rule 1 "xero.of-my-own": meening: unknown key' in ran.err
    assert "did you mean meaning?" in ran.err


def test_a_file_that_is_not_there(cli: Cli, home: Path) -> None:
    ran = cli("rules", "test", str(home / "no.toml"))
    assert ran.code == 2
    assert "no.toml" in ran.err


@pytest.mark.parametrize("command", [("explain", "{FILE}"), ("status",), ("rules", "list")])
def test_a_broken_file_of_own_rules_is_said_once_and_stops_nothing_else(
    cli: Cli, own: Path, command: tuple[str, ...]
) -> None:
    own.write_text("[[rule]\n", encoding="utf-8")
    (own.parent / "answer.json").write_text('{"status": 429}', encoding="utf-8")
    ran = cli(*(str(own.parent / "answer.json") if w == "{FILE}" else w for w in command))
    assert ran.err.count("own.toml: not TOML") == 1
    assert "Your own rules are left out.\n  → syncdoctor rules test" in ran.err
    assert (ran.code, bool(ran.out)) == (2, True)


def test_the_test_of_a_broken_file_of_own_rules_is_its_error(cli: Cli, own: Path) -> None:
    own.write_text("[[rule]\n", encoding="utf-8")
    ran = cli("rules", "test")
    assert (ran.code, ran.out) == (2, "")
    assert "own.toml: not TOML" in ran.err
