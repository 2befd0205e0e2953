"""Faults that Google Calendar has, with where each answer was seen."""

from __future__ import annotations

from syncdoctor.providers.common.embedded import FaultSpec
from syncdoctor.providers.google_calendar.sandbox import seed

ERRORS = "https://developers.google.com/workspace/calendar/api/guides/errors"
BOTH = ("api", "connections")
EVENTS_SCOPE = "https://www.googleapis.com/auth/calendar.events"

FAULTS = (
    FaultSpec(
        "organisation-disconnected",
        "the person took the app's access away in the Google account: 401, invalid_grant; "
        "a new consent heals it",
        "https://developers.google.com/identity/protocols/oauth2#expiration",
        (*BOTH, "token"),
        {"organisation": None},
    ),
    FaultSpec(
        "calendar-deleted",
        "a calendar is gone from the account's list: 404",
        ERRORS,
        BOTH,
        {"calendar": seed.BOOKINGS},
    ),
    FaultSpec(
        "permission-removed",
        "the account may only read its calendars now: writes are 403",
        "https://developers.google.com/workspace/calendar/api/concepts/sharing",
        BOTH,
    ),
    FaultSpec(
        "scope-removed",
        "consents given so far lack a scope: 403 insufficientPermissions; a new one heals it",
        ERRORS,
        BOTH,
        {"scope": EVENTS_SCOPE},
    ),
    FaultSpec(
        "api-not-enabled",
        "the Calendar API is not switched on for the app's project: 403 accessNotConfigured",
        "https://developers.google.com/youtube/v3/docs/core_errors",
        BOTH,
    ),
    FaultSpec(
        "calendar-usage-limits",
        "the account made too many events for a while: writes are 403 quotaExceeded",
        ERRORS,
        ("api",),
    ),
    FaultSpec(
        "sync-token-expired",
        "sync tokens are taken no longer: 410 fullSyncRequired",
        ERRORS,
        ("api",),
        {"reason": "fullSyncRequired"},
    ),
    FaultSpec(
        "feed-stale",
        "the iCal feed was last made weeks ago",
        "derived: a feed that is made no longer",
        ("api",),
        {"days": 21},
    ),
    FaultSpec(
        "feed-broken",
        "the iCal feed is something else: html, folding, cut, large or redirect",
        "derived: what feeds are found to be",
        ("api",),
        {"how": "html"},
    ),
)
