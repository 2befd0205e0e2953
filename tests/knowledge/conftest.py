"""What the tests of what providers say have in common."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncdoctor.engine import catalogue as engine
from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.guide import Guide, load_guide
from syncdoctor.intake.parse import exchanges
from syncdoctor.model import Exchange


@pytest.fixture(scope="module")
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    """The rules of the module's ``PROVIDER`` and the common ones; all where it names none."""
    return engine.load(only=getattr(request.module, "PROVIDER", None))


@pytest.fixture(scope="module")
def guide() -> Guide:
    return load_guide("default")


def exchange_of(**form: Any) -> Exchange:
    """An exchange as somebody pastes it, without an answer unless one is given."""
    return next(iter(exchanges(json.dumps({"response": None, **form}).encode(), name="test")))
