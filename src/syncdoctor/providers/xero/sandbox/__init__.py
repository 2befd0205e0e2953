"""Xero as the sandbox embeds it: a stateful subset of its identity and accounting APIs."""

from syncdoctor.providers.xero.sandbox.service import XeroSandbox

SANDBOX = XeroSandbox

__all__ = ["SANDBOX", "XeroSandbox"]
