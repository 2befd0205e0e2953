"""Providers that have no address of their own: each connection's settings name one.

A webhook's ``endpoint`` and a custom integration's ``base_url`` are such. The host of that address
is then the only one to which anything is sent.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from syncdoctor.config_tables import check_url
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import ConfigError, UsageError
from syncdoctor.model import Connection

TOKEN_HEADER = "key_header"  # noqa: S105 - the name of a setting
IDEMPOTENCY_HEADER = "idempotency_header"
IDENTITY_PATH = "identity_path"


def nowhere(provider: Provider, connection: Connection) -> bool:
    """Whether the connection has to name an address and does not."""
    name = provider.address_setting
    return name is not None and connection.settings.get(name) is None


def addressed(provider: Provider, connection: Connection) -> Provider:
    """The provider as a connection's settings place it; as it is when it has its own address.

    Raises:
        ConfigError: there is no address, or it is neither https nor on loopback.
    """
    name = provider.address_setting
    if name is None:
        return provider
    address = connection.settings.get(name)
    verb = "configure" if "configure" in provider.actions else "pick"
    hint = f"syncdoctor connection {verb} {connection.target} --setting {name}=https://…"
    if address is None:
        raise ConfigError(f"{connection.target} has no {name.replace('_', ' ')}.", hint)
    check_url(address, lambda problem: ConfigError(f"{connection.target}: {name} {problem}", hint))
    settings = connection.settings
    identity = settings.get(IDENTITY_PATH)
    return replace(
        provider,
        urls={**provider.urls, "api": str(address)},
        hosts=(urlsplit(str(address)).netloc.lower(),),
        token_header=str(settings.get(TOKEN_HEADER, provider.token_header)).lower(),
        idempotency_header=settings.get(IDEMPOTENCY_HEADER, provider.idempotency_header),
        probes=tuple(
            replace(probe, path=str(identity)) if identity and probe.name == "identity" else probe
            for probe in provider.probes
        ),
    )


def check_address(provider: Provider, name: str, value: object, target: str) -> None:
    """Refuse an address that could not be used.

    Raises:
        UsageError: it is neither https nor on loopback.
    """
    if name == provider.address_setting:
        check_url(value, lambda problem: UsageError(f"{target}: {name} {problem}"))
