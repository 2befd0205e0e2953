"""A home of its own for each test, the program run in this process, and the sandbox."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.cli.main import run
from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.server import Running

GOLDEN = Path(__file__).parent / "golden"
SHARED = Path(__file__).parents[2] / "shared"
UPDATE = bool(os.environ.get("SYNCDOCTOR_UPDATE_GOLDEN"))


@dataclass(frozen=True)
class Ran:
    """What a run of the program left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty directories for configuration, state and cache, and an encrypted token store."""
    cheap = {"name": "argon2id", "time": 1, "memory_kib": 8, "lanes": 1}
    monkeypatch.setattr("syncdoctor.auth.sealed_file.KDF", cheap)
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"SYNCDOCTOR_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.setenv("SYNCDOCTOR_CACHE_DIR", str(_shared_cache()))
    monkeypatch.setenv("SYNCDOCTOR_STORE", "file")
    monkeypatch.setenv("SYNCDOCTOR_PASSPHRASE_FILE", str(passphrase))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("SYNCDOCTOR_PASSPHRASE_COMMAND", "SYNCDOCTOR_NO_INPUT", "BROWSER", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def _shared_cache() -> Path:
    """One catalogue cache for all tests of a worker: reading the rules anew is slow."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return Path(__file__).parents[1] / ".pytest_cache" / "syncdoctor" / worker


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run the program in this process: ``cli("status", "--json").code``."""

    def invoke(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return invoke


@pytest.fixture
def sandbox() -> Iterator[Running]:
    """The embedded providers on a free loopback port."""
    with Running() as running:
        yield running


@pytest.fixture
def acme(cli: Cli, sandbox: Running) -> str:
    """A workspace whose Xero connection is set up, signed in and complete."""
    urls = [f"--url={name}={url}" for name, url in sandbox.app_urls("xero").items()]
    client_id = next(iter(sandbox.world.room("xero").oauth.clients))
    settings = ("--setting=sales_account=200", "--setting=tax_type=OUTPUT2")
    for arguments in (
        ("app", "add", "xero", "--client-id", client_id, "--no-secret", *urls),
        ("connection", "add", "acme/xero", "--guide", "solido", *settings),
    ):
        ran = cli(*arguments)
        assert ran.code == 0, ran.err
    sign_in(cli, "acme/xero")
    return "acme/xero"


def sign_in(cli: Cli, target: str, organisation: str | None = None) -> Ran:
    """Sign in as a person would on another machine: the two steps without a browser here."""
    begun = cli("reconnect", target, "--non-interactive", "--json").json
    url = approve(begun["next_step"]["url"], organisation)
    ran = cli("reconnect", target, "--complete", begun["id"], "--redirect-url", url, "--no-sync")
    assert ran.code == 0, ran.err
    return ran


def normal(text: str) -> str:
    """What changes from run to run, made the same: ids, ports, times, paths."""
    for pattern, word in (
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"\bc-[0-9a-f]{8}\b", "c-00000000"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(\+00:00|Z)?", "TIME"),
        (r"\d{4}-\d\d-\d\d", "DATE"),
        (r"/tmp/[^\s\"']*?/(config|state)\b", r"/\1"),
    ):
        text = re.sub(pattern, word, text)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip() + "\n"


def check_golden(name: str, text: str) -> None:
    """Compare with ``tests/golden/NAME``; SYNCDOCTOR_UPDATE_GOLDEN=1 writes it anew."""
    path = GOLDEN / name
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(normal(text), encoding="utf-8")
    assert normal(text) == path.read_text(encoding="utf-8")


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    return check_golden
