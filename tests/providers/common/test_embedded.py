from __future__ import annotations

import pytest

from syncdoctor.engine.catalogue import load
from syncdoctor.engine.provider import Provider
from syncdoctor.providers.common.embedded import read_facts

PROVIDERS = list(load().providers.values())


@pytest.mark.parametrize("provider", [p for p in PROVIDERS if p.oauth], ids=lambda p: p.id)
def test_a_sandbox_lives_by_the_facts_of_its_provider(provider: Provider) -> None:
    facts = read_facts(provider.id)
    assert facts.name == provider.name
    assert facts.oauth == provider.oauth
    assert facts.limits == provider.limits
    assert facts.paths["status"].startswith("/")


@pytest.mark.parametrize("provider", [p for p in PROVIDERS if not p.oauth], ids=lambda p: p.id)
def test_without_a_sign_in_there_is_an_api_alone(provider: Provider) -> None:
    facts = read_facts(provider.id)
    assert not facts.signs_in
    assert dict(facts.paths) == {"api": "/"}
