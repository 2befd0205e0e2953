from __future__ import annotations

from typing import TYPE_CHECKING

from syncdoctor.resync.report import RecordOutcome

if TYPE_CHECKING:
    from conftest import Bench


def test_sends(bench) -> None:
    from conftest import invoice
