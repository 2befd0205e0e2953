"""Only data centres that the facts name are believed, and URLs move to them as a whole."""

from __future__ import annotations

import pytest

from syncdoctor.engine.data_centre import named_in, placed
from syncdoctor.engine.provider import Provider

PROVIDER = Provider(
    id="acct",
    name="Acct",
    organisation_word="company",
    actions=(),
    urls={"token": "https://id.acct.test/t", "api": "https://api.acct.test/v1/"},
    hosts=("id.acct.test", "api.acct.test", "id.acct.eu", "api.acct.eu"),
    data_centres={"eu": {"id.acct.test": "id.acct.eu", "api.acct.test": "api.acct.eu"}},
)


@pytest.mark.parametrize(
    "values",
    [
        {"location": "eu", "accounts-server": "https://id.acct.eu"},
        {"api_domain": "https://api.acct.eu"},
    ],
)
def test_a_sign_in_tells_its_data_centre(values: dict[str, str]) -> None:
    assert named_in(PROVIDER, values) == "eu"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"location": "eu"},
        {"accounts-server": "https://id.acct.eu.evil.test"},
        {"accounts-server": "https://evil.test/id.acct.eu"},
        {"accounts-server": "not an address"},
    ],
)
def test_a_host_that_the_facts_do_not_name_is_not_believed(values: dict[str, str]) -> None:
    assert named_in(PROVIDER, values) is None


def test_urls_move_and_keep_their_paths() -> None:
    moved = placed(PROVIDER, "eu")
    assert moved.urls == {"token": "https://id.acct.eu/t", "api": "https://api.acct.eu/v1/"}


@pytest.mark.parametrize("name", [None, "mars"])
def test_an_unknown_data_centre_changes_nothing(name: str | None) -> None:
    assert placed(PROVIDER, name) is PROVIDER
