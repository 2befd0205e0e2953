"""How a host can be reached from this machine: name, proxy, certificate, clock."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx2

from syncdoctor.wire.failures import classify, describe
from syncdoctor.wire.proxies import EnvironmentTransport, proxy_for

SKEW_S = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look at a host showed; ``fine`` is False for what is wrong."""

    fine: bool
    words: str
    skewed: bool = False


def name(url: str) -> Finding:
    """Whether the host's name has an address; by a proxy it is the proxy's to know."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if proxy_for(parts.scheme, host):
        return Finding(True, f"{host}: the proxy looks it up")
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        return Finding(False, f"{host} has no address: {error.strerror}")
    return Finding(True, f"{host} is {found[0][4][0]}")


def proxy(url: str) -> Finding:
    """Which way requests take."""
    parts = urlsplit(url)
    used = proxy_for(parts.scheme, parts.hostname or "")
    shown = urlsplit(used).netloc.rpartition("@")[2] if used else ""
    return Finding(True, f"{parts.hostname}: {'by the proxy ' + shown if used else 'directly'}")


def certificate(url: str, limit_s: float) -> Finding:
    """Whether the host's certificate is trusted; one that is not names who issued it."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    if parts.scheme == "http":
        return Finding(True, f"{parts.netloc}: loopback, no TLS")
    if proxy_for(parts.scheme, host):
        return Finding(True, f"{host}: behind a proxy, seen with the clock")
    try:
        with (
            socket.create_connection((host, port), timeout=limit_s) as plain,
            httpx2.create_ssl_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            return Finding(True, f"{host}: {secured.version()}, trusted")
    except ssl.SSLCertVerificationError as error:
        issuer = _issuer(host, port)
        return Finding(
            False,
            f"{host}: {error.verify_message}; its certificate was issued by {issuer}. "
            "Something between this machine and the provider may open TLS: "
            "give its certificate with SSL_CERT_FILE",
        )
    except OSError as error:
        return Finding(False, f"{host}: no TLS connection: {error.strerror or error}")


def clock(url: str, limit_s: float) -> Finding:
    """This machine's clock against the Date header of the host (RFC 9110, 6.6.1)."""
    host = urlsplit(url).netloc
    with httpx2.Client(transport=EnvironmentTransport(), timeout=limit_s) as client:
        try:
            answer = client.head(url)
        except httpx2.RequestError as error:
            return Finding(False, f"{host}: {classify(error)}: {describe(error)}")
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, TypeError, ValueError):
        return Finding(True, f"{host} answers, without a date")
    skew = (datetime.now(UTC) - theirs).total_seconds()
    if abs(skew) <= SKEW_S:
        return Finding(True, f"{host} answers; the clocks agree")
    way = "ahead of" if skew > 0 else "behind"
    return Finding(False, f"this machine's clock is {abs(skew):.0f} s {way} {host}", skewed=True)


def _issuer(host: str, port: int) -> str:
    from cryptography import x509

    try:
        pem = ssl.get_server_certificate((host, port), timeout=3.0)
        return x509.load_pem_x509_certificate(pem.encode()).issuer.rfc4514_string()
    except (OSError, ValueError):
        return "somebody unknown"
