"""The file of refused records: in the format of the source, with what is wrong with each.

It can be corrected and given back as a source; the column ``problem`` is then ignored.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from syncdoctor.errors import UsageError
from syncdoctor.resync.columns import IGNORED
from syncdoctor.resync.entries import Entry
from syncdoctor.resync.sources import Source


def write_rejects(path: Path, source: Source, refused: Iterable[tuple[Entry, str]]) -> Path:
    """Write the file, replacing one of the same name at once.

    Raises:
        UsageError: it would replace the source, or cannot be written.
    """
    _check_other(path, source)
    lines = _csv(source, refused) if source.is_csv else _json(refused)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".rejects-")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
        Path(name).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    return path


def check_rejects(path: Path, source: Source) -> None:
    """Refuse, before anything is sent, a file that refused records could not go into.

    Raises:
        UsageError: it would replace the source, or cannot be written.
    """
    _check_other(path, source)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise _unwritable(path, error) from None


def _check_other(path: Path, source: Source) -> None:
    if path.exists() and path.samefile(source.path):
        raise UsageError(
            f"{path} is the source itself; refused records need another file.",
            "Name one with --rejects FILE.",
        )


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"The refused records cannot be written to {path}: {error.strerror}.",
        "Name another file with --rejects FILE.",
    )


def _csv(source: Source, refused: Iterable[tuple[Entry, str]]) -> Iterator[str]:
    ours = [i for i, name in enumerate(source.header) if name in IGNORED]
    # The problem comes first, so that a row with too many or too few columns stays as it was.
    yield _row(["problem", *_without(source.header, ours)])
    for entry, problem in refused:
        for row in entry.raw.source if isinstance(entry.raw.source, tuple) else ():
            yield _row([problem, *_without(row, ours)])


def _json(refused: Iterable[tuple[Entry, str]]) -> Iterator[str]:
    for entry, problem in refused:
        text = entry.raw.source
        try:
            value = json.loads(str(text))
        except ValueError:
            value = None
        if not isinstance(value, dict):
            value = {"unreadable": text}
        yield json.dumps({**value, "problem": problem}, ensure_ascii=False) + "\n"


def _without(row: Sequence[str], positions: Sequence[int]) -> list[str]:
    return [cell for i, cell in enumerate(row) if i not in positions]


def _row(cells: list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)  # a cell with that is quoted
    return out.getvalue()
