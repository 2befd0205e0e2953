"""A record made to try the connection: one draft invoice, which anybody may delete again."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path

from syncdoctor.model import Connection

CONTACT = "Syncdoctor test"
# Settings that could hold the trial back, or make more of it than a draft.
_NARROWING = ("kinds", "exclude", "invoice_status")


def trial_source(state_dir: Path, connection: Connection, now: datetime) -> Path:
    """Write a source with one draft invoice over 1.00, whose number tells when it was made."""
    folder = state_dir / "trials"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{connection.uid}.csv"
    number = f"SYNCDOCTOR-TEST-{now:%Y%m%d-%H%M%S}"
    due = now.date() + timedelta(days=30)
    path.write_text(
        "kind,number,contact_name,date,due_date,status,line_description,quantity,unit_amount\n"
        f"invoice,{number},{CONTACT},{now:%Y-%m-%d},{due},draft,A test: please delete,1,1.00\n",
        encoding="utf-8",
    )
    return path


def open_to_trial(connection: Connection) -> Connection:
    """The connection with only the settings that fill in a record."""
    settings = {k: v for k, v in connection.settings.items() if k not in _NARROWING}
    return dataclasses.replace(connection, settings=settings)
