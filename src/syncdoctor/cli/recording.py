"""``--record FILE``: what a command showed, kept for the product's support without its secrets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from syncdoctor import __version__, redact
from syncdoctor.errors import SyncdoctorError, UsageError

SUFFIXES = (".svg", ".html")


class _Tee:
    """A stream that also keeps what is written to it."""

    def __init__(self, stream: IO[str], kept: list[str]) -> None:
        self._stream, self._kept = stream, kept

    def write(self, text: str) -> int:
        self._kept.append(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def recorded(file: Path | None, title: str) -> Iterator[None]:
    """Keep what the block shows, and how it failed, in a file; nothing for None.

    Args:
        file: ends in .svg or .html.
        title: the command line, as it was typed.

    Raises:
        UsageError: before the block, when the file cannot be what is asked for.
    """
    if file is None:
        yield
        return
    if file.suffix.lower() not in SUFFIXES or not file.absolute().parent.is_dir():
        raise UsageError(
            f"--record {file}: it is a .svg or .html file in a directory that exists.",
            "--record session.svg",
        )
    kept: list[str] = []
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Tee(out, kept), _Tee(err, kept)
    try:
        yield
    except SyncdoctorError as error:
        kept.append(
            f"syncdoctor: {error.message}\n" + (f"  → {error.hint}\n" if error.hint else "")
        )
        raise
    except KeyboardInterrupt:
        kept.append("syncdoctor: Interrupted.\n")
        raise
    finally:
        sys.stdout, sys.stderr = out, err
        _write(file, title, "".join(kept))


def _write(file: Path, title: str, shown: str) -> None:
    from syncdoctor.render.recording import recording
    from syncdoctor.tomlfile import write_private

    now = datetime.now(UTC)
    text = f"syncdoctor {__version__}, {now:%Y-%m-%d %H:%M:%S} UTC\n\n{shown}"
    svg = file.suffix.lower() == ".svg"
    write_private(file, recording(redact.text(text), redact.text(title), svg=svg))
    sys.stderr.write(f"The session is in {file}, without its secrets.\n")
