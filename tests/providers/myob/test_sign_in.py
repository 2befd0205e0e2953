"""Signing in to MYOB: the file from the redirect, the file's own sign-on, headers and redirects."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.conftest import Cli, sign_in
from tests.providers.myob.conftest import FILE

import syncdoctor.providers.myob as folder
from syncdoctor.auth.authorisation import authorise
from syncdoctor.engine.facts_file import provider_of
from syncdoctor.engine.table import parse_file
from syncdoctor.errors import Guarded
from syncdoctor.model import App, Organisation
from syncdoctor.providers.myob.organisations import from_answer, from_redirect, wants_more
from syncdoctor.providers.myob.sandbox import seed
from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import CLIENT_ID
from syncdoctor.wire.client import Client
from syncdoctor.wire.line import Line

FACTS = Path(str(folder.__file__)).with_name("facts.toml")
PROVIDER = provider_of(parse_file(FACTS), FACTS)
APP = App("myob", "myob", "KEY-1")
AR2 = "https://ar2.api.myob.com/accountright/f/"


def client(seen: list[httpx2.Request], *answers: httpx2.Response, **known: Any) -> Client:
    left = list(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return left.pop(0) if left else httpx2.Response(200, json={})

    return Client(
        PROVIDER,
        APP,
        token=lambda _: "tok-0123456789",
        organisation=Organisation("f", "File"),
        line=Line(httpx2.MockTransport(answer)),
        **known,
    )


def moved(status: int, where: str) -> httpx2.Response:
    return httpx2.Response(status, headers={"location": where})


def test_consent_is_asked_for_anew_with_an_https_redirect() -> None:
    url = authorise(APP, PROVIDER, "https://localhost:8765/callback").url
    assert url.startswith("https://secure.myob.com/oauth2/account/authorize?")
    query = parse_qs(urlsplit(url).query)
    assert query["prompt"] == ["consent"]
    assert "sme-company-file sme-company-settings" in query["scope"][0]


def test_calls_name_the_file_in_their_path_and_repeat_the_key() -> None:
    seen: list[httpx2.Request] = []
    with client(seen) as one:
        one.also_send({"x-myobapi-cftoken": "QTpC"})
        one.send("GET", "Sale/Invoice", params={"$top": "1"})
        one.send("GET")
    assert str(seen[0].url) == "https://api.myob.com/accountright/f/Sale/Invoice?%24top=1"
    assert str(seen[1].url) == "https://api.myob.com/accountright/f/"
    for name, value in {
        "authorization": "Bearer tok-0123456789",
        "x-myobapi-key": "KEY-1",
        "x-myobapi-version": "v2",
        "x-myobapi-cftoken": "QTpC",
    }.items():
        assert seen[0].headers[name] == value


@pytest.mark.parametrize(
    ("method", "status", "calls"), [("GET", 302, 2), ("POST", 307, 2), ("POST", 302, 1)]
)
def test_a_call_is_sent_on_to_another_host_of_myobs_with_all_headers(
    method: str, status: int, calls: int
) -> None:
    seen: list[httpx2.Request] = []
    with client(seen, moved(status, f"{AR2}Info?a=1"), writable=True) as one:
        answer = one.send(method, "Info", json={"A": 1} if method == "POST" else None)
    assert len(seen) == calls
    assert answer.ok == (calls == 2)
    if calls == 2:
        assert str(seen[1].url) == f"{AR2}Info?a=1"
        assert (seen[1].method, seen[1].content) == (method, seen[0].content)
        assert seen[1].headers["authorization"] == "Bearer tok-0123456789"


@pytest.mark.parametrize(
    "where",
    ["https://evil.example/", "http://api.myob.com/x", "https://api.myob.com.evil.example/"],
)
def test_no_call_is_sent_on_to_a_stranger_or_without_tls(where: str) -> None:
    seen: list[httpx2.Request] = []
    with client(seen, moved(307, where)) as one, pytest.raises(Guarded):
        one.send("GET", "Info")
    assert len(seen) == 1


def test_a_call_is_sent_on_once() -> None:
    seen: list[httpx2.Request] = []
    with client(seen, moved(307, AR2), moved(307, AR2)) as one:
        assert one.send("GET").status == 307
    assert len(seen) == 2


def test_the_redirect_names_the_file() -> None:
    told = {"businessId": FILE.upper(), "businessName": "Clearwater"}
    assert from_redirect(told) == Organisation(FILE, "Clearwater")
    assert from_redirect({"businessId": FILE}) == Organisation(FILE, FILE)
    assert from_redirect({"businessId": "../other"}) is None
    assert from_redirect({}) is None


def test_an_old_key_lists_its_files() -> None:
    file = {"Id": "1", "Name": "File"}
    assert from_answer([file, {"Name": "x"}]) == (Organisation("1", "File"),)
    assert from_answer({"Items": [file]}) == (Organisation("1", "File"),)
    assert from_answer({"CompanyFile": file, "Resources": []}) == (Organisation("1", "File"),)
    assert from_answer("<html>") == ()


def test_a_refusal_may_speak_of_the_files_own_sign_on() -> None:
    assert wants_more(401, [{"Message": "Access denied"}])
    assert wants_more(401, None)
    assert wants_more(401, {"Errors": [{"Name": "OAuthTokenIsInvalid"}]}) is None
    assert wants_more(401, {"Errors": [{"ErrorCode": 31001}]}) is None
    assert wants_more(403, [{"Message": "Access denied"}]) is None


def test_an_old_key_signs_in_with_its_own_scope(cli: Cli, sandbox: Running, home: Path) -> None:
    (home / "secret").write_text("secret\n")
    urls = [f"--url={name}={url}" for name, url in sandbox.app_urls("myob").items()]
    key = ("--client-id", "SANDBOX0CLIENT0ID", f"--secret-file={home / 'secret'}")
    assert cli("app", "add", "myob", *key, "--scope", "CompanyFile", *urls).code == 0
    assert cli("connection", "add", "acme/myob").code == 0
    begun = cli("reconnect", "acme/myob", "--non-interactive", "--json").json
    told = approve(begun["next_step"]["url"]).partition("&businessId")
    url = told[0] + "&state" + told[2].partition("&state")[2]  # an old key's redirect names no file
    ran = cli("reconnect", "acme/myob", "--paste", url, "--no-sync", "--json")
    assert ran.json["organisation"] == {"id": FILE, "name": seed.FILES[FILE]}


def test_a_files_own_sign_on_is_proven_before_it_replaces_the_old(
    cli: Cli, sandbox: Running, target: str, home: Path
) -> None:
    configure = ("connection", "configure", target, "-s", "company_file_user=Administrator")
    good, wrong = home / "good", home / "wrong"
    good.write_text("sandbox\n")
    wrong.write_text("hunter-two\n")
    sandbox.world.switch_on("company-file-sign-on")
    (found,) = cli("diagnose", target, "--json").json["connections"]
    assert found["findings"][0]["rule"] == "myob.company-file-sign-on"
    (row,) = cli("status", "--json").json["connections"]
    assert row["next_command"][1:3] == ["connection", "configure"]
    assert "a sign-on of its own" in sign_in(cli, target, FILE).err
    refused = cli(*configure, "--secret-file", wrong)
    assert refused.code == 4
    assert "Nothing has changed" in refused.err
    assert cli("diagnose", target).code == 1
    assert cli(*configure, "--secret-file", good).code == 0
    assert cli("diagnose", target).code == 0
    assert cli(*configure, "--secret-file", wrong).code == 4
    assert cli("diagnose", target).code == 0
    kept = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert sum(b"Administrator" in one for one in kept) == 0
    assert sum(b"QWRtaW5pc3RyYXRvcjpzYW5kYm94" in one for one in kept) == 0
    sandbox.world.switch_off("company-file-sign-on")
    assert cli("diagnose", target).code == 1  # a file with single sign-on refuses the header
    assert cli("connection", "configure", target, "-s", "company_file_user=").code == 0
    assert cli("diagnose", target).code == 0


def test_a_password_is_no_argument_and_has_a_user(cli: Cli, target: str, home: Path) -> None:
    (home / "pw").write_text("hunter-two\n")
    given = cli("connection", "configure", target, "-s", "company_file_password=hunter-two")
    assert given.code == 2
    assert "hunter-two" not in given.out + given.err
    assert cli("connection", "configure", target, "--secret-file", str(home / "pw")).code == 2
    assert cli("connection", "configure", target, "-s", "company_file_user=A").code == 2
    assert cli("connection", "configure", target).code == 2
    added = cli(
        "connection", "add", "acme/second", "--provider", "myob", "-s", "company_file_user=A"
    )
    assert added.code == 2
    assert cli("connection", "pick", target, "-s", "company_file_user=A").code == 2


def test_a_sign_in_waits_while_the_second_of_its_key_is_full(
    cli: Cli, sandbox: Running, target: str
) -> None:
    room = sandbox.world.room("myob")
    begun = cli("reconnect", target, "--non-interactive", "--json").json
    back = approve(begun["next_step"]["url"])
    sandbox.world.forget_requests()
    soon = sandbox.world.clock.now() + timedelta(seconds=0.5)
    for _ in range(8):  # the product itself uses the same key
        room.limiter.admit(CLIENT_ID, CLIENT_ID, soon)
    ran = cli("reconnect", target, "--complete", begun["id"], "--redirect-url", back, "--no-sync")
    assert ran.code == 0, ran.err
    statuses = [status for seen in sandbox.world.requests() for status in seen["statuses"]]
    assert 403 in statuses
