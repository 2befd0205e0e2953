from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncdoctor.render.bundle import archive

if TYPE_CHECKING:
    from tests.conftest import Cli

Golden = Callable[[str, str], None]

REFRESH = """\
HTTP/1.1 200 Connection established

HTTP/1.1 400 Bad Request
Content-Type: application/json

{"error":"invalid_grant","refresh_token":"pLaNtEd-s3cret-0123456789"}
"""
RATE = {
    "provider": "xero",
    "phase": "api",
    "at": "2026-11-22T04:00:00Z",
    "request": {"method": "GET", "url": "https://api.xero.com/api.xro/2.0/Invoices"},
    "response": {"status": 429, "headers": {"Retry-After": "17"}, "body": ""},
    "exception": None,
}
HEALTHY = {
    "request": {"method": "GET", "url": "https://api.xero.com/connections"},
    "response": {"status": 200, "headers": {}, "body": []},
}
FREEAGENT = {
    "at": "2026-11-22T05:00:00Z",
    "request": {"method": "GET", "url": "https://api.freeagent.com/v2/company"},
    "response": {"status": 429, "headers": {}, "body": "slow down"},
}
LOG = (
    "2026-11-22 04:00:00 ERROR Client error: `GET https://api.xero.com/connections` resulted in a "
    '`401 Unauthorized` response: {"Status":401,"Detail":"TokenExpired: token expired"}\n'
    "2026-11-22 05:00:00 ERROR cURL error 6: Could not resolve host: api.xero.com\n"
)


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def write(value: Any, name: str = "answer.json") -> str:
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    return write


def test_an_answer_on_the_terminal(cli: Cli, file: Callable[..., str], golden: Golden) -> None:
    ran = cli("explain", file(REFRESH), "--provider", "xero")
    assert ran.code == 1
    golden("explain/refresh.txt", ran.out)


def test_an_answer_as_json(cli: Cli, file: Callable[..., str]) -> None:
    ran = cli("explain", file(RATE), "--json")
    assert ran.code == 1
    document = ran.json
    assert document["schema"] == "syncdoctor.explain/1"
    assert document["tool"]["name"] == "syncdoctor"
    assert document["exit_code"] == 1
    assert document["generated_at"].endswith("+00:00")
    assert (document["index"], document["provider"], document["healthy"]) == (0, "xero", False)
    assert (document["cause"], document["action"]) == ("rate-limited", "retry-later")
    (first, *_) = document["findings"]
    assert set(first) == {
        *("rule", "cause", "action", "confidence", "severity", "provider", "also", "title", "said"),
        *("meaning", "steps", "commands", "links", "retry_after_s", "matched", "exchange"),
    }
    assert first["retry_after_s"] == 17
    assert first["exchange"] == "GET https://api.xero.com/api.xro/2.0/Invoices → 429"
    assert "exchanges" not in document


def test_json_lines_in_json_lines_out_in_order(cli: Cli, stdin: Callable[[str], None]) -> None:
    stdin("\n".join(json.dumps(one) for one in (RATE, HEALTHY, RATE)))
    ran = cli("explain", "-", "--json")
    assert ran.code == 1
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["index"] for row in rows] == [0, 1, 2]
    assert [row["cause"] for row in rows] == ["rate-limited", None, "rate-limited"]
    assert [row["action"] for row in rows] == ["retry-later", None, "retry-later"]
    assert [row["healthy"] for row in rows] == [False, True, False]
    assert [row["exit_code"] for row in rows] == [1, 0, 1]
    assert rows[1]["provider"] == "xero"
    assert rows[1]["findings"] == []
    assert rows[0]["findings"] == rows[2]["findings"]


def test_several_answers_are_one_document(cli: Cli, file: Callable[..., str]) -> None:
    document = cli("explain", file(HEALTHY), file(LOG, "a.log"), "--json").json
    assert [one["index"] for one in document["exchanges"]] == [0, 1, 2]
    assert document["index"] == 1
    assert document["cause"] == "access-token-expired"
    assert document["exchanges"][2]["cause"] == "network-failure"
    assert document["exit_code"] == 1


def test_several_answers_on_the_terminal(
    cli: Cli, file: Callable[..., str], golden: Golden
) -> None:
    ran = cli("explain", file(HEALTHY), file(LOG, "a.log"))
    assert ran.code == 1
    golden("explain/several.txt", ran.out)


