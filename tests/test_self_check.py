from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from syncdoctor import self_check
from syncdoctor.errors import StoreError
from syncdoctor.wire import reach

if TYPE_CHECKING:
    from tests.conftest import Cli

    from syncdoctor.auth.vault import Vault


class Handler(BaseHTTPRequestHandler):
    ahead = 0.0

    def do_HEAD(self) -> None:
        self.send_response_only(200)
        self.send_header("date", self.date_time_string(time.time() + self.ahead))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    made = HTTPServer(("127.0.0.1", 0), type("Mine", (Handler,), {}))
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def url(server: HTTPServer, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{server.server_port}/"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Nosy Proxy Ltd")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    crt, pem = folder / "c.crt", folder / "c.key"
    crt.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return crt, pem


def test_an_opened_tls_connection_is_named(server: HTTPServer, tmp_path: Path) -> None:
    crt, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    found = reach.certificate(url(server, "https"), 3.0)
    assert not found.fine
    assert "Nosy Proxy Ltd" in found.words
    assert "SSL_CERT_FILE" in found.words


def test_the_clock_is_compared(server: HTTPServer) -> None:
    assert reach.clock(url(server), 3.0).fine
    server.RequestHandlerClass.ahead = 7200.0  # type: ignore[attr-defined]
    found = reach.clock(url(server), 3.0)
    assert not found.fine
    assert found.skewed
    assert "s behind 127.0.0.1" in found.words


def test_a_name_without_address_is_said() -> None:
    found = reach.name("https://no-such-host.invalid/")
    assert not found.fine
    assert "no-such-host.invalid has no address" in found.words


def test_the_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:hunter22@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "")
    found = reach.proxy("https://api.xero.com/")
    assert found.words == "api.xero.com: by the proxy proxy.example:3128"


class Broken:
    def check(self) -> None:
        raise RuntimeError("boom")

    def describe(self) -> str:
        return "broken"


def no_store() -> Vault:
    raise StoreError("There is no OS keyring.", "Use a file.")


def test_a_check_that_crashes_or_hangs_is_a_result(tmp_path: Path) -> None:
    crashed = {c.name: c for c in self_check.run(Broken, [tmp_path], [])}  # type: ignore[arg-type]
    assert crashed["store"].outcome == "crashed"
    assert "RuntimeError: boom" in crashed["store"].summary
    assert crashed["loopback"].outcome == "ok"

    class Hanging(Broken):
        def check(self) -> None:
            time.sleep(3)

    hanging = self_check.run(Hanging, [], [], limit_s=0.02)  # type: ignore[arg-type]
    assert {c.name: c.outcome for c in hanging}["store"] == "timed-out"


def test_no_store_says_what_to_do(tmp_path: Path) -> None:
    (store,) = [c for c in self_check.run(no_store, [tmp_path], []) if c.name == "store"]
    assert (store.outcome, store.summary) == ("problem", "There is no OS keyring. Use a file.")


def test_files_that_others_can_read_are_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    loose = tmp_path / "apps.toml"
    loose.touch()
    loose.chmod(0o644)
    checks = self_check.run(no_store, [tmp_path], [])
    (found,) = [c for c in checks if c.name == "permissions"]
    assert found.outcome == "problem"
    assert str(loose) in found.summary


def test_the_command(cli: Cli, acme: str) -> None:
    ran = cli("diagnose", "--self")
    assert ran.code == 0
    assert "✓ clock: 127.0.0.1" in ran.out
    document = cli("diagnose", "--self", "--json").json
    assert {check["name"] for check in document["checks"]} == set(self_check.NAMES)


def test_the_command_without_a_store(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCDOCTOR_PASSPHRASE_FILE")
    ran = cli("diagnose", "--self")
    assert ran.code == 7
    assert "✖ store" in ran.out
