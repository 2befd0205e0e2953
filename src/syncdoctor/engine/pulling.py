"""What a provider's ``pulling.py`` gives to resync: how its changes are asked for and read. Pure.

A provider whose records people change at the provider too joins by a module
``providers/NAME/pulling.py`` with a function ``puller_for(connection) -> Puller``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from syncdoctor.engine.adapter import Request
from syncdoctor.model import Cause


@dataclass(frozen=True, slots=True)
class Found:
    """A record as the provider has it now; ``line`` has the names of a source's columns."""

    id: str
    kind: str
    version: str | None
    deleted: bool
    line: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of changes. ``sync_token`` comes with the last one: what the next pull begins at."""

    found: tuple[Found, ...]
    next_page: str | None
    sync_token: str | None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why nothing can be synced with the place, and what makes it so."""

    cause: Cause
    message: str


class Puller(Protocol):
    """One connection's way of pulling."""

    @property
    def place(self) -> str:
        """What is synced with, e.g. the id of a calendar; another one is another sync."""

    def look(self) -> Request:
        """The request that asks for the place itself."""

    def obstacle(self, status: int | None, body: Any) -> Obstacle | None:
        """What the answer to :meth:`look` shows to be in the way; None for any other failure."""

    def ask(self, sync_token: str | None, page: str | None, since: datetime) -> Request:
        """The request for a page of all that ends after ``since``, or of the changes only."""

    def read(self, body: Any) -> Page | None:
        """The page in an answer; None when it is none."""

    def expired(self, status: int | None, body: Any) -> str | None:
        """The provider's word when it takes a sync token no longer: all has to be read anew."""
