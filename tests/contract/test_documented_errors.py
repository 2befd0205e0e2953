"""The errors of the vendors' documentation, explained from cassettes without credentials.

SYNCDOCTOR_RECORD=1 writes the cassettes anew from the samples of the rules. Google Calendar's was
put together from one page, and tests/providers/google_calendar/test_cassette.py explains it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tests.contract.test_cassettes import CASSETTES, RECORD, loaded

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.model import Cause, Phase, Rule, Sample

if TYPE_CHECKING:
    from tests.conftest import Cli

ORIGIN = (
    "from vendor documentation, by way of the rules' samples: each answer is what the page under"
    " source shows, its body empty where that is a status alone; each request is no more than an"
    " address; nothing was recorded from a live provider"
)
# No vendor's page shows an answer of one's own API, and GoCardless's are of another product.
PROVIDERS = ("xero", "freeagent", "zoho-books", "myob", "webhook")
RECEIVER = {"api": "https://hooks.example.com/"}  # a webhook's address is the customer's


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def rules(catalogue: Catalogue) -> list[Rule]:
    return sorted(catalogue.rules_with_samples, key=lambda rule: rule.id)


def documented(rules: list[Rule], provider: str) -> dict[Cause, Sample]:
    """For each cause the first answer that a vendor's page shows."""
    found: dict[Cause, Sample] = {}
    for rule in rules:
        if rule.provider != provider:
            continue
        for sample in rule.samples:
            # What a receiver answers to a provider's delivery is the receiver's, not the vendor's.
            of_receiver = sample.phase is Phase.WEBHOOK and provider != "webhook"
            if sample.origin == "docs" and sample.status and not of_receiver:
                found.setdefault(rule.cause, sample)
    return found


def interaction(sample: Sample, urls: Mapping[str, str]) -> dict[str, Any]:
    body = sample.body if isinstance(sample.body, str) else json.dumps(sample.body)
    door = "token" if sample.phase is Phase.TOKEN else "api"
    method = "POST" if sample.phase in {Phase.TOKEN, Phase.WEBHOOK} else "GET"
    return {
        "source": sample.source,
        "request": {
            "method": sample.method or method,
            "uri": sample.url or urls[door],
            "body": "",
            "headers": {},
        },
        "response": {
            "status": {"code": sample.status, "message": ""},
            "headers": {name: [value] for name, value in sample.headers.items()},
            "body": {"string": body},
        },
    }


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_documented_error_is_explained(
    cli: Cli, catalogue: Catalogue, rules: list[Rule], provider: str
) -> None:
    found = documented(rules, provider)
    urls = {**RECEIVER, **catalogue.providers[provider].urls}
    path = CASSETTES / provider / "documented-errors.yaml"
    expected = {
        "origin": ORIGIN,
        "version": 1,
        "interactions": [interaction(sample, urls) for sample in found.values()],
    }
    if RECORD:
        text = yaml.safe_dump(expected, sort_keys=False, width=120, allow_unicode=True)
        path.write_text(text, encoding="utf-8")
    assert loaded(path.read_text(encoding="utf-8")) == expected
    # The address of a customer's receiver does not tell what it is.
    given = ("--provider", provider) if provider == "webhook" else ()
    told = cli("explain", str(path), *given, "--json").json
    assert [one["cause"] for one in told["exchanges"]] == list(found)
    assert {one["provider"] for one in told["exchanges"]} == {provider}
