"""No secret is in anything that the tool prints or writes: all commands, good, failing, crashing.

Secret are: client secret, passphrase, every token and code that the provider ever gave, the PKCE
verifiers, and a token that a token command prints. The state of a sign-in is in the address that
the person must open, so that it may be printed; it may be in no file.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import secrets
import shlex
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import pytest

from syncdoctor.auth import authorisation
from syncdoctor.cli.register import COMMANDS
from syncdoctor.config import Config
from syncdoctor.model import Connection, Ownership
from syncdoctor.providers.custom.sandbox.keys import FIRST as KEY
from syncdoctor.providers.webhook.sandbox.receiver import SECRET as SIGNING
from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.server import Running

if TYPE_CHECKING:
    from tests.conftest import Cli, Ran

CLIENT = "PLANTEDCLIENT"
SECRET = "planted&client=secret/8f14e45f~?;"  # as hostile to encodings as it may be
PASSPHRASE = "planted passphrase/of the+store &c"
BORROWED = "planted-borrowed-token-0c4e88"
REDIRECT = "http://localhost:8765/callback"
TARGET = "acme/xero"
TABLE = {  # every command has to be here; TARGET is signed in, bolt/xero borrows its token
    "status": [[], ["--live"], ["--problems"], ["nobody"]],
    "diagnose": [
        [TARGET, "--save", "saved.jsonl", "--html", "page.html"],
        ["--all"],
        ["--self"],
        [TARGET, "--reply"],
        [TARGET, "--bundle", "bundle.zip"],
        [TARGET, "--from", "leaky.log", "--bundle", "leaky.zip", "--html", "leaky.html"],
        [TARGET, "--from", "leaky.log", "--save", "leaky.jsonl", "--reply"],
        [TARGET, "--write-test", "--yes"],
        [TARGET, "--from", "saved.jsonl"],
        [TARGET, "--check", "nonsense"],
    ],
    "explain": [["saved.jsonl"], ["leaky.log"], ["leaky.log", "--summary"],
                ["leaky.log", "--reply"], ["xero:invalid_grant"]],
    "reconnect": [
        [TARGET, "--non-interactive"],
        ["bolt/xero", "--no-browser"],
        [TARGET, "--paste", "nonsense"],
        [TARGET, "--device"],
        ["--all", "--problems", "--no-sync"],
        ["--keep-alive"],
        [TARGET, "--non-interactive", "--record", "session.svg"],
        [TARGET, "--paste", "nonsense", "--record", "session.html"],
    ],
    "resync": [
        [TARGET, "--source", "records.csv"],
        [TARGET, "--source", "records.csv", "--dry-run"],
        [TARGET, "--source", "records.csv", "--export-csv", "export"],
        [TARGET, "--source", "refused.csv"],
        ["--all"],
    ],
    "history": [[], [TARGET, "--failed"], [TARGET, "--html", "history.html"],
                ["--plot", "--html", "all.html"], ["--sync", "1"]],
    "connection": [
        ["list"],
        ["show", TARGET],
        ["add", "acme/second", "--provider", "xero", "--app", "xero"],
        ["disconnect", "acme/second", "--yes"],
        ["remove", "acme/second", "--yes"],
        ["configure", "cora/webhook", "--rotate-secret", "--secret-file", "../signing"],
    ],
    # A key that an API makes is shown on purpose, once; nothing else of it is.
    "keys": [["list", "cora/custom"], ["rotate", "cora/custom", "--key-file", "../key"],
             ["revoke", "cora/custom", "nonsense", "--yes"]],
    "channel": [["set", "acme", "Amazon UK", "--owner", "Ada"], ["list", "acme"],
                ["remove", "acme", "Amazon UK"], ["remove", "acme", "nonsense"]],
    "app": [["list"], ["add", "spare", "--provider", "xero", "--client-id", "X",
                       "--secret-file", "../secret"], ["remove", "spare", "--yes"]],
    "records": [["schema", "invoice"], ["check", "records.csv"]],
    "store": [["status"], ["check"], ["move", "--to", "file:moved.sealed"],
              ["move", "--to", "nonsense"]],
    "rules": [["list"], ["show", "oauth.invalid-grant"]],
    "guide": [["list"], ["show", "solido"]],
    "schedule": [["--cron"], ["--systemd"], ["--at", "25:00"]],
    "sandbox": [["--list-faults"]],
    "demo": [],  # its sandbox is another one: below
}  # fmt: skip
# What a person does, step by step, while one fault after another is on.
FAILING = (
    ["status", "--live"],
    ["diagnose", TARGET, "--save", "failing.jsonl", "--html", "failing.html"],
    ["resync", TARGET, "--source", "records.csv"],
    ["explain", "failing.jsonl"],
)


def forms(secret: str) -> Iterator[bytes]:
    """A secret as it stands, and in the encodings in which it travels."""
    pair = base64.b64encode(f"{CLIENT}:{secret}".encode()).decode()
    plain = base64.b64encode(secret.encode()).decode().rstrip("=")
    for form in (secret, quote(secret, safe=""), quote(secret), quote_plus(secret), pair, plain,
                 json.dumps(secret)[1:-1], repr(secret)[1:-1]):  # fmt: skip
        yield form.encode()


def contents(path: Path) -> Iterator[bytes]:
    """What a file holds, and what the files in a zip hold."""
    yield path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as packed:
            yield from map(packed.read, packed.namelist())


@dataclass
class Planted:
    """The secrets, and where they are looked for."""

    sandbox: Running
    home: Path
    verifiers: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def secrets(self) -> set[str]:
        found = {SECRET, PASSPHRASE, BORROWED, KEY, SIGNING, *self.verifiers}
        for room in self.sandbox.world.rooms.values():
            oauth = room.oauth
            found |= {*oauth._refresh, *oauth._access, *oauth._codes}
        return found

    def check(self, where: str, content: bytes, more: tuple[str, ...] = ()) -> None:
        for secret in {*self.secrets(), *more}:
            for form in forms(secret):
                assert form not in content, f"{where} holds a secret: {secret[:12]}…"

    def check_ran(self, ran: Ran, arguments: list[str]) -> None:
        assert "Traceback" not in ran.err + ran.out
        self.check(f"stdout of {arguments}", ran.out.encode())
        self.check(f"stderr of {arguments}", ran.err.encode())

    def check_files(self) -> int:
        """Every file of the tool: configuration, state with SQLite's own bytes, cache, cwd."""
        places = [self.home / name for name in ("config", "state", "work")]
        files = [p for place in places for p in place.rglob("*") if p.is_file()]
        for path in files:
            if path.name != "leaky.log":  # ours: with secrets on purpose
                for content in contents(path):
                    self.check(str(path), content, tuple(self.states))
        return len(files)


