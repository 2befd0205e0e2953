"""Which account an API key belongs to, from the answer of the identity path. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncdoctor.model import Organisation

WRAPPINGS = ("data", "account", "organisation", "organization", "company", "user", "result")
IDS = ("id", "account_id", "uuid", "slug")
NAMES = ("name", "company_name", "display_name", "email")


def from_answer(body: Any, event: str | None = None) -> tuple[Organisation, ...]:
    """The account in an answer, bare or wrapped once; nothing where it names none.

    Args:
        body: the parsed answer.
        event: not known here.
    """
    del event
    if not isinstance(body, Mapping):
        return ()
    for element in (body, *(body.get(name) for name in WRAPPINGS)):
        if not isinstance(element, Mapping):
            continue
        identity = next((element[n] for n in IDS if element.get(n)), None)
        if identity is not None:
            name = next((element[n] for n in NAMES if element.get(n)), identity)
            return (Organisation(str(identity), str(name)),)
    return ()
