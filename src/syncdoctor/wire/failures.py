"""How a request failed when no whole answer came: from the client's exceptions to one word."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

import httpx2

from syncdoctor.model import Transport

# OpenSSL's verification results: X509_V_ERR_CERT_HAS_EXPIRED, …_HOSTNAME_MISMATCH.
# https://docs.openssl.org/3.0/man1/openssl-verification-options/ (2026-11-22)
_EXPIRED = 10
_HOSTNAME = 62
_UNTRUSTED = (18, 19, 20, 21, 27)

_SYSTEM: tuple[tuple[type[BaseException], Transport], ...] = (
    (socket.gaierror, Transport.DNS),
    (ConnectionRefusedError, Transport.REFUSED),
    (ConnectionResetError, Transport.RESET),
    (BrokenPipeError, Transport.RESET),
)
_CLIENT: tuple[tuple[type[BaseException], Transport], ...] = (
    (httpx2.ProxyError, Transport.PROXY),
    (httpx2.ConnectTimeout, Transport.CONNECT_TIMEOUT),
    (httpx2.PoolTimeout, Transport.CONNECT_TIMEOUT),
    (httpx2.TimeoutException, Transport.READ_TIMEOUT),
    (httpx2.RemoteProtocolError, Transport.INCOMPLETE),
    (httpx2.ReadError, Transport.INCOMPLETE),
    (httpx2.DecodingError, Transport.INCOMPLETE),
    (httpx2.WriteError, Transport.RESET),
)


def describe(error: httpx2.RequestError) -> str:
    """The exception as text: its class and what it says."""
    words = f"{type(error).__module__}.{type(error).__qualname__}: {error}".rstrip(": ")
    last = list(_chain(error))[-1]
    return words if str(last) in words else f"{words} ← {type(last).__qualname__}: {last}"


def classify(error: httpx2.RequestError) -> Transport:
    """The way in which no answer came: the system's own word first, then the client's."""
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLError):
            return _tls(cause)
        for kind, word in _SYSTEM:
            if isinstance(cause, kind):
                return word
        if isinstance(cause, OSError) and cause.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
            return Transport.UNREACHABLE
    return next((word for kind, word in _CLIENT if isinstance(error, kind)), _by_words(str(error)))


def _by_words(text: str) -> Transport:
    lower = text.lower()
    if "name or service not known" in lower or "name resolution" in lower:
        return Transport.DNS
    if "refused" in lower:
        return Transport.REFUSED
    return Transport.OTHER


def _tls(error: ssl.SSLError) -> Transport:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code == _EXPIRED:
            return Transport.TLS_EXPIRED
        if error.verify_code == _HOSTNAME:
            return Transport.TLS_HOSTNAME
        if error.verify_code in _UNTRUSTED:
            return Transport.TLS_UNTRUSTED
    return Transport.TLS_OTHER


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