def test_a_healthy_answer(cli: Cli, file: Callable[..., str]) -> None:
    path = file(HEALTHY)
    ran = cli("explain", path)
    assert ran.code == 0
    assert ran.out == "● Nothing is wrong with this answer.\n"
    document = cli("explain", path, "--json").json
    assert (document["healthy"], document["cause"], document["action"]) == (True, None, None)


def test_what_no_rule_knows_is_called_unknown(cli: Cli, stdin: Callable[[str], None]) -> None:
    stdin("the flux capacitor hums in an odd way")
    ran = cli("explain", "--json")
    assert ran.code == 1
    assert ran.json["cause"] == "unknown"
    assert ran.json["action"] == "contact-support"
    assert ran.json["findings"][0]["confidence"] == "possible"


def test_fail_on(cli: Cli, file: Callable[..., str]) -> None:
    path = file(RATE)
    assert cli("explain", path, "--fail-on", "never").code == 0
    assert cli("explain", path, "--fail-on", "never", "--json").json["exit_code"] == 0
    assert cli("explain", path, "--fail-on", "sometimes").code == 2


def test_the_provider_given_overrules(cli: Cli, file: Callable[..., str]) -> None:
    assert cli("explain", file(RATE), "--provider", "myob", "--json").json["provider"] == "myob"
    ran = cli("explain", file(RATE), "--provider", "xeroo")
    assert ran.code == 2
    assert "--provider xero" in ran.err


def test_summary(cli: Cli, file: Callable[..., str], golden: Golden) -> None:
    lines = "\n".join(json.dumps(one) for one in (RATE, FREEAGENT, HEALTHY, RATE))
    path = file(lines, "many.jsonl")
    ran = cli("explain", path, "--summary")
    assert ran.code == 1
    golden("explain/summary.txt", ran.out)
    document = cli("explain", path, "--summary", "--json").json
    assert document["schema"] == "syncdoctor.explain-summary/1"
    assert (document["total"], document["healthy"]) == (4, 1)
    (group,) = document["groups"]
    assert (group["cause"], group["count"], group["share"]) == ("rate-limited", 3, 0.75)
    assert group["providers"] == {"xero": 2, "freeagent": 1}
    assert group["first_seen"] == "2026-11-22T04:00:00+00:00"
    assert group["last_seen"] == "2026-11-22T05:00:00+00:00"
    assert group["example"]["index"] == 0


def test_reply_is_in_the_words_of_the_guide(cli: Cli, file: Callable[..., str]) -> None:
    path = file(REFRESH)
    ran = cli("explain", path, "--reply", "--guide", "solido", "--provider", "xero")
    assert ran.code == 1
    assert "Solido" in ran.out
    document = cli("explain", path, "--reply", "--guide", "solido", "--json").json
    assert document["guide"] == "solido"
    assert document["message"]
    assert cli("explain", path, "--guide", "solidoo").code == 10


def test_words_of_the_catalogue(cli: Cli) -> None:
    rule = cli("explain", "gocardless.mandate-inactive", "--json")
    if rule.code:
        rule = cli("explain", "gocardless:mandate_is_inactive", "--json")
    (entry,) = rule.json["entries"]
    assert entry["cause"] == "payment-refused"
    assert entry["steps"]
    cause = cli("explain", "reconnect-needed", "--guide", "solido")
    assert cause.code == 0
    assert "Solido" in cause.out
    assert "{" not in cause.out.split("## Rules")[0]
    code = cli("explain", "gocardless:mandate_is_inactive", "--json").json["entries"][0]
    assert code["kind"] == "code"
    assert code["rules"][0]["provider"] == "gocardless"
    assert cli("explain", "xero", "--json").json["entries"][0]["kind"] == "provider"


def test_close_misses_are_suggested(cli: Cli) -> None:
    for word, close in (
        ("reconect-needed", "reconnect-needed"),
        ("gocardless:mandate_is_inactiv", "gocardless:mandate_is_inactive"),
        ("invalid_grant", "common:invalid_grant"),
    ):
        ran = cli("explain", word)
        assert ran.code == 10
        assert close in ran.err


