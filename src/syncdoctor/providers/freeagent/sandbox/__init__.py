"""FreeAgent as the sandbox embeds it: a stateful subset of its company API."""

from syncdoctor.providers.freeagent.sandbox.service import FreeAgentSandbox

SANDBOX = FreeAgentSandbox

__all__ = ["SANDBOX", "FreeAgentSandbox"]
