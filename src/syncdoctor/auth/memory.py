"""A store that lasts as long as the program: for the demo and the sandbox."""

from __future__ import annotations


class MemoryVault:
    """A :class:`syncdoctor.auth.vault.Vault` in memory; nothing of it reaches a disk."""

    def __init__(self) -> None:
        """Begin empty."""
        self._values: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """The value, or None when there is none."""
        return self._values.get(key)

    def put(self, key: str, value: str) -> None:
        """Store a value."""
        self._values[key] = value

    def delete(self, key: str) -> None:
        """Delete a value if it is there."""
        self._values.pop(key, None)

    def keys(self) -> tuple[str, ...]:
        """The names of all entries."""
        return tuple(sorted(self._values))

    def check(self) -> None:
        """Memory always keeps what it is given."""

    def describe(self) -> str:
        """What the store is, for people."""
        return "memory, until the program ends"