@pytest.fixture
def planted(
    cli: Cli, home: Path, sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Planted]:
    made = Planted(sandbox, home)

    def watch(size: int, make: Callable[[int], str] = secrets.token_urlsafe) -> str:
        value = make(size)
        (made.states if size == authorisation.STATE_BYTES else made.verifiers).append(value)
        return value

    class Watched:
        token_urlsafe = staticmethod(watch)

    monkeypatch.setattr(authorisation, "secrets", Watched)
    (home / "passphrase").write_text(PASSPHRASE + "\n")
    (home / "secret").write_text(SECRET + "\n")
    work = home / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    sandbox.world.register_client("xero", CLIENT, secret=SECRET, redirect_uris=(REDIRECT,))
    urls = [f"--url={name}={url}" for name, url in sandbox.app_urls("xero").items()]
    given = ["--client-id", CLIENT, "--secret-file", "../secret", "--redirect-uri", REDIRECT]
    assert cli("app", "add", "xero", *given, *urls).code == 0
    settings = ("--setting=sales_account=200", "--setting=tax_type=OUTPUT2")
    assert cli("connection", "add", TARGET, "--guide", "solido", *settings).code == 0
    assert sign_in(cli, made, monkeypatch).code == 0
    borrow(home)
    for name, setting, file, secret in (
        ("custom", "base_url", "key", KEY),
        ("webhook", "endpoint", "signing", SIGNING),
    ):
        (home / file).write_text(secret + "\n")
        where = f"--setting={setting}={sandbox.app_urls(name)['api']}"
        added = cli("connection", "add", f"cora/{name}", where, "--token-file", f"../{file}")
        assert added.code == 0, added.err
    issued = datetime.now(UTC).date() - timedelta(days=1)
    (work / "records.csv").write_text(
        "kind,number,contact_name,date,due_date,status,line_description,quantity,unit_amount\n"
        f"invoice,INV-1,Juniper & Co,{issued},{issued + timedelta(30)},authorised,Advice,1,120\n"
    )
    good = (work / "records.csv").read_text()
    (work / "refused.csv").write_text(good.replace("INV-1", "INV-2").replace("120\n", "much\n"))
    token = next(iter(sandbox.world.room("xero").oauth._access))
    (work / "leaky.log").write_text(
        f"GET https://api.xero.com/connections\nAuthorization: Bearer {token}\n\n"
        "HTTP/1.1 400 Bad Request\ncontent-type: application/json\n\n"
        f'{{"error":"invalid_grant","refresh_token":"{BORROWED}","client_secret":"{BORROWED}"}}\n'
    )
    yield made
    assert made.check_files() > 5


