"""An API with keys for the sandbox."""

from __future__ import annotations

from syncdoctor.providers.custom.sandbox.service import Service

SANDBOX = Service
