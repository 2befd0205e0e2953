"""Reading lists: the ``where`` filter, the other filters, order and pages.

After https://developer.xero.com/documentation/api/accounting/requests-and-responses (read on
2026-11-22): comparisons joined by AND and OR, text in double quotes, ``guid("…")`` and
``DateTime(y, m, d)``; pages of 100, at most 1,000.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from syncdoctor.providers.common.embedded import Call
from syncdoctor.providers.xero.sandbox.answers import Document, Refused, exception

PAGE = 100
LARGEST_PAGE = 1000
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_TEXT = r'"(?:[^"\\]|\\.)*"'
_TERM = re.compile(
    rf"""\s*(?P<path>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*?)
    (?: \.(?P<method>Contains|StartsWith|EndsWith)\((?P<part>{_TEXT})\)
      | \s*(?P<op>==|!=|>=|<=|=|>|<)\s*
        (?P<value>{_TEXT}|guid\(\s*{_TEXT}\s*\)|DateTime\([\d\s,]+\)|-?\d+(?:\.\d+)?|true|false|null)
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_JOIN = re.compile(r"(AND|&&|OR|\|\|)", re.IGNORECASE)
_MSDATE = re.compile(r"/Date\((-?\d+)")


def select(call: Call, items: Sequence[Document], kinds: Mapping[str, str]) -> list[Document]:
    """The records that a GET asks for; ``kinds`` maps list parameters to the field they match."""
    found: list[Document] = list(items)
    for parameter, path in kinds.items():
        if wanted := call.query.get(parameter):
            values = {value.strip().casefold() for value in wanted.split(",")}
            found = [item for item in found if _plain(_get(item, path)) in values]
    if since := call.headers.get("if-modified-since"):
        moment = _since(since)
        found = [i for i in found if (at := _moment(i.get("UpdatedDateUTC"))) and at > moment]
    if where := call.query.get("where"):
        matches = _where(where)
        found = [item for item in found if matches(item)]
    return _ordered(found, call.query.get("order"))


def page(call: Call, items: list[Document]) -> tuple[list[Document], dict[str, int] | None]:
    """One page, and the ``pagination`` object; all of it and None when no page was asked for."""
    if not call.query.get("page"):
        return items, None
    number = max(1, _whole(call.query["page"], 1))
    size = min(LARGEST_PAGE, max(1, _whole(call.query.get("pageSize", ""), PAGE)))
    shown = items[(number - 1) * size : number * size]
    pages = -(-len(items) // size)
    return shown, {"page": number, "pageSize": size, "pageCount": pages, "itemCount": len(items)}


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() else default


def _where(text: str) -> Callable[[Document], bool]:
    """Read a filter; AND binds closer than OR, and there are no parentheses."""
    either: list[list[Callable[[Document], bool]]] = [[]]
    position = 0
    while True:
        term = _TERM.match(text, position)
        if term is None:
            raise Refused(_unparsed(text, position))
        either[-1].append(_term(term))
        if term.end() == len(text):
            return lambda item: any(all(test(item) for test in every) for every in either)
        join = _JOIN.match(text, term.end())
        if join is None:
            raise Refused(_unparsed(text, term.end()))
        if join[1].upper() in ("OR", "||"):
            either.append([])
        position = join.end()


def _unparsed(text: str, position: int) -> Any:
    message = f"Syntax error (at index {position}) in {text!r}"
    return exception(16, "QueryParseException", message)


def _term(term: re.Match[str]) -> Callable[[Document], bool]:
    path = term["path"]
    if method := term["method"]:
        part = _literal(term["part"])
        tests: Mapping[str, Callable[[str], bool]] = {
            "contains": lambda text: part in text,
            "startswith": lambda text: text.startswith(part),
            "endswith": lambda text: text.endswith(part),
        }
        test = tests[method.lower()]
        return lambda item: test(str(_plain(_get(item, path)) or ""))
    compare, wanted = _COMPARE[term["op"]], _literal(term["value"])
    return lambda item: _holds(compare, _get(item, path), wanted)


def _holds(compare: Callable[[Any, Any], bool], value: Any, wanted: Any) -> bool:
    actual = _moment(value) if isinstance(wanted, datetime) else _plain(value)
    if actual is None or wanted is None:
        return compare in (operator.eq, operator.ne) and compare(actual, wanted)
    if isinstance(actual, str) != isinstance(wanted, str):
        return compare is operator.ne
    return compare(actual, wanted)


def _literal(text: str) -> Any:
    if text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1]).casefold()
    lowered = text.lower()
    if lowered.startswith("guid"):
        return text[text.index('"') + 1 : text.rindex('"')].casefold()
    if lowered.startswith("datetime"):
        numbers = [int(part) for part in re.findall(r"\d+", text)]
        try:
            return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type, misc]
        except (TypeError, ValueError):
            raise Refused(_unparsed(text, 0)) from None
    known = {"true": True, "false": False, "null": None}
    return known[lowered] if lowered in known else float(text)


def _get(item: Any, path: str) -> Any:
    for name in path.split("."):
        item = item.get(name) if isinstance(item, dict) else None
    return item


def _plain(value: Any) -> Any:
    # Text is compared without case: recordings/contacts_by_name_other_case.json of
    # https://github.com/corrin/docketworks
    return value.casefold() if isinstance(value, str) else value


def _moment(value: Any) -> datetime | None:
    found = _MSDATE.match(value) if isinstance(value, str) else None
    return datetime.fromtimestamp(int(found[1]) / 1000, UTC) if found else None


def _since(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ordered(items: list[Document], order: str | None) -> list[Document]:
    for key in reversed([part.split() for part in (order or "").split(",") if part.strip()]):
        path, descending = key[0], key[-1].upper() == "DESC"
        items = sorted(items, key=lambda i: _sortable(_get(i, path)), reverse=descending)
    return items


def _sortable(value: Any) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    moment = _moment(value)
    if moment is not None:
        return 1, moment.timestamp()
    return (1, float(value)) if isinstance(value, int | float) else (2, str(value).casefold())
