"""MYOB as the sandbox embeds it: a stateful subset of its sign-in and of the Business API."""

from syncdoctor.providers.myob.sandbox.service import MyobSandbox

SANDBOX = MyobSandbox

__all__ = ["SANDBOX", "MyobSandbox"]
