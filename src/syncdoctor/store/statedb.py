"""The state database: evidence, syncs and the journal, in one file or on a server.

The tables have a room each: ``evidence``, ``syncs``, ``operations``,
``pulls``; ``database`` opens ``sqlite`` or ``postgres``.
"""

from __future__ import annotations

from syncdoctor.store.place import FILE_NAME
from syncdoctor.store.pulls import PullTable

__all__ = ["FILE_NAME", "StateDB"]


class StateDB(PullTable):
    """Everything that is remembered between runs; see :class:`Database` for what it raises."""
