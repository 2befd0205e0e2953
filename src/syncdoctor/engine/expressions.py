"""Expressions of rules: RE2, without case, many at once in linear time."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncdoctor.engine.table import Table

# The most memory that one set of expressions may use for its automaton. RE2 reports no match
# at all when it runs out, so this is generous; it is taken only as texts need it.
SET_BYTES = 128 << 20
# How many expressions share one automaton. What a text has met so far of each of them makes up its
# states: with hundreds in one there are more than it can keep, and it begins anew all the time.
TOGETHER = 80
NONE: frozenset[int] = frozenset()
# Short texts whose matches are kept, by set: providers say the same sentences again and again.
REMEMBERED = 1_024
SHORT = 300  # characters


def _options() -> Any:
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    return options


@lru_cache(maxsize=4096)
def compiled(expression: str) -> Any:
    """One expression, ready for ``search``; raises ``re2.error`` when it is none."""
    import re2

    return re2.compile(expression, _options())


def check(expression: str, table: Table, key: str) -> None:
    """Fail unless a text is an RE2 expression that does not hold for every text."""
    import re2

    try:
        pattern = compiled(expression)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        table.fail(key, f'"{expression}" is no RE2 expression: {reason}')
    if pattern.search(""):
        table.fail(key, f'"{expression}" holds for every text')


class ExpressionSet:
    """Numbered expressions that are all tried on a text in one pass.

    Args:
        base: a set that this one begins with, complete already; what it matched is not tried again.
    """

    __slots__ = ("_base", "_first", "_sets", "known", "numbers")

    def __init__(self, base: ExpressionSet | None = None) -> None:
        self._base = base
        self._first = len(base) if base else 0
        self.numbers: dict[str, int] = {}
        self.known: dict[str, tuple[int, ...]] = {}  # what short texts matched
        self._sets: list[Any] = []

    def add(self, expressions: Iterable[str]) -> frozenset[int]:
        """The numbers of some expressions, which are added when new."""
        return frozenset(self._number(text) for text in expressions)

    def _number(self, text: str) -> int:
        if self._base is not None and text in self._base.numbers:
            return self._base.numbers[text]
        return self.numbers.setdefault(text, len(self))

    def __len__(self) -> int:
        return self._first + len(self.numbers)

    def matches(self, texts: Iterable[str]) -> frozenset[int]:
        """The numbers of the expressions that hold for at least one of the texts."""
        texts = tuple(texts)
        base = NONE if self._base is None else self._base.matches(texts)
        if not self.numbers:
            return base
        if not self._sets:
            self._sets = self._compile()
        found = set(base)
        for text in texts:
            numbers = self.known.get(text)
            found.update(self._matched(text) if numbers is None else numbers)
        return frozenset(found)

    def _matched(self, text: str) -> tuple[int, ...]:
        told = text.encode("utf-8", "replace")
        numbers = tuple(
            [
                first + number
                for first, one in zip(count(self._first, TOGETHER), self._sets)
                for number in one.Match(told) or ()
            ]
        )
        if len(text) <= SHORT:
            if len(self.known) >= REMEMBERED:
                self.known.clear()
            self.known[text] = numbers
        return numbers

    def _compile(self) -> list[Any]:
        import re2

        options = _options()
        options.max_mem = SET_BYTES
        built = []
        texts = tuple(self.numbers)
        for first in range(0, len(texts), TOGETHER):
            one = re2.Set.SearchSet(options)
            for expression in texts[first : first + TOGETHER]:
                one.Add(expression)
            one.Compile()
            built.append(one)
        return built
