"""Providers whose data centres are worlds of their own: which one a sign-in told of. Pure.

Facts have ``[data_centres.NAME]``, a table from each host of the provider's own URLs to the one of
that data centre. Only hosts that the facts name are believed: an address from a redirect may come
from anybody, and a code and the client's secret would be sent to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from syncdoctor.engine.provider import Provider

SETTING = "data_centre"  # of a connection
# Where a sign-in tells: a parameter of the redirect, and a field of the token answer.
# https://zoho.com/accounts/protocol/oauth/multi-dc/client-authorization.html (2026-11-22)
TOLD_IN = ("accounts-server", "api_domain")


def named_in(provider: Provider, values: Mapping[str, Any]) -> str | None:
    """The data centre that a redirect or a token answer tells of; None when it tells of none."""
    hosts = {urlsplit(str(values[name])).hostname for name in TOLD_IN if name in values}
    for name, centre in provider.data_centres.items():
        if not hosts.isdisjoint(centre.values()):
            return str(name)
    return None


def placed(provider: Provider, name: Any) -> Provider:
    """The provider with the URLs of a data centre; as it is when that is not known."""
    centre = provider.data_centres.get(str(name))
    if centre is None:
        return provider
    return moved(provider, centre)


def moved(provider: Provider, hosts: Mapping[str, str]) -> Provider:
    """The provider with other hosts in its URLs."""
    return replace(provider, urls={key: _at(url, hosts) for key, url in provider.urls.items()})


def _at(url: str, hosts: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=hosts.get(parts.netloc, parts.netloc)).geturl()
