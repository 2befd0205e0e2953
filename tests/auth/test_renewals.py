"""A provider that lets a grant be renewed so often and no more is not asked in vain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syncdoctor.auth.errors import TokenDelayed
from syncdoctor.engine.catalogue import load
from syncdoctor.engine.provider import RenewalLimit
from syncdoctor.errors import ConfigError


@pytest.fixture
def limited(bench: Any) -> Any:
    """Two renewals in ten minutes."""
    oauth = replace(bench.provider.oauth, renewals=RenewalLimit(2, 600))
    bench.provider = replace(bench.provider, oauth=oauth)
    bench.grant()
    return bench


def renew(bench: Any) -> str:
    """Renew as another process would: with a keeper of its own."""
    token: str = bench.keeper(cool_down_s=0).access_token(refused=True)
    return token


def test_one_too_many_is_not_asked_for(limited: Any) -> None:
    renew(limited)
    limited.now += timedelta(minutes=4)
    renewed = renew(limited)
    with pytest.raises(TokenDelayed) as caught:
        renew(limited)
    assert "renewed 2 times within 10 minutes" in caught.value.message
    assert caught.value.retry_after_s == 361
    assert caught.value.exchange is None
    assert limited.token_requests() == 2
    assert limited.stored().access_token == renewed
    limited.now += timedelta(seconds=361)
    assert renew(limited) != renewed


def test_whoever_asks_meanwhile_is_told_when(limited: Any) -> None:
    renew(limited)
    renew(limited)
    for _ in range(2):
        with pytest.raises(TokenDelayed, match=r"not again before|may be renewed again at"):
            limited.keeper().access_token(refused=True)
    assert limited.token_requests() == 2


@pytest.mark.parametrize("kept", ["", "{", "[1]", '["yesterday"]', "null"])
def test_a_damaged_count_is_begun_anew(limited: Any, kept: str) -> None:
    renew(limited)
    (count,) = limited.state_dir.glob("locks/*.renewed.json")
    assert count.stat().st_mode & 0o777 == 0o600
    count.write_text(kept)
    renew(limited)
    renew(limited)
    assert limited.token_requests() == 3


def test_without_a_limit_nothing_is_counted(bench: Any) -> None:
    bench.grant()
    for _ in range(3):
        renew(bench)
    assert list(bench.state_dir.glob("locks/*.renewed.json")) == []


def test_the_limits_are_those_of_the_vendors() -> None:
    providers = load().providers
    limits = {name: facts.oauth.renewals for name, facts in providers.items() if facts.oauth}
    assert {name: limit for name, limit in limits.items() if limit} == {
        "freeagent": RenewalLimit(15, 60),
        "zoho-books": RenewalLimit(10, 600),
    }


def test_a_limit_names_both_numbers(tmp_path: Any) -> None:
    from syncdoctor.engine.catalogue import PROVIDERS_DIR

    text = (PROVIDERS_DIR / "zoho_books" / "facts.toml").read_text()
    (tmp_path / "zoho_books").mkdir()
    changed = text.replace("{ count = 10, seconds = 600 }", "{ count = 10 }")
    (tmp_path / "zoho_books" / "facts.toml").write_text(changed)
    with pytest.raises(ConfigError, match="renewals"):
        load(providers_dir=tmp_path)
