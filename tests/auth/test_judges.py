"""Signing in, refreshing and revoking at authorisation servers that are none of ours.

The judges are programs in ``judges/``: the certified OpenID provider ``oidc-provider`` on Node.js
(``make judges`` installs it) and Authlib's own server.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import httpx2
import pytest

from syncdoctor.auth.device import reconnect_by_device
from syncdoctor.auth.errors import TokenRefused
from syncdoctor.auth.flow import SignIn, reconnect
from syncdoctor.auth.memory import MemoryVault
from syncdoctor.auth.passphrase import PassphraseSource
from syncdoctor.auth.sealed_file import SealedFile
from syncdoctor.auth.token import Token
from syncdoctor.auth.token_requests import TokenRequests
from syncdoctor.auth.tokens import TokenKeeper, connection_key
from syncdoctor.config import Config
from syncdoctor.engine.provider import OAuthFacts, Provider
from syncdoctor.errors import Cancelled, ExitCode
from syncdoctor.model import App, Connection
from syncdoctor.wire.client import Client

if TYPE_CHECKING:
    from tests.conftest import Cli

HERE = Path(__file__).parent / "judges"
SECRET = "planted-judge-secret-4f1c9a7e2b"
NODE = shutil.which("node") if (HERE / "node_modules" / "oidc-provider").is_dir() else None
COMMANDS: dict[str, list[str]] = {
    "oidc-provider": [NODE or "node", str(HERE / "oidc_provider.mjs")],
    "authlib": [sys.executable, str(HERE / "authlib_server.py")],
}
JUDGES = [
    pytest.param(
        "oidc-provider",
        marks=pytest.mark.skipif(NODE is None, reason="needs Node.js and `make judges`"),
    ),
    "authlib",
]


class Form(HTMLParser):
    """The first form of a page: where it goes and what is filled in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and self.action is None:
            self.action = values.get("action", "")
        elif tag == "input" and values.get("name"):
            self.fields[values["name"]] = values.get("value", "")


def walk(url: str, stop: str, typed: dict[str, str], *, allow: bool = True) -> str:
    """Go through a server's pages as a person would; the address that the browser ends at."""
    with httpx2.Client(trust_env=False, timeout=20) as browser:
        answer = browser.get(url)
        for _ in range(12):
            if answer.is_redirect:
                url = urljoin(url, answer.headers["location"])
                if url.startswith(stop):
                    return url
                answer = browser.get(url)
                continue
            assert answer.status_code < 400, answer.text
            form = Form(answer.text)
            if form.action is None:
                return url
            cancel = re.search(r'href="([^"]*/abort)"', answer.text)
            if not allow and cancel:
                url = urljoin(url, cancel[1])
                answer = browser.get(url)
                continue
            decision = {} if allow else {"confirm": "no"}
            given = {n: typed[n] for n in form.fields if n in typed}
            url = urljoin(url, form.action or url)
            answer = browser.post(url, data={**form.fields, **given, **decision})
    raise AssertionError(f"no end at {url}")


@dataclass
class Judged:
    """A connection whose provider is a judge."""

    urls: dict[str, str]
    redirect: str
    provider: Provider
    app: App
    connection: Connection
    config: Config
    state_dir: Path
    vault: Any = field(default_factory=MemoryVault)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    said: list[str] = field(default_factory=list)

    def sign_in(self, *, allow: bool = True) -> Any:
        def browser(url: str) -> None:
            stop = httpx2.URL(url).params["redirect_uri"]
            httpx2.get(walk(url, stop, PERSON, allow=allow), timeout=20)

        asked = SignIn(self.connection, self.app, self.provider, self.state_dir, timeout_s=20)
        return reconnect(
            asked,
            self.vault,
            self.config,
            open_browser=browser,
            choose=lambda found: found[0],
            announce=self.said.append,
        )

    def keeper(self) -> TokenKeeper:
        return TokenKeeper(
            self.connection,
            self.app,
            self.provider,
            self.vault,
            state_dir=self.state_dir,
            clock=lambda: self.now,
            cool_down_s=0,
        )

    def stored(self) -> Token:
        return Token.from_json(self.vault.get(connection_key(self.connection)))

    def store(self, token: Token) -> None:
        self.vault.put(connection_key(self.connection), token.to_json())

    def active(self, value: str | None) -> bool:
        """What the judge itself says of a token."""
        answer = httpx2.post(
            self.urls["introspect"], data={"token": value or ""}, auth=("basic", SECRET)
        )
        return bool(answer.json()["active"])


