"""Expressions of rules: RE2, without case, many at once in linear time."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncdoctor.engine.table import Table

# The most memory that one set of expressions may use for its automaton. RE2 reports no match
# at all when it runs out, so this is generous; it is taken only as texts need it.
SET_BYTES = 128 << 20
NONE: frozenset[int] = frozenset()


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
    """Numbered expressions that are all tried on a text in one pass."""

    __slots__ = ("_numbers", "_set")

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._set: Any = None

    def add(self, expressions: Iterable[str]) -> frozenset[int]:
        """The numbers of some expressions, which are added when new."""
        numbers = self._numbers
        return frozenset(numbers.setdefault(text, len(numbers)) for text in expressions)

    def __len__(self) -> int:
        return len(self._numbers)

    def matches(self, texts: Iterable[str]) -> frozenset[int]:
        """The numbers of the expressions that hold for at least one of the texts."""
        if not self._numbers:
            return NONE
        if self._set is None:
            self._set = self._compile()
        match = self._set.Match
        found: set[int] = set()
        for text in texts:
            found.update(match(text.encode("utf-8", "replace")) or ())
        return frozenset(found)

    def _compile(self) -> Any:
        import re2

        options = _options()
        options.max_mem = SET_BYTES
        built = re2.Set.SearchSet(options)
        for expression in self._numbers:
            built.Add(expression)
        built.Compile()
        return built
