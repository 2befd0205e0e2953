"""Google Calendar as the sandbox embeds it: a stateful subset of its sign-in and its v3 API."""

from syncdoctor.providers.google_calendar.sandbox.service import GoogleCalendarSandbox

SANDBOX = GoogleCalendarSandbox

__all__ = ["SANDBOX", "GoogleCalendarSandbox"]
