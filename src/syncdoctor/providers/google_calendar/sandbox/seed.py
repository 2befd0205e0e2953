"""What the accounts of the sandbox hold at first. Names are made up; ids have Google's form."""

from __future__ import annotations

from dataclasses import dataclass

ZONE = "Europe/London"


@dataclass(frozen=True, slots=True)
class Listed:
    """A calendar in an account's list, and the account's right to it."""

    name: str
    role: str


DEMO, OTHER = "demo.user@example.com", "other.user@example.com"
BOOKINGS = "bookings1a2b3c4d5e6f@group.calendar.google.com"
ACCOUNTS: dict[str, dict[str, Listed]] = {
    DEMO: {
        DEMO: Listed("Demo User", "owner"),
        BOOKINGS: Listed("Bookings", "owner"),
        "team7g8h9i0j@group.calendar.google.com": Listed("Team", "writer"),
        "en.uk#holiday@group.v.calendar.google.com": Listed("Holidays in the UK", "reader"),
    },
    OTHER: {
        OTHER: Listed("Other User", "owner"),
        "studio9k8l7m6n@group.calendar.google.com": Listed("Studio", "owner"),
    },
}