def test_a_file_wins_over_a_word(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("reconnect-needed").write_text('{"error":"invalid_client"}')
    assert cli("explain", "reconnect-needed", "--json").json["cause"] == "app-credentials"


def test_a_redirect_may_be_given_as_the_argument(cli: Cli) -> None:
    ran = cli("explain", "http://localhost/cb?error=access_denied&state=pLaNtEd123", "--json")
    assert ran.json["cause"] == "consent-blocked"
    assert "pLaNtEd123" not in ran.out


def test_list(cli: Cli) -> None:
    ran = cli("explain", "--list")
    assert ran.code == 0
    assert "reconnect-needed (reconnect)" in ran.out
    document = cli("explain", "--list", "--json").json
    assert len(document["causes"]) == 29
    assert {"id", "cause", "confidence", "when"} <= set(document["rules"][0])


RULE = """\
[[rule]]
id = "xero.my-own"
cause = "rate-limited"
confidence = "likely"
meaning = "Ours."
when = { status = 499, message = "our own words" }
sources = ["https://example.com/"]

[[rule.sample]]
origin = "derived"
source = "https://example.com/"
status = 499
body = "our own words"
"""


def test_check_of_a_rules_file(cli: Cli, file: Callable[..., str]) -> None:
    ran = cli("explain", "--check", file(RULE, "mine.toml"))
    assert ran.code == 0, ran.out + ran.err
    bad = cli("explain", "--check", file(RULE.replace('body = "our', 'body = "not'), "bad.toml"))
    assert bad.code == 1
    assert "xero.my-own sample 1" in bad.out
    wrong = cli("explain", "--check", file(RULE.replace("likely", "sure"), "wrong.toml"))
    assert wrong.code == 2
    assert "wrong.toml" in wrong.err
    assert cli("explain", "--check", "absent.toml").code == 2


def test_check_of_a_guide_file(cli: Cli, file: Callable[..., str]) -> None:
    guide = 'name = "ours"\nproduct = "Ours"\n\n[support]\naddress = "us"\nask_for = ["a"]\n'
    assert cli("explain", "--check", file(guide, "ours.toml")).code == 0
    assert cli("explain", "--check", file(guide + "oops = 1\n", "ours.toml")).code == 2


def test_what_cannot_be_checked_is_said(cli: Cli, file: Callable[..., str], tmp_path: Path) -> None:
    for subject, said in (
        (str(tmp_path), "is a directory"),
        (file("", "empty"), "is empty"),
        (file('name = "ours"\n', "ours.txt"), "ends in .toml"),
    ):
        ran = cli("explain", "--check", subject)
        assert ran.code == 2
        assert said in ran.err


def test_quiet_says_nothing_of_a_healthy_answer(cli: Cli, file: Callable[..., str]) -> None:
    ran = cli("explain", file("HTTP/1.1 200 OK\n\n{}", "answer.http"), "--quiet")
    assert (ran.code, ran.out) == (0, "")


@pytest.mark.parametrize("arguments", [("absent.json",), ("a/b",), ("-", "absent-word")])
def test_what_is_not_there_is_named(
    cli: Cli, stdin: Callable[[str], None], arguments: tuple[str, ...]
) -> None:
    stdin("{}")
    ran = cli("explain", *arguments)
    assert ran.code == 2
    assert arguments[-1] in ran.err


CUT = f'{json.dumps(RATE)}\n{{"b"\n{json.dumps(HEALTHY)}\n[1,\n{json.dumps(FREEAGENT)}\n'


@pytest.mark.parametrize("options", [(), ("--json",), ("--summary",), ("--reply",)])
def test_a_line_that_is_cut_is_named_and_the_others_are_read(
    cli: Cli, file: Callable[..., str], options: tuple[str, ...]
) -> None:
    ran = cli("explain", file(CUT, "bad.jsonl"), *options)
    assert ran.code == 2
    assert "bad.jsonl, line 2" in ran.err
    assert "2 lines could not be read" in ran.err
    assert ran.out


def test_lines_that_are_cut_are_told_in_their_places(cli: Cli, file: Callable[..., str]) -> None:
    ran = cli("explain", file(CUT, "bad.jsonl"), "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["index"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["exit_code"] for row in rows] == [1, 2, 0, 2, 1]
    assert "bad.jsonl, line 4" in rows[3]["error"]["message"]
    document = cli("explain", file(CUT, "bad.jsonl"), "--summary", "--json").json
    assert (document["total"], document["exit_code"]) == (3, 2)


@pytest.mark.parametrize("options", [(), ("--json",), ("--summary",), ("--reply",)])
def test_lines_that_are_all_cut(
    cli: Cli, file: Callable[..., str], options: tuple[str, ...]
) -> None:
    assert cli("explain", file('{"b"\n{"c"\n', "bad.jsonl"), *options).code == 2


@pytest.mark.parametrize("folder", ["", "acme-xero/"])
def test_a_bundle_of_our_own_is_read(cli: Cli, tmp_path: Path, folder: str) -> None:
    path = tmp_path / "b.zip"
    contents = {
        f"{folder}form.txt": "Form",
        f"{folder}exchanges.jsonl": f"{json.dumps(RATE)}\n",
        "other/exchanges.jsonl": f"{json.dumps(HEALTHY)}\n",
    }
    path.write_bytes(archive(contents, datetime(2026, 11, 22, tzinfo=UTC)))
    rows = [json.loads(line) for line in cli("explain", str(path), "--json").out.splitlines()]
    assert [row["cause"] for row in rows] == ["rate-limited", None]


@pytest.mark.parametrize(
    ("contents", "said"),
    [({"a.txt": "x"}, "compressed (zip)"), ({"exchanges.jsonl": ""}, "without answers")],
)
def test_a_zip_without_answers_is_refused(
    cli: Cli, tmp_path: Path, contents: dict[str, str], said: str
) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(archive(contents, datetime(2026, 11, 22, tzinfo=UTC)))
    ran = cli("explain", str(path))
    assert ran.code == 2
    assert said in ran.err
    assert "unzip -p" not in ran.err


def test_what_was_begun_stays_json_when_the_input_breaks(
    cli: Cli, file: Callable[..., str], tmp_path: Path
) -> None:
    good = json.dumps(RATE)
    ran = cli("explain", file(f"{good}\n{good}\n\0\n", "bad.jsonl"), "--json")
    assert ran.code == 2
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["schema"] for row in rows] == [*["syncdoctor.explain/1"] * 2, "syncdoctor.error/1"]
    assert "bad.jsonl, line 3" in rows[2]["error"]["message"]
    assert "bad.jsonl, line 3" in ran.err
    ran = cli("explain", file(RATE), file(HEALTHY, "b.json"), str(tmp_path), "--json")
    assert ran.code == 2
    assert len(ran.json["exchanges"]) == 2
    assert ran.json["exit_code"] == 2


def test_a_text_may_be_given_as_the_argument(cli: Cli) -> None:
    text = "HTTP 429 Too Many Requests " + "x" * 5000
    assert cli("explain", text, "--json").json["cause"] == "rate-limited"


@pytest.mark.parametrize("before", ["token=", "apikey ", "refresh token: ", "curl -u me:"])
def test_secrets_that_look_like_numbers_are_in_no_line(
    cli: Cli, stdin: Callable[[str], None], before: str
) -> None:
    secrets = [f"{first}234567890123456" for first in "12345abA"]
    said = [f"failed 401 {before}{secret} x" for secret in secrets]
    stdin("\n".join(json.dumps({"response": None, "exception": one}) for one in said))
    out = cli("explain", "--json").out
    assert out.count("[redacted]") >= len(secrets)
    assert "234567890123456" not in out


def test_planted_secrets_are_in_no_output(cli: Cli, file: Callable[..., str]) -> None:
    secret = "pLaNtEd-s3cret-0123456789"
    exchange = {
        "request": {"method": "POST", "url": f"https://identity.xero.com/x?access_token={secret}"},
        "response": {
            "status": 400,
            "headers": {"Set-Cookie": f"a={secret}", "Authorization": f"Bearer {secret}"},
            "body": {"error": "invalid_grant", "refresh_token": secret},
        },
        "exception": f"failed: {{'client_secret': '{secret}'}} Authorization: Bearer {secret}",
    }
    lines = json.dumps(exchange) + "\n" + json.dumps({**exchange, "response": None}) + "\n"
    for name in ("one.json", "lines.jsonl"):
        path = file(exchange if name == "one.json" else lines, name)
        for flags in ((), ("--json",), ("--summary",), ("--summary", "--json"), ("--verbose",)):
            ran = cli("explain", path, *flags)
            assert ran.code == 1
            assert secret not in ran.out + ran.err
