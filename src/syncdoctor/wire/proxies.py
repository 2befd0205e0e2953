"""The transport of this machine: HTTPS_PROXY and NO_PROXY are honoured, loopback never leaves."""

from __future__ import annotations

import functools
import ipaddress
import ssl
import threading
import urllib.request

import httpx2

# They are read once, also when many threads ask at the same moment: it takes as long as 20 calls.
_reading = threading.Lock()


class EnvironmentTransport(httpx2.BaseTransport):
    """Sends directly or by the proxy that the environment names for the request's scheme."""

    def __init__(self) -> None:
        self._proxies: dict[tuple[str, str], str | None] = {}  # by scheme and host
        self._routes: dict[str | None, httpx2.HTTPTransport] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send by the route that fits the request's host."""
        place = (request.url.scheme, request.url.host)
        if place not in self._proxies:
            self._proxies[place] = proxy_for(*place)
        proxy = self._proxies[place]
        if proxy not in self._routes:
            self._routes[proxy] = httpx2.HTTPTransport(verify=certificates(), proxy=proxy)
        return self._routes[proxy].handle_request(request)

    def close(self) -> None:
        """Close every route."""
        for route in self._routes.values():
            route.close()


def proxy_for(scheme: str, host: str) -> str | None:
    """The proxy's URL for a host, or None when it is reached directly."""
    if _is_loopback(host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if proxy is None or urllib.request.proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def certificates() -> ssl.SSLContext:
    """The certificates to trust; SSL_CERT_FILE and SSL_CERT_DIR win."""
    with _reading:
        return _read_certificates()


@functools.cache
def _read_certificates() -> ssl.SSLContext:
    return httpx2.create_ssl_context()
