"""Which settings a connection may have, and what may be written for each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from syncdoctor.errors import UsageError

if TYPE_CHECKING:
    from syncdoctor.engine.provider import Provider
    from syncdoctor.model import Connection

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token: RFC 9110, section 5.6.2


def with_given(room: Provider, connection: Connection, given: Mapping[str, str]) -> dict[str, Any]:
    """A connection's settings as they become; one that is given empty is taken away.

    Raises:
        UsageError: there is no such setting, or it cannot hold that.
    """
    settings, known = dict(connection.settings), known_names(room)
    for name, text in given.items():
        if name not in known and not (name in settings and not text):
            raise _unknown(room, connection, name, known)
        if text.strip():
            settings[name] = _value(room, name, text.strip())
        else:
            settings.pop(name, None)
    return settings


def known_names(room: Provider) -> tuple[str, ...]:
    """The settings that something reads: the provider, a check, or the sync."""
    from syncdoctor.auth.api_keys import PATH
    from syncdoctor.engine import data_centre, environment
    from syncdoctor.engine.record import INVOICE
    from syncdoctor.resync.conflicts import SETTING as CONFLICTS
    from syncdoctor.resync.initial import adapter_of
    from syncdoctor.wire.address import IDEMPOTENCY_HEADER, IDENTITY_PATH, TOKEN_HEADER

    adapter, signs_on = adapter_of(room.id), room.sign_on
    account = [adapter.account_setting] if adapter else []
    groups = (
        (True, [name for name in room.required_settings if name != "organisation"]),
        (INVOICE in room.record_kinds, [*account, "tax_type", "invoice_status"]),
        (True, ["auto_sync", "kinds", "exclude", CONFLICTS, "token_command"]),
        ("calendar" in room.required_settings, ["pull_to"]),
        (room.address_setting is not None, [TOKEN_HEADER, IDENTITY_PATH, IDEMPOTENCY_HEADER]),
        ("keys" in room.actions, [PATH]),
        (bool(room.environments), [environment.SETTING]),
        (bool(room.data_centres), [data_centre.SETTING]),
        (signs_on is not None, [signs_on.user] if signs_on else []),
    )
    return tuple(dict.fromkeys(name for there, names in groups if there for name in names))


def _unknown(
    room: Provider, connection: Connection, name: str, known: tuple[str, ...]
) -> UsageError:
    from syncdoctor.config import close_match

    if name == "organisation" and name in room.required_settings:
        return UsageError(
            f"The {room.organisation_word} is chosen when {connection.target} signs in.",
            f"syncdoctor reconnect {connection.target} --organisation NAME",
        )
    return UsageError(
        f"{room.name} connections have no setting {name!r}.{close_match(name, known)}",
        f"There are {', '.join(known)}.",
    )


def _value(room: Provider, name: str, text: str) -> Any:
    from syncdoctor.config_tables import LISTS, wrong_value
    from syncdoctor.engine import data_centre, environment
    from syncdoctor.wire.address import IDEMPOTENCY_HEADER, TOKEN_HEADER

    value: Any = text
    if name in LISTS:
        value = [part.strip() for part in text.split(",") if part.strip()]
    elif name == "auto_sync":
        return _yes_or_no(name, text)
    elif name == "invoice_status":
        value = text.lower()
    elif name == environment.SETTING:
        environment.world(room, text)
    problem = wrong_value(name, value)
    if name == "kinds" and not set(value) <= set(room.record_kinds):
        problem = f"{room.name} takes {', '.join(room.record_kinds)}."
    elif name == data_centre.SETTING and text not in room.data_centres:
        problem = f"{text!r} is not one of {', '.join(room.data_centres)}."
    elif name in (TOKEN_HEADER, IDEMPOTENCY_HEADER) and not _HEADER.fullmatch(text):
        problem = "must be the name of a header, e.g. x-api-key."
    if problem:
        raise UsageError(f"--setting {name}={text}: {problem}", f"--setting {name}=VALUE")
    return value


def _yes_or_no(name: str, text: str) -> bool:
    from syncdoctor.local_checks.answers import NO, YES

    if text.lower() not in YES | NO:
        raise UsageError(f"--setting {name}={text}: it is yes or no.", f"--setting {name}=yes")
    return text.lower() in YES
