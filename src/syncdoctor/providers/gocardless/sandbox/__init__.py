"""GoCardless as the sandbox embeds it: a stateful subset of its payments API."""

from syncdoctor.providers.gocardless.sandbox.service import GoCardlessSandbox

SANDBOX = GoCardlessSandbox

__all__ = ["SANDBOX", "GoCardlessSandbox"]
