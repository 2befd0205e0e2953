"""The file that pulled records are put into: JSON lines, one for each record at the provider.

It has the names of a source's columns. It is replaced at once, and no line is ever dropped: what
was deleted at the provider stays with ``"status": "cancelled"``.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from syncdoctor.errors import UsageError

Lines = dict[str, Mapping[str, Any]]  # by the provider's id
CANCELLED = "cancelled"


class Damaged(Exception):
    """The file is no mirror of ours; the text says why."""


def read(path: Path) -> Lines | None:
    """The lines of the file; None when there is no file.

    Raises:
        Damaged: a line is none of ours.
        UsageError: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", _elsewhere()) from None
    except UnicodeDecodeError:
        raise Damaged("it is not UTF-8") from None
    return dict(_lines(text))


def _lines(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, one in enumerate(text.splitlines(), 1):
        try:
            line = json.loads(one)
            yield str(line["provider_id"]), line
        except (ValueError, KeyError, TypeError):
            raise Damaged(f"line {number} is no record that was pulled") from None


def keep_aside(path: Path, now: datetime) -> Path:
    """Move a file that is no mirror out of the way; nothing in it is lost."""
    kept = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%S}")
    path.replace(kept)
    return kept


def write(path: Path, lines: Lines) -> None:
    """Replace the file; on return it is on the disk.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".pulled-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            for line in sorted(lines.values(), key=_order):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", _elsewhere()) from None


def _order(line: Mapping[str, Any]) -> tuple[str, str]:
    return str(line.get("start") or ""), str(line["provider_id"])


def _elsewhere() -> str:
    return "syncdoctor connection pick TARGET --setting pull_to=ANOTHER-FILE"
