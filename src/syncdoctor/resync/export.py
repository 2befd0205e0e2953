"""The way round a provider that cannot be reached: files to be imported there by hand."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from syncdoctor.engine.adapter import ExportFile
from syncdoctor.errors import UsageError
from syncdoctor.resync.earlier import taken_up
from syncdoctor.resync.entries import Entry
from syncdoctor.resync.preparation import prepare
from syncdoctor.resync.run import Job


@dataclass(frozen=True, slots=True)
class Exported:
    """The files, how many records are in them, and what is not."""

    files: tuple[Path, ...]
    records: int
    left_out: int  # of a kind that the provider does not import
    refused: tuple[Entry, ...]


def export(job: Job, directory: Path) -> Exported:
    """Write what a sync would send as the provider's import files; nothing is sent or asked.

    Raises:
        Guarded: the source is suddenly empty, or more would change than allowed.
        UsageError: the source cannot be used, or the directory cannot be written.
    """
    job = taken_up(job)
    plan = prepare(job.db, job.connection, job.source, job.kind, job.adapter, job.selection).plan
    records = [step.record for step in plan.steps]
    files = job.adapter.export(records)
    exported = sum(file.records for file in files)
    paths = tuple(_write(directory, file) for file in files)
    return Exported(paths, exported, len(records) - exported, plan.refused)


def _write(directory: Path, file: ExportFile) -> Path:
    path = directory / file.name
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=directory, prefix=".export-")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            rows: Sequence[Sequence[str]] = (file.header, *file.rows)
            csv.writer(out).writerows(rows)
        Path(name).replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    return path
