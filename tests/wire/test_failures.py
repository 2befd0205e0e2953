from __future__ import annotations

import errno
import socket
import ssl

import httpx2
import pytest

from syncdoctor.model import Transport
from syncdoctor.wire.failures import classify, describe
from syncdoctor.wire.proxies import proxy_for


def verification(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("cause", "word"),
    [
        (socket.gaierror(-2, "Name or service not known"), Transport.DNS),
        (ConnectionRefusedError(111, "refused"), Transport.REFUSED),
        (ConnectionResetError(104, "reset"), Transport.RESET),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Transport.UNREACHABLE),
        (verification(10), Transport.TLS_EXPIRED),
        (verification(62), Transport.TLS_HOSTNAME),
        (verification(18), Transport.TLS_UNTRUSTED),
        (ssl.SSLError(1, "wrong version number"), Transport.TLS_OTHER),
    ],
)
def test_the_systems_own_word_decides(cause: Exception, word: Transport) -> None:
    error = httpx2.ConnectError("failed")
    error.__cause__ = cause
    assert classify(error) is word
    assert "ConnectError: failed" in describe(error)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (httpx2.ProxyError("407"), Transport.PROXY),
        (httpx2.ConnectTimeout("t"), Transport.CONNECT_TIMEOUT),
        (httpx2.ReadTimeout("t"), Transport.READ_TIMEOUT),
        (httpx2.RemoteProtocolError("disconnected"), Transport.INCOMPLETE),
        (httpx2.DecodingError("bad gzip"), Transport.INCOMPLETE),
        (httpx2.ConnectError("[Errno -2] Name or service not known"), Transport.DNS),
        (httpx2.ConnectError("[Errno 111] Connection refused"), Transport.REFUSED),
        (httpx2.ConnectError("something"), Transport.OTHER),
    ],
)
def test_else_the_clients_word(error: httpx2.RequestError, word: Transport) -> None:
    assert classify(error) is word


def test_a_chain_that_bites_its_tail_ends() -> None:
    error = httpx2.ConnectError("a")
    other = ValueError("b")
    error.__cause__, other.__cause__ = other, error
    assert classify(error) is Transport.OTHER


@pytest.mark.parametrize(
    ("scheme", "host", "proxy"),
    [
        ("https", "api.xero.com", "http://proxy.example:3128"),
        ("https", "inside.example", None),
        ("https", "127.0.0.1", None),
        ("http", "localhost", None),
        ("http", "api.xero.com", None),
    ],
)
def test_proxies_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, scheme: str, host: str, proxy: str | None
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    assert proxy_for(scheme, host) == proxy
