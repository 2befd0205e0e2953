"""Look-ups whose answers come in pages: each next page is asked for until all that was wanted came.

A provider that links its pages does so by RFC 8288: ``Link: <…?page=2>; rel="next"``. Only the
query of the link is taken, so that no answer can lead to another host or path.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from syncdoctor.engine.adapter import Adapter, Ref, Remote, Request, folded
from syncdoctor.resync.dispatch import Dispatcher
from syncdoctor.wire.client import Answer

_NEXT = re.compile(r"""<([^<>]*)>[^,<]*;\s*rel="?next"?""", re.IGNORECASE)
NOT_FOUND = 404


class Wanted:
    """The records that are looked for, and those that were found."""

    def __init__(self, refs: Sequence[Ref]) -> None:
        self.found: list[Remote] = []
        self._names = {folded(ref.key) for ref in refs}
        self._aliases = {ref.alias for ref in refs if ref.alias}
        self._missing = set(self._names)

    @property
    def complete(self) -> bool:
        """Whether every one was found by its name."""
        return not self._missing

    def take(self, remotes: Iterable[Remote]) -> None:
        """Keep what was looked for; a list may hold all that the provider has."""
        for remote in remotes:
            name = folded(remote.key)
            if name in self._names or remote.alias in self._aliases:
                self.found.append(remote)
                self._missing.discard(name)


def answers(
    dispatcher: Dispatcher,
    requests: Iterable[Request],
    wanted: Wanted,
    further: Callable[[Any], Iterable[Request]],
) -> Iterator[Future[Answer]]:
    """The answers to look-ups and to those for what they leave out, while anything is missing.

    ``further`` makes the requests for what an answer's body shows in part alone.
    """
    waiting = deque((request, dispatcher.submit(request)) for request in requests)
    while waiting:
        request, future = waiting.popleft()
        yield future
        if future.exception() is not None or wanted.complete:
            continue
        answer = future.result()
        more = list(further(answer.body)) if answer.ok else []
        if page := next_page(request, answer):
            more.append(page)
        waiting.extend((one, dispatcher.submit(one)) for one in more)


def found_in(adapter: Adapter, kind: str, answer: Answer) -> tuple[Remote, ...] | None:
    """The records in the answer to a look-up; None when it does not tell.

    An adapter whose ``asks_by_address`` is true asks for a record by its own address, where not to
    be found is an answer.
    """
    if answer.status == NOT_FOUND and getattr(adapter, "asks_by_address", False):
        return ()
    return adapter.found(kind, answer.body) if answer.ok else None


def next_page(request: Request, answer: Answer) -> Request | None:
    """The same request for the next page; None when the answer names none."""
    link = _NEXT.search(answer.headers.get("link", "")) if answer.ok else None
    if link is None:
        return None
    params = dict(parse_qsl(urlsplit(link[1]).query))
    return replace(request, params=params) if params != dict(request.params) else None
