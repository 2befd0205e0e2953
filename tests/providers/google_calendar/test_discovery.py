"""Our requests and the sandbox's answers, judged by Google's own discovery document."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft7Validator

from syncdoctor.engine.adapter import Item, Ref, Remote, Request
from syncdoctor.engine.record import EVENT, Record
from syncdoctor.providers.google_calendar.pulling import GoogleCalendarPuller
from syncdoctor.providers.google_calendar.records import GoogleCalendarRecords
from syncdoctor.providers.google_calendar.sandbox import seed

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "google-calendar" / "calendar.v3.json"
pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason="the description is in ../shared")
ADAPTER = GoogleCalendarRecords("c-1", seed.BOOKINGS)
PULLER = GoogleCalendarPuller("c-1", seed.BOOKINGS)
EVENTS = f"calendars/{seed.BOOKINGS}/events"
DAY = {"start": {"date": "2026-11-25"}, "end": {"date": "2026-11-26"}}


@cache
def description() -> Any:
    return json.loads(SPEC.read_text("utf-8"))


def strict(node: Any) -> Any:
    """A schema of JSON Schema in which a name that is not described is wrong."""
    if isinstance(node, list):
        return [strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {k: strict(v) for k, v in node.items() if k in {"type", "items", "enum", "format"}}
    if "$ref" in node:
        return {"$ref": f"#/definitions/{node['$ref']}"}
    if "properties" in node:
        kept["properties"] = {k: strict(v) for k, v in node["properties"].items()}
        kept["additionalProperties"] = False
    if isinstance(node.get("additionalProperties"), dict):
        kept["additionalProperties"] = strict(node["additionalProperties"])
    return kept


@cache
def validator(name: str) -> Draft7Validator:
    schemas = {key: strict(one) for key, one in description()["schemas"].items()}
    return Draft7Validator({"definitions": schemas, "$ref": f"#/definitions/{name}"})


def check(request: Request, method: dict[str, Any], body: str | None = None) -> None:
    """Method, path and parameters are described; the body is too."""
    assert request.method == method["httpMethod"]
    fixed = [part for part in method["path"].split("/") if not part.startswith("{")]
    assert all(part in request.path.split("/") for part in fixed)
    assert len(request.path.split("/")) == len(method["path"].split("/"))
    assert set(request.params) <= set(method["parameters"])
    if body is not None:
        validator(body).validate(request.json)


def test_every_request_is_described(record: Callable[..., Record]) -> None:
    resources = description()["resources"]
    events, listed = resources["events"]["methods"], resources["calendarList"]["methods"]
    made = record(location="Here", description="Soon", attendees=("a@example.com",))
    check(ADAPTER.create(EVENT, [Item(made)]), events["insert"], "Event")
    (asked,) = ADAPTER.look_up(EVENT, [Ref(EVENT, "B-1")])
    check(asked, events["get"])
    remote = Remote("abcde", "B-1", None, {"id": "abcde", "status": "cancelled"}, '"1"')
    check(ADAPTER.update(EVENT, [Item(made, remote=remote)]), events["update"], "Event")
    since = datetime(2025, 11, 22, tzinfo=UTC)
    check(PULLER.ask(None, "2", since), events["list"])
    check(PULLER.ask("token", None, since), events["list"])
    check(PULLER.look(), listed["get"])


def test_every_answer_of_the_sandbox_is_described(api: httpx2.Client) -> None:
    body = {"summary": "Lunch", "attendees": [{"email": "a@example.com"}], **DAY}
    event = api.post(EVENTS, json=body).json()
    validator("Event").validate(event)
    validator("Events").validate(api.get(EVENTS).json())
    validator("CalendarList").validate(api.get("users/me/calendarList").json())
    entry = api.get(f"users/me/calendarList/{seed.BOOKINGS}").json()
    validator("CalendarListEntry").validate(entry)
