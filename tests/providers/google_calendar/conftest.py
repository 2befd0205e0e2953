"""A client that is signed in to the embedded Google Calendar, a connection, and its calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import Cli, sign_in

from syncdoctor.engine.event import Event
from syncdoctor.engine.record import EVENT, Record
from syncdoctor.providers.google_calendar.sandbox import seed
from syncdoctor.providers.google_calendar.sandbox.calendars import Calendar
from syncdoctor.sandbox.server import Running


@pytest.fixture
def api(sandbox: Running) -> Iterator[httpx2.Client]:
    """A client of the API, with a token."""
    token = sandbox.world.connect("google-calendar", seed.DEMO)
    headers = {"authorization": f"Bearer {token['access_token']}"}
    base = sandbox.app_urls("google-calendar")["api"]
    with httpx2.Client(base_url=base, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def calendar(sandbox: Running) -> Calendar:
    """The calendar that is chosen, as its owner has it before them."""
    provider: Any = sandbox.world.room("google-calendar").provider
    found: Calendar = provider.calendar(seed.BOOKINGS)
    return found


@pytest.fixture
def by_hand(calendar: Calendar) -> Callable[..., dict[str, Any]]:
    """Change the event of that title as a person would."""

    def change(title: str, **fields: Any) -> dict[str, Any]:
        (event,) = [one for one in calendar.events.values() if one.get("summary") == title]
        if not fields:
            calendar.delete(event["id"], None, datetime.now(UTC))
            return event
        return calendar.patch(event["id"], fields, None, datetime.now(UTC))

    return change


@pytest.fixture
def record() -> Callable[..., Record]:
    """Makes an event of an hour and a half, with the changes that are given."""

    def make(number: str = "B-1", **changes: Any) -> Record:
        fields: dict[str, Any] = {
            "title": "Boiler service",
            "start": dt.datetime.fromisoformat("2026-11-25T09:00:00"),
            "end": dt.datetime.fromisoformat("2026-11-25T10:30:00"),
            "time_zone": "Europe/London",
        }
        event = Event(**{**fields, **changes})
        return Record(EVENT, "", number, date=event.last_day, event=event)

    return make


@pytest.fixture
def target(cli: Cli, sandbox: Running, home: Path) -> str:
    """A connection that is set up and signed in; its source is ``events.csv``."""
    (home / "events.csv").write_text("number,title,start,end,location\n")
    room = sandbox.world.room("google-calendar")
    client = next(iter(room.oauth.clients))
    urls = [f"--url={name}={url}" for name, url in sandbox.app_urls("google-calendar").items()]
    for arguments in (
        ("app", "add", "google-calendar", "--client-id", client, "--no-secret", *urls),
        (
            *("connection", "add", "acme/google-calendar", f"--source={home / 'events.csv'}"),
            f"--setting=calendar={seed.BOOKINGS}",
        ),
    ):
        ran = cli(*arguments)
        assert ran.code == 0, ran.err
    sign_in(cli, "acme/google-calendar", seed.DEMO)
    return "acme/google-calendar"
