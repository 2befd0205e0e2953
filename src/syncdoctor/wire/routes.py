"""Where a request goes: its URL, the hosts that may be asked, and where an answer sends it on."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urljoin, urlsplit

from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Guarded
from syncdoctor.model import App, Organisation

READING = frozenset({"GET", "HEAD", "OPTIONS"})
MOVED = frozenset({301, 302, 303, 307, 308})
# Any other redirect may turn a write into a GET: https://www.rfc-editor.org/rfc/rfc9110#section-15.4
KEEPING_METHOD = frozenset({307, 308})


def url_of(
    provider: Provider, app: App, organisation: Organisation | None, path: str, base: str
) -> str:
    """The URL of a path below one of the provider's URLs, or of the app's override."""
    root = app.urls.get(base) or provider.urls[base]
    if provider.organisation_path and organisation is not None and base == "api":
        root = f"{root.rstrip('/')}/{quote(organisation.id, safe='')}/"
    return urljoin(root if root.endswith("/") else root + "/", path) if path else root


def check_host(provider: Provider, app: App, url: str, base: str) -> None:
    """Refuse a host that is neither the provider's nor the override's.

    Raises:
        Guarded: nothing may be sent there.
    """
    host = urlsplit(url).netloc.lower()
    override = app.urls.get(base)
    allowed = (urlsplit(override).netloc.lower(),) if override else provider.hosts
    if not any(host == own or (own[:1] == "." and host.endswith(own)) for own in allowed):
        raise Guarded(f"{host} is no host of {provider.name}: nothing was sent there.")


def sent_on(
    provider: Provider,
    app: App,
    request: tuple[str, str, str],
    status: int,
    headers: Mapping[str, str],
) -> str | None:
    """The URL at which a call is to be made again; None when the answer is the last word.

    Args:
        request: method, URL and base of the call.
        status: of its answer.
        headers: of its answer; names are lower-case.

    Raises:
        Guarded: it leads to a host that is not the provider's, or away from TLS.
    """
    method, url, base = request
    location = headers.get("location")
    if not provider.follows_redirects or status not in MOVED or not location:
        return None
    if method not in READING and status not in KEEPING_METHOD:
        return None
    target = urljoin(url, location)
    check_host(provider, app, target, base)
    if urlsplit(target).scheme != urlsplit(url).scheme:
        raise Guarded(f"{provider.name} sent the call on without TLS: nothing was sent there.")
    return target
