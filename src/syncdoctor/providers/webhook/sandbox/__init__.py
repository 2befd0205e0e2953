"""A receiver of webhooks for the sandbox."""

from __future__ import annotations

from syncdoctor.providers.webhook.sandbox.receiver import Receiver

SANDBOX = Receiver

__all__ = ["SANDBOX"]
