"""Where records come from: a CSV file or JSON lines, read record by record.

Faults of the file refuse all of it; faults of a record refuse that record alone.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from syncdoctor.errors import UsageError
from syncdoctor.resync.columns import BY_NAME, COLUMNS, IGNORED
from syncdoctor.resync.entries import Entry, Problem, Raw, build, usual_kind

JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
SCHEMA_HINT = "syncdoctor records schema invoice"
_BOMS = (b"\xff\xfe", b"\xfe\xff")


class EmptySource(UsageError):
    """The source holds no record at all."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source that can be read any number of times. ``kind`` is for rows that name none."""

    path: Path
    kind: str | None = None
    header: tuple[str, ...] = ()  # of a CSV file
    warnings: tuple[str, ...] = ()
    delimiter: str = field(default=",")

    @property
    def is_csv(self) -> bool:
        """Whether it is CSV; else it is JSON lines."""
        return bool(self.header)

    def entries(self) -> Iterator[Entry]:
        """Every record in the order of the file, or what is wrong with it.

        Raises:
            EmptySource: there is none.
            UsageError: the file cannot be read on; line and reason are named.
        """
        seen: dict[tuple[str, str], int] = {}
        count = 0
        raws = self._csv() if self.is_csv else self._json()
        for raw in raws:
            count += 1
            entry = build(raw, self.kind, flat=self.is_csv)
            yield _once(entry, seen)
        if not count:
            raise EmptySource(f"{self.path} holds no record.", SCHEMA_HINT)

    def _csv(self) -> Iterator[Raw]:
        rows = _rows(self.path)
        next(rows)  # the header, checked when the source was opened
        group: list[tuple[int, Sequence[str]]] = []
        for line, row in rows:
            if group and not self._continues(group[0][1], row):
                yield self._group(group)
                group = []
            group.append((line, row))
        if group:
            yield self._group(group)

    def _continues(self, first: Sequence[str], row: Sequence[str]) -> bool:
        one, other = self._named(first), self._named(row)
        number = one.get("number", "").strip()
        kind = one.get("kind", "").strip().lower() or self.kind
        if not number or kind in ("contact", "payment"):  # these have no lines
            return False
        same_kind = one.get("kind", "").strip() == (other.get("kind", "") or one.get("kind", ""))
        return same_kind and other.get("number", "").strip() == number

    def _named(self, row: Sequence[str]) -> dict[str, str]:
        return dict(zip(self.header, row, strict=False))

    def _group(self, group: Sequence[tuple[int, Sequence[str]]]) -> Raw:
        first_line, first = group[0]
        head = self._named(first)
        problems: list[Problem] = []
        for line, row in group:
            if len(row) != len(self.header):
                text = f"expected {len(self.header)} columns, has {len(row)}"
                problems.append(Problem(line, None, text))
                continue
            for name, value in self._named(row).items():
                column = BY_NAME.get(name)
                if column is None or column.of_line or not value.strip():
                    continue
                if value.strip() != head.get(name, "").strip():
                    text = f"differs from line {first_line} of the same record"
                    problems.append(Problem(line, name, text))
        return Raw(
            first_line,
            head,
            tuple((line, self._named(row)) for line, row in group),
            tuple(tuple(row) for _, row in group),
            tuple(problems),
        )

    def _json(self) -> Iterator[Raw]:
        for line, text in _lines(self.path):
            if text.strip():
                yield _json_raw(line, text.rstrip("\r\n"))


