"""Parsed TOML kept as JSON, because parsing it anew on each start would cost too much.

A cache is never needed and never trusted further than its key: one that cannot be read, is
damaged or belongs to other files is ignored, and one that cannot be written is not.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from syncdoctor import __version__

# Raised whenever the shape of what is kept changes.
FORMAT = 1


def cached(
    name: str, files: Sequence[Path], cache_dir: Path | None, build: Callable[[], Any]
) -> Any:
    """What ``build`` makes of the files: JSON-like data, kept in ``cache_dir`` when given."""
    if cache_dir is None:
        return build()
    try:
        key = _key(files)
    except OSError:
        return build()
    place = zlib.crc32("\n".join(str(path) for path in files).encode())
    path = cache_dir / f"{name}-{place:08x}.json"
    kept = _read(path, key)
    if kept is not None:
        return kept
    value = build()
    _write(path, {"key": key, "value": value})
    return value


def _key(files: Sequence[Path]) -> list[Any]:
    key: list[Any] = [__version__, FORMAT]
    for path in files:
        about = path.stat()
        key.append([str(path), about.st_mtime_ns, about.st_size])
    return key


def _read(path: Path, key: list[Any]) -> Any:
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(document, dict) or document.get("key") != key:
        return None
    return document.get("value")


def _write(path: Path, document: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(document))
        Path(temporary).replace(path)
    except (OSError, TypeError):
        return
