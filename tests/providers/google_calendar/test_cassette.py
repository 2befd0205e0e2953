"""The errors of the vendor's guide, explained from a cassette without credentials."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Cli

CASSETTE = Path(__file__).parents[3] / "cassettes" / "google-calendar" / "documented-errors.yaml"


def test_each_documented_error_is_explained(cli: Cli) -> None:
    text = CASSETTE.read_text(encoding="utf-8")
    assert "nothing was recorded from the live Google Calendar" in text.replace("\n  ", " ")
    out = json.dumps(cli("explain", str(CASSETTE), "--json").json)
    for cause in (
        *("access-token-expired", "permission-denied", "rate-limited", "quota-exhausted"),
        *("conflict", "duplicate-record", "record-not-found", "provider-outage"),
    ):
        assert f'"cause": "{cause}"' in out
    assert '"cause": "unknown"' not in out
