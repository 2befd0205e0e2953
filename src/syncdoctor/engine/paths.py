"""Paths into a parsed body, compiled once and followed in one walk.

``a.b`` descends, ``a[]`` goes through a list, ``**.a`` finds ``a`` at any depth. ``a[]`` also
takes what is not a list as a list of one, and goes through the values of a table, because the
same error comes as a list, as one table or as a table keyed by field, even from one provider.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

# Bounds on what one answer may cost; real error answers are far below.
MAX_NODES = 20_000
MAX_VALUES = 400
MAX_TEXTS = 20

EACH = "[]"
Steps = tuple[str, ...]
Ends = tuple[tuple[int, Steps], ...]
Found = list[tuple[int, Any]]


class Plan(NamedTuple):
    """Compiled paths by their first key: from the root, from a key at any depth, from a list."""

    root: dict[str, Ends]
    deep: dict[str, Ends]
    deep_names: frozenset[str]
    listed: Ends


@lru_cache(maxsize=256)
def compile_paths(paths: tuple[str, ...]) -> Plan:
    """Compile paths; results of :func:`pick` name each by its number."""
    root: dict[str, Ends] = {}
    deep: dict[str, Ends] = {}
    listed: Ends = ()
    for slot, path in enumerate(paths):
        first, *rest = _steps(path.removeprefix("**."))
        end = ((slot, tuple(rest)),)
        if first == EACH:
            listed += end
        else:
            into = deep if path.startswith("**.") else root
            into[first] = into.get(first, ()) + end
    return Plan(root, deep, frozenset(deep), listed)


def _steps(path: str) -> Steps:
    steps: list[str] = []
    for part in path.split("."):
        name = part.removesuffix(EACH)
        steps.extend([name] if name else [])
        steps.extend([EACH] if part.endswith(EACH) else [])
    return tuple(steps)


def pick(plan: Plan, body: Any) -> Found:
    """Each value with the number of the path that led to it, in the order of the paths."""
    found: Found = []
    if type(body) is dict:
        for key in plan.root.keys() & body.keys():
            for slot, steps in plan.root[key]:
                _follow(body[key], steps, slot, found)
    elif type(body) is list:
        for slot, steps in plan.listed:
            for item in body:
                _follow(item, steps, slot, found)
    else:
        return found
    if plan.deep:
        _walk(body, plan, found)
    if len(found) > 1:
        found.sort(key=_slot)
    return found


_slot = itemgetter(0)


def _follow(value: Any, steps: Steps, slot: int, found: Found) -> None:
    for number, step in enumerate(steps):
        if step == EACH:
            rest = steps[number + 1 :]
            for item in _items(value, bare=not rest):
                _follow(item, rest, slot, found)
            return
        if type(value) is not dict or step not in value:
            return
        value = value[step]
    if len(found) < MAX_VALUES:
        found.append((slot, value))


def _items(value: Any, *, bare: bool) -> list[Any]:
    if type(value) is list:
        return value
    if type(value) is not dict:
        return [value]
    items: list[Any] = [] if bare else [value]
    for inner in value.values():
        if type(inner) is list:
            items.extend(inner)
        elif bare or type(inner) is dict:
            items.append(inner)
    return items


def _walk(body: Any, plan: Plan, found: Found) -> None:
    # Breadth first, so that what is said nearer to the root comes first; never recursive,
    # because the depth of a body is the sender's choice.
    queue: list[Any] = [body]
    add = queue.append
    unwanted = plan.deep_names.isdisjoint
    for node in queue:
        inner: Iterable[Any] = node
        if type(node) is dict:
            inner = node.values()
            if not unwanted(node):
                for key, ends in plan.deep.items():
                    if key in node:
                        for slot, steps in ends:
                            _follow(node[key], steps, slot, found)
        for value in inner:
            if type(value) is dict or type(value) is list:
                add(value)
        if len(queue) > MAX_NODES:
            return


def texts_in(body: Any) -> list[str]:
    """The first texts at any depth, for a body in which no path found anything."""
    queue: list[Any] = [body]
    texts: list[str] = []
    for node in queue:
        if type(node) is str:
            texts.append(node)
        elif type(node) is dict:
            queue.extend(node.values())
        elif type(node) is list:
            queue.extend(node)
        if len(texts) >= MAX_TEXTS or len(queue) > MAX_NODES:
            break
    return texts