def borrow(home: Path) -> None:
    config = Config(home / "config")
    (home / "borrowed").write_text(BORROWED + "\n")
    command = f"cat {shlex.quote(str(home / 'borrowed'))}"
    config.save_connection(
        Connection("bolt", "xero", "c-0000b017", "xero", "xero", datetime(2026, 11, 1, tzinfo=UTC),
                   settings={"token_command": command}, ownership=Ownership.BORROWED)
    )  # fmt: skip


def sign_in(cli: Cli, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Sign in in two steps; the address, which holds the code, comes on stdin."""
    begun = cli("reconnect", TARGET, "--non-interactive", "--verbose")
    planted.check_ran(begun, ["reconnect", "--non-interactive"])
    if begun.code != 4 or not begun.out:
        return begun
    step = json.loads(begun.out)
    try:
        url = approve(step["next_step"]["url"])
    except Exception:  # noqa: BLE001 - a fault that the person sees in the browser
        return begun
    monkeypatch.setattr(sys, "stdin", io.StringIO(url + "\n"))
    arguments = ["--complete", step["id"], "--redirect-url", "-", "--no-sync", "--verbose"]
    done = cli("reconnect", TARGET, *arguments)
    planted.check_ran(done, ["reconnect", *arguments])
    code = parse_qs(urlsplit(url).query).get("code", ["none"])[0]
    assert code not in done.out + done.err
    return done


def test_the_search_finds_what_is_there(planted: Planted) -> None:
    token = next(iter(planted.sandbox.world.room("xero").oauth._refresh))
    for leak in (f"error: {token}", quote_plus(SECRET), json.dumps({"p": PASSPHRASE}), BORROWED):
        with pytest.raises(AssertionError, match="holds a secret"):
            planted.check("a text", leak.encode())


def test_the_search_looks_into_a_bundle(planted: Planted, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "leak.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.txt", f"{SECRET} " * 9)
    _, inside = contents(tmp_path / "leak.zip")
    with pytest.raises(AssertionError, match="holds a secret"):
        planted.check("a bundle", inside)


def test_every_command_is_watched() -> None:
    assert set(TABLE) == set(COMMANDS)


@pytest.mark.parametrize("more", [["--verbose"], ["--verbose", "--json"], ["--quiet"]])
def test_all_is_well(cli: Cli, planted: Planted, more: list[str]) -> None:
    for command, runs in TABLE.items():
        for arguments in runs:
            ran = cli(command, *arguments, *more)
            assert ran.code != 70, (command, arguments, ran.err)
            planted.check_ran(ran, [command, *arguments])
    written = {path.name for path in (planted.home / "work").iterdir()}
    assert written >= {"saved.jsonl", "page.html", "bundle.zip", "leaky.zip", "history.html"}


def test_the_demo_shows_no_token(cli: Cli) -> None:
    ran = cli("demo", "--verbose")
    assert ran.code == 0, ran.err
    assert not re.search(r"eyJ|[?&]code=|client_secret", ran.out + ran.err)


def quick(name: str) -> dict[str, Any]:
    """The parameters with which a fault takes no time."""
    known: dict[str, dict[str, Any]] = {
        "slow": {"seconds": 0.01},
        "rate-limit-minute": {"retry_after": 1},
    }
    return known.get(name, {})


@pytest.mark.slow
def test_every_fault_in_turn(cli: Cli, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    from syncdoctor.wire import client

    class Hurried:  # the pauses between tries are not what is tried here
        sleep = staticmethod(lambda _: None)
        monotonic = staticmethod(time.monotonic)

    monkeypatch.setattr(client, "time", Hurried)
    world = planted.sandbox.world
    assert sign_in(cli, planted, monkeypatch).code == 0
    for number, name in enumerate(sorted(world.switchboard.specs)):
        world.switch_on(name, **quick(name))
        for arguments in FAILING:
            more = ["--verbose", "--json"][: 1 + number % 2]
            ran = cli(*arguments, *more)
            assert ran.code != 70, (name, arguments, ran.err)
            planted.check_ran(ran, [name, *arguments])
        sign_in(cli, planted, monkeypatch)
        world.switch_off(name)
        planted.check_files()


BREAKS = (
    ("syncdoctor.wire.client.Client._once", ["status", "--live"]),
    ("syncdoctor.wire.client.Client._authorise", ["diagnose", TARGET]),
    ("syncdoctor.auth.token.Token.fresh", ["resync", TARGET, "--source", "records.csv"]),
    ("syncdoctor.auth.tokens.TokenKeeper.access_token", ["diagnose", TARGET]),
    ("syncdoctor.auth.flow.authorise", ["reconnect", TARGET, "--non-interactive"]),
    ("syncdoctor.auth.pending.PendingSignIns._write", ["reconnect", TARGET, "--non-interactive"]),
    ("syncdoctor.auth.sealed_file.SealedFile.keys", ["store", "status"]),
    ("syncdoctor.auth.sealed_file.SealedFile.put",
     ["app", "add", "xero", "--client-id", "X", "--secret-file", "../secret"]),
    ("syncdoctor.store.statedb.StateDB.save_evidence", ["diagnose", TARGET]),
)  # fmt: skip


@pytest.mark.parametrize(("place", "arguments"), BREAKS)
def test_a_crash_tells_no_secret(
    cli: Cli, planted: Planted, monkeypatch: pytest.MonkeyPatch, place: str, arguments: list[str]
) -> None:
    """A defect whose own words quote what the program holds at that moment."""
    from syncdoctor import redact

    def broken(*given: Any, **named: Any) -> None:
        held = [*redact._remembered, *map(repr, (given, named))]
        raise RuntimeError(f"Authorization: {' '.join(held)}")

    redact._remembered.clear()
    monkeypatch.setattr(place, broken)
    ran = cli(*arguments, "--verbose")
    monkeypatch.undo()
    planted.check_ran(ran, arguments)
    assert ran.code == 70, ran.err
    (report,) = (planted.home / "state" / "crashes").iterdir()
    assert "RuntimeError" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0


def test_a_crash_with_an_address_among_its_arguments(
    cli: Cli, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = json.loads(cli("reconnect", TARGET, "--non-interactive").out)
    url = approve(begun["next_step"]["url"])

    def broken(*given: Any, **named: Any) -> None:
        raise ValueError(repr((given, named)))

    monkeypatch.setattr("syncdoctor.auth.flow._finish", broken)
    ran = cli("reconnect", TARGET, "--complete", begun["id"], "--redirect-url", url)
    assert ran.code == 70
    planted.check_ran(ran, ["reconnect", "--complete"])


SPY = """
import os, pathlib, sys
seen = []
for folder in pathlib.Path("/proc").glob("[0-9]*"):
    for name in ("cmdline", "environ"):
        try:
            seen.append((folder / name).read_bytes())
        except OSError:
            pass
with open(sys.argv[1], "ab") as file:
    file.write(b"\\n".join(seen))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_no_process_has_a_secret_in_its_arguments_or_environment(
    planted: Planted, cli: Cli, tmp_path: Path
) -> None:
    """The passphrase command and the browser are spies: they look at every process there is."""
    spied, spy = tmp_path / "spied", tmp_path / "spy.py"
    spy.write_text(SPY)
    command, browser = tmp_path / "passphrase-command", tmp_path / "browser"
    for script, act in (
        (command, f"cat {shlex.quote(str(tmp_path / 'passphrase'))}"),
        (browser, f'{sys.executable} -c "import sys, httpx2; '
                  'from syncdoctor.sandbox.person import approve; '
                  'httpx2.get(approve(sys.stdin.readline().strip()), timeout=30)"'),
    ):  # fmt: skip
        feed = 'printf "%s\\n" "$1" | ' if script is browser else ""
        script.write_text(f"#!/bin/sh\n{sys.executable} {spy} {spied}\n{feed}{act}\n")
        script.chmod(0o700)
    environment = {n: v for n, v in os.environ.items() if n != "SYNCDOCTOR_PASSPHRASE_FILE"}
    environment |= {"SYNCDOCTOR_PASSPHRASE_COMMAND": str(command), "BROWSER": f"{browser} %s"}
    for arguments in (
        ["reconnect", TARGET, "--no-sync", "--verbose"],
        ["status", "--live", "--verbose"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "syncdoctor.cli.main", *arguments],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode in (0, 1, 4), done.stderr
        planted.check(str(arguments), done.stdout + done.stderr)
    content = spied.read_bytes()
    assert content.count(b"syncdoctor.cli.main") >= 3
    planted.check("a process", content)