PERSON = {"login": "ana", "password": "planted-password-of-ana"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module", params=JUDGES)
def judge(request: pytest.FixtureRequest) -> Iterator[tuple[dict[str, str], str]]:
    """A judge that runs: its URLs, and the redirect URI that it knows."""
    redirect = f"http://127.0.0.1:{free_port()}/callback"
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(
        [*COMMANDS[request.param], redirect, SECRET], text=True, stderr=subprocess.DEVNULL, **pipes
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield json.loads(process.stdout.readline()), redirect
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@pytest.fixture
def judged(judge: tuple[dict[str, str], str], tmp_path: Path) -> Judged:
    return make(*judge, tmp_path)


def make(urls: dict[str, str], redirect: str, tmp_path: Path) -> Judged:
    host = httpx2.URL(urls["token"]).netloc.decode()
    oauth = OAuthFacts(
        client_auth="basic",
        pkce=True,
        scopes=("offline_access", "accounting"),
        redirect="exact",
        default_redirect=redirect,
        rotates=True,
        access_lifetime_s=1800,
        refresh_lifetime_days=1,
        authorize_extra={"prompt": "consent"},
        revoke_ends="token",
    )
    provider = Provider(
        "judge", "The Judge", "organisation", ("reconnect", "remove"), urls, (host,), oauth=oauth
    )
    app = App("judge", "judge", "basic", redirect)
    connection = Connection(
        "acme", "judge", "c-0000000a", "judge", "judge", datetime(2026, 11, 1, tzinfo=UTC)
    )
    config = Config(tmp_path / "judged")
    config.save_app(app)
    config.save_connection(connection)
    judged = Judged(urls, redirect, provider, app, connection, config, tmp_path / "locks")
    judged.vault.put("app/judge", SECRET)
    return judged


def change(judged: Judged, **facts: Any) -> None:
    assert judged.provider.oauth is not None
    judged.provider = replace(judged.provider, oauth=replace(judged.provider.oauth, **facts))


def test_the_lock_file_names_no_host_to_fetch_from() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert not any("resolved" in package for package in packages)


def test_a_sign_in_with_pkce_gives_a_token_that_the_judge_knows(judged: Judged) -> None:
    done = judged.sign_in()
    assert done.remark == "The Judge does not say what was joined."
    token = judged.stored()
    assert judged.active(token.access_token)
    assert judged.active(token.refresh_token)
    assert not any(token.access_token in line or SECRET in line for line in judged.said)


def test_the_secret_may_be_sent_in_the_body(judged: Judged) -> None:
    judged.app = replace(judged.app, client_id="body")
    change(judged, client_auth="body")
    judged.sign_in()
    assert judged.active(judged.stored().access_token)


def test_a_public_client_listens_at_any_port(judged: Judged) -> None:
    judged.app = replace(judged.app, client_id="public", redirect_uri="http://127.0.0.1/callback")
    change(judged, client_auth="none", redirect="any-port")
    judged.sign_in()
    assert judged.active(judged.stored().access_token)
    judged.now += timedelta(hours=1)
    assert judged.active(judged.keeper().access_token())


def test_declining_changes_nothing(judged: Judged) -> None:
    judged.sign_in()
    before = judged.stored()
    with pytest.raises(Cancelled, match="declined"):
        judged.sign_in(allow=False)
    assert judged.stored() == before
    assert judged.active(before.access_token)


def test_a_wrong_secret_is_the_apps_fault(judged: Judged) -> None:
    judged.vault.put("app/judge", "planted-but-wrong-secret-77")
    with pytest.raises(TokenRefused, match="refused the app") as caught:
        judged.sign_in()
    assert caught.value.hint == "syncdoctor diagnose acme/judge"
    assert caught.value.code == "invalid_client"


def test_refreshing_rotates_and_the_old_refresh_token_is_spent(judged: Judged) -> None:
    judged.sign_in()
    first = judged.stored()
    for _ in range(3):
        judged.now += timedelta(hours=1)
        before = judged.stored()
        access = judged.keeper().access_token()
        after = judged.stored()
        assert after.access_token == access != before.access_token
        assert after.refresh_token not in (None, before.refresh_token)
        assert judged.active(access)
        assert not judged.active(before.refresh_token)
    assert first.scope == judged.stored().scope


def test_a_reused_refresh_token_ends_the_family_and_needs_a_person(judged: Judged) -> None:
    judged.sign_in()
    stolen = judged.stored()
    judged.now += timedelta(hours=1)
    judged.keeper().access_token()
    newest = judged.stored()
    judged.store(stolen)  # as from a backup: the spent one is used again
    with pytest.raises(TokenRefused) as caught:
        judged.keeper().access_token()
    assert caught.value.exit_code == ExitCode.SIGN_IN
    assert caught.value.code == "invalid_grant"
    assert caught.value.hint == "syncdoctor reconnect acme/judge"
    assert judged.stored() == stolen
    assert not judged.active(newest.refresh_token)  # the judge has ended the whole family
    judged.store(newest)
    judged.now += timedelta(hours=1)
    with pytest.raises(TokenRefused):
        judged.keeper().access_token()
    judged.sign_in()
    assert judged.active(judged.stored().refresh_token)


def test_a_new_sign_in_revokes_the_old_grant_and_not_itself(judged: Judged) -> None:
    judged.sign_in()
    old = judged.stored()
    done = judged.sign_in()
    assert done.revoked_old
    new = judged.stored()
    assert not judged.active(old.refresh_token)
    assert not judged.active(old.access_token)
    assert judged.active(new.refresh_token)
    judged.now += timedelta(hours=1)
    assert judged.active(judged.keeper().access_token())


def test_a_revoked_token_needs_a_person(judged: Judged) -> None:
    judged.sign_in()
    token = judged.stored()
    client = Client(judged.provider, judged.app)
    with client:
        answer = TokenRequests(judged.app, judged.provider, judged.vault, client).revoke(token)
    assert answer.ok
    assert not judged.active(token.access_token)
    judged.now += timedelta(hours=1)
    with pytest.raises(TokenRefused) as caught:
        judged.keeper().access_token()
    assert caught.value.code == "invalid_grant"
    assert judged.stored() == token


def by_device(judged: Judged, person: Callable[[str, str], None]) -> Any:
    """Sign in by device; the person acts once the tool waits for the second time."""
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            said = re.search(r"Open (\S+) on any device and type (\S+)\.", judged.said[-1])
            assert said is not None
            person(said[1], said[2])

    return reconnect_by_device(
        SignIn(judged.connection, judged.app, judged.provider, judged.state_dir, timeout_s=60),
        judged.vault,
        judged.config,
        choose=lambda found: found[0],
        announce=judged.said.append,
        sleep=sleep,
    )


def test_a_sign_in_by_device(judged: Judged) -> None:
    by_device(judged, approve)
    token = judged.stored()
    assert judged.active(token.access_token)
    judged.now += timedelta(hours=1)
    assert judged.active(judged.keeper().access_token())


def approve(url: str, code: str) -> None:
    """Type the code in, sign in and agree."""
    walk(url, "no redirect comes", {**PERSON, "user_code": code})


def decline(url: str, code: str) -> None:
    """Type the code in, then say no."""
    with httpx2.Client(trust_env=False, timeout=20) as browser:
        asked = {**Form(browser.get(url).text).fields, "user_code": code}
        asked |= {"confirm": "no"} if "confirm" in asked else {}
        form = Form(browser.post(url, data=asked).text)
        if form.action:
            fields = {n: v for n, v in form.fields.items() if n != "confirm"}
            browser.post(urljoin(url, form.action), data={**fields, "abort": "yes"})


def test_declining_by_device(judged: Judged) -> None:
    with pytest.raises(Cancelled, match="declined"):
        by_device(judged, decline)
    assert judged.vault.get(connection_key(judged.connection)) is None


def test_the_command_line_signs_in_refreshes_and_says_when_it_is_over(
    judged: Judged, cli: Cli, home: Path
) -> None:
    urls = {n: u for n, u in judged.urls.items() if n != "introspect"}
    config = Config(home / "config")
    scopes = ("offline_access", "accounting")
    config.save_app(App("xero", "xero", "basic", judged.redirect, urls=urls, scopes=scopes))
    created = datetime(2026, 11, 1, tzinfo=UTC)
    connection = Connection("acme", "xero", "c-0000000b", "xero", "xero", created)
    config.save_connection(connection)
    vault = SealedFile(home / "state" / "tokens.sealed", PassphraseSource(str(home / "passphrase")))
    vault.put("app/xero", SECRET)

    begun = cli("reconnect", "acme/xero", "--non-interactive", "--json").json
    location = walk(begun["next_step"]["url"], judged.redirect, PERSON)
    ran = cli(
        "reconnect", "acme/xero", "--complete", begun["id"], "--redirect-url", location, "--no-sync"
    )
    assert ran.code == 0, ran.err
    assert "Reconnected acme/xero to Judged Ltd (tenant-1)." in ran.err

    def expire() -> str | None:
        stored = Token.from_json(str(vault.get(connection_key(connection))))
        past = datetime.now(UTC) - timedelta(hours=1)
        vault.put(connection_key(connection), replace(stored, expires_at=past).to_json())
        return stored.refresh_token

    spent = expire()
    assert cli("diagnose", "acme/xero", "--check", "token").code == 0
    newest = expire()
    assert newest != spent
    stored = Token.from_json(str(vault.get(connection_key(connection))))
    vault.put(connection_key(connection), replace(stored, refresh_token=spent).to_json())
    ran = cli("diagnose", "acme/xero", "--check", "token", "--json")
    assert ran.code == 4
    (row,) = ran.json["connections"]
    assert (row["state"], row["cause"]) == ("reconnect-needed", "reconnect-needed")
    assert not judged.active(newest)
