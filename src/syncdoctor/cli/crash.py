"""The report of a defect: a redacted traceback in the state directory, never on the terminal."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from syncdoctor import __version__, redact
from syncdoctor.cli.common import Context


def write_report(error: Exception, arguments: list[str]) -> Path | None:
    """Write what happened with all secrets taken out; None when nothing can be written."""
    trace = "".join(traceback.format_exception(error))
    now = datetime.now(UTC)
    text = f"syncdoctor {__version__}\n{now.isoformat()}\n{' '.join(arguments)}\n\n{trace}"
    path = Context().state_dir / "crashes" / f"{now:%Y%m%dT%H%M%S%fZ}.txt"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(redact.text(text))
    except OSError:
        return None
    return path
