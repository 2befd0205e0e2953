"""What the tests of every provider of invoices send."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from syncdoctor.engine.record import Line, Record, RecordStatus


@pytest.fixture
def record(bread: Line) -> Callable[..., Record]:
    """Makes an authorised invoice, with the changes that are given.

    ``bread`` is its line, with an account and a tax type that the provider has; each provider's
    own tests give it.
    """

    def make(**changes: Any) -> Record:
        fields: dict[str, Any] = {
            "kind": "invoice",
            "contact_name": "Juniper & Co",
            "number": "TB-1",
            "date": dt.date(2026, 11, 1),
            "due_date": dt.date(2026, 12, 1),
            "status": RecordStatus.AUTHORISED,
            "lines": (bread,),
        }
        return Record(**{**fields, **changes})

    return make
