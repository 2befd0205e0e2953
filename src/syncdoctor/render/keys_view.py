"""API keys as a table, and as ``syncdoctor.keys/1``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from syncdoctor.auth.api_keys import ApiKey
from syncdoctor.render.json_v1 import header

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA = "syncdoctor.keys/1"


def keys_table(keys: Sequence[ApiKey]) -> Table:
    """The keys, masked; the one in use is marked."""
    from rich.table import Table

    table = Table("", "Id", "Name", "Key", "Created", "Last used", box=None, padding=(0, 2, 0, 0))
    for key in keys:
        table.add_row(
            "●" if key.here else "",
            key.id or "",
            key.name or "",
            key.masked,
            _day(key.created) or "not known",
            _day(key.last_used) or "not known",
        )
    return table


def keys_document(
    target: str,
    action: str,
    code: int,
    keys: Sequence[ApiKey],
    *,
    managed: bool,
    text: str | None = None,
    old: str | None = None,
) -> dict[str, Any]:
    """One document.

    Args:
        target: the connection.
        action: list, create, rotate or revoke.
        code: the exit code.
        keys: what is shown of them.
        managed: whether the API itself keeps the keys.
        text: a key that was just made, whole; told this once.
        old: what became of the old key: ``revoked`` or ``to-revoke``.
    """
    shown = [
        {
            "id": key.id,
            "name": key.name,
            "masked": key.masked,
            "created": key.created,
            "last_used": key.last_used,
            "in_use": key.here,
        }
        for key in keys
    ]
    document = {**header(SCHEMA, code, datetime.now(UTC)), "target": target, "action": action}
    document |= {"managed_by_api": managed, "keys": shown}
    if text is not None:
        document["key"] = text
    if old is not None:
        document["old_key"] = old
    return document


def _day(moment: str | None) -> str | None:
    """The day and the minute of an ISO 8601 moment; what is written otherwise stays."""
    if moment is None:
        return None
    try:
        return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M}"
    except ValueError:
        return moment
