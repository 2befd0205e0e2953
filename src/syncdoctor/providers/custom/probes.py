"""What the answer at the identity path tells about an API key: local facts. Pure.

An API may say what the key may do, as ``permissions`` (or ``scopes``) beside the account or inside
``key``: docs/custom.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from syncdoctor.model import Connection
from syncdoctor.providers.custom.organisations import from_answer

WRITING = frozenset({"write", "read_write", "readwrite", "admin", "full", "all", "*"})


def facts(probe: str, body: Any, connection: Connection) -> dict[str, Any]:
    """Local facts (docs/rules.md) that a probe's 2xx answer proves, and as ``seen`` what it shows.

    Args:
        probe: the probe's name in facts.toml.
        body: the parsed answer.
        connection: whose account is compared with it.
    """
    if probe != "identity":
        return {}
    chosen, seen = connection.organisation, from_answer(body)
    if chosen is not None and seen and seen[0].id != chosen.id:
        words = f"the key belongs to {seen[0].name}, not to {chosen.name}"
        return {"organisation_missing": True, "seen": words}
    allowed = _permissions(body)
    if allowed is not None and not any(_writes(word) for word in allowed):
        words = f"the key may {' and '.join(allowed) or 'do nothing'}, but not write"
        return {"permission_missing": True, "seen": words}
    return {}


def _permissions(body: Any) -> list[str] | None:
    if not isinstance(body, Mapping):
        return None
    for element in (body, body.get("key"), body.get("data")):
        for name in ("permissions", "scopes"):
            told = element.get(name) if isinstance(element, Mapping) else None
            if isinstance(told, str):
                return told.split()
            if isinstance(told, Iterable):
                return [str(word) for word in told]
    return None


def _writes(word: str) -> bool:
    return word.lower() in WRITING or word.lower().rpartition(":")[2] in WRITING
