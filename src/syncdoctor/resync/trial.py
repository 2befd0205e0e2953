"""A record made to try the connection: one draft invoice, which anybody may delete again."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from syncdoctor.engine.record import INVOICE, Line, Record, RecordStatus
from syncdoctor.model import Connection

CONTACT = "Syncdoctor test"
# Settings that could hold the trial back, or make more of it than a draft.
_NARROWING = ("kinds", "exclude", "invoice_status")


def trial_record(now: datetime) -> Record:
    """One draft invoice over 1.00, whose number tells when it was made."""
    return Record(
        INVOICE,
        CONTACT,
        number=f"SYNCDOCTOR-TEST-{now:%Y%m%d-%H%M%S}",
        date=now.date(),
        due_date=now.date() + timedelta(days=30),
        status=RecordStatus.DRAFT,
        lines=(Line("A test: please delete", Decimal(1), Decimal("1.00")),),
    )


def trial_source(state_dir: Path, connection: Connection, now: datetime) -> Path:
    """Write a source with the trial's record alone."""
    folder = state_dir / "trials"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{connection.uid}.csv"
    record = trial_record(now)
    (line,) = record.lines
    path.write_text(
        "kind,number,contact_name,date,due_date,status,line_description,quantity,unit_amount\n"
        f"{record.kind},{record.number},{record.contact_name},{record.date},{record.due_date},"
        f"{record.status},{line.description},{line.quantity},{line.unit_amount}\n",
        encoding="utf-8",
    )
    return path


def open_to_trial(connection: Connection) -> Connection:
    """The connection with only the settings that fill in a record."""
    settings = {k: v for k, v in connection.settings.items() if k not in _NARROWING}
    return dataclasses.replace(connection, settings=settings)
