"""The API's keys: shown whole when they are made, and never again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

FIRST = "sbx_first_key_of_the_sandbox_000001"


@dataclass(slots=True)
class Key:
    """One key. ``serial`` counts the keys in the order in which they were made."""

    id: str
    name: str
    text: str
    created: datetime | None
    serial: int
    used: datetime | None = None

    def shown(self) -> dict[str, Any]:
        """As the list shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "masked": f"…{self.text[-4:]}",
            "created_at": self.created.isoformat() if self.created else None,
            "last_used_at": self.used.isoformat() if self.used else None,
        }


class Keys:
    """The keys that are accepted; one is there from the beginning."""

    def __init__(self) -> None:
        self._made = 1
        self._keys = {FIRST: Key("key_1", "first", FIRST, None, 1)}

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys.values())

    def of(self, text: str, now: datetime) -> Key | None:
        """The key, which is used now; None when it is not accepted."""
        key = self._keys.get(text)
        if key is not None:
            key.used = now
        return key

    def create(self, name: str, now: datetime) -> Key:
        """Make a key."""
        self._made += 1
        text = f"sbx_{secrets.token_urlsafe(24)}"
        key = Key(f"key_{self._made}", name, text, now, self._made)
        self._keys[text] = key
        return key

    def revoke(self, identity: str) -> bool:
        """Take a key out; False when there is none of that id."""
        found = next((key for key in self if key.id == identity), None)
        if found is not None:
            del self._keys[found.text]
        return found is not None
