"""The state database: evidence, syncs and the journal, in one file.

The tables have a room each: ``evidence``, ``syncs``, ``operations``; ``database`` opens the file.
"""

from __future__ import annotations

from syncdoctor.store.operations import OperationTable

FILE_NAME = "state.sqlite3"


class StateDB(OperationTable):
    """Everything that is remembered between runs; see :class:`Database` for what it raises."""
