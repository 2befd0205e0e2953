"""Zoho Books as the sandbox embeds it: a stateful subset of its sign-in and its v3 API."""

from syncdoctor.providers.zoho_books.sandbox.service import ZohoBooksSandbox

SANDBOX = ZohoBooksSandbox

__all__ = ["SANDBOX", "ZohoBooksSandbox"]
