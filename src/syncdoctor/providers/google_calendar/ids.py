"""The ids of events: chosen by us, so that an event that is sent twice is there once. Pure.

Google takes an id of 5 to 1024 characters of base32hex in lower case (a to v, 0 to 9), unique in
its calendar, and refuses a second one of the same id with 409, also when the first was deleted.
https://developers.google.com/workspace/calendar/api/v3/reference/events/insert (2026-11-22)
"""

from __future__ import annotations

import base64
import hashlib

# The number of an event that was made at Google: the id follows.
FOREIGN = "google:"
LENGTH = 40  # two hundred bits


def event_id(connection_uid: str, number: str) -> str:
    """The id of a record's event in every calendar that the connection is for."""
    if number.startswith(FOREIGN):
        return number.removeprefix(FOREIGN)
    digest = hashlib.sha256(f"{connection_uid}\0event\0{number}".encode()).digest()
    return base64.b32hexencode(digest).decode().lower()[:LENGTH]