def open_source(path: Path, kind: str | None = None) -> Source:
    """Look at a file: is it there, is it text, are its columns right?

    Raises:
        EmptySource: the file is empty.
        UsageError: it is no source; file, line and column are named.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a directory, not a file of records.", SCHEMA_HINT)
    if not path.exists():
        raise UsageError(f"There is no file {path}.", "Name the source with --source FILE.")
    first = next((text for _, text in _lines(path) if text.strip()), None)
    if first is None:
        raise EmptySource(f"{path} is empty.", SCHEMA_HINT)
    if path.suffix.lower() in JSON_SUFFIXES or first.lstrip().startswith(("{", "[")):
        if first.lstrip().startswith("["):
            raise UsageError(
                f"{path} is a JSON array; one JSON object on each line was expected.", SCHEMA_HINT
            )
        return Source(path, kind)
    line, row = next(_rows(path))
    header = tuple(cell.strip().lower() for cell in row)
    return Source(path, kind, header, _check_header(path, line, header, kind))


def _check_header(
    path: Path, line: int, header: tuple[str, ...], kind: str | None
) -> tuple[str, ...]:
    where = f"{path}, line {line}"
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise UsageError(f"{where}: columns must be separated by commas.", SCHEMA_HINT)
    for name in header:
        if name and header.count(name) > 1:
            raise UsageError(f"{where}: the column {name} is there twice.", SCHEMA_HINT)
    kinds = [kind or usual_kind(header)]
    required = [
        c.name
        for c in COLUMNS
        if (
            any(k in c.required for k in kinds)
            if "kind" not in header
            else c.name == "contact_name" and not {"channel", "title"} & set(header)
        )
    ]
    missing = [name for name in required if name not in header]
    if missing:
        raise UsageError(
            f"{where}: missing column{'s' if len(missing) > 1 else ''} {', '.join(missing)}.",
            SCHEMA_HINT,
        )
    unknown = [n for n in header if n and n not in BY_NAME and n not in IGNORED]
    for name in unknown:
        close = get_close_matches(name, [n for n in BY_NAME if n not in header], 1, cutoff=0.8)
        if close:
            raise UsageError(
                f"{where}: there is no column {name}; {close[0]} was expected.", SCHEMA_HINT
            )
    return tuple(f"{path}: the column {name} is not used." for name in unknown)


def _once(entry: Entry, seen: dict[tuple[str, str], int]) -> Entry:
    identity = (entry.kind, entry.key.casefold())
    if not entry.key:
        return entry
    first = seen.setdefault(identity, entry.raw.line)
    if first == entry.raw.line:
        return entry
    column = "contact_name" if entry.kind == "contact" else "number"
    text = f"{entry.key!r} was on line {first} already; rows of one record stand together"
    problem = Problem(entry.raw.line, column, text)
    return Entry(entry.kind, entry.key, None, (*entry.problems, problem), entry.raw, repeats=True)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, as strict UTF-8; a byte order mark is taken off."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                if number == 1 and raw.startswith(_BOMS):
                    raise UsageError(f"{path} is UTF-16; save it as UTF-8.", SCHEMA_HINT)
                if b"\0" in raw:
                    raise UsageError(
                        f"{path}, line {number}: a NUL byte; this is no text file.", SCHEMA_HINT
                    )
                try:
                    yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise UsageError(
                        f"{path}, line {number}, byte {error.start + 1}: not UTF-8; "
                        "save the file as UTF-8.",
                        SCHEMA_HINT,
                    ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader((text for _, text in _lines(path)), strict=True)
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{path}, line {line}: not valid CSV: {error}.", SCHEMA_HINT) from None


def _json_raw(line: int, text: str) -> Raw:
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except ValueError as error:
        column = getattr(error, "colno", None)
        place = f"character {column}" if column else None
        return Raw(line, {}, (), text, (Problem(line, place, "expected one JSON object"),))
    except RecursionError:
        return Raw(line, {}, (), text, (Problem(line, None, "expected one flat JSON object"),))
    if not isinstance(value, dict):
        return Raw(line, {}, (), text, (Problem(line, None, "expected one JSON object"),))
    problems: list[Problem] = []
    given = value.pop("lines", [])
    head = _texts(line, value, "", problems)
    lines = []
    if not isinstance(given, list) or not all(isinstance(x, dict) for x in given):
        problems.append(Problem(line, "lines", "expected a list of objects"))
    else:
        lines = [
            (line, _texts(line, x, f"lines[{number}].", problems)) for number, x in enumerate(given)
        ]
    return Raw(line, head, tuple(lines), text, tuple(problems))


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def _texts(
    line: int, values: Mapping[str, Any], place: str, problems: list[Problem]
) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in values.items():
        if value is None:
            continue
        if isinstance(value, str):
            texts[name] = value
        elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            texts[name] = str(value)
        elif name in BY_NAME or place:
            problems.append(Problem(line, place + name, "expected text or a number"))
    return texts
