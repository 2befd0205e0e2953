from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import Guide, load_guide

FACTS = """
id = "acct"
name = "Acct"
organisation_word = "company"
actions = ["reconnect", "configure", "remove"]
hosts = ["api.acct.test"]
[urls]
token = "https://id.acct.test/connect/token"
authorize = "https://id.acct.test/connect/authorize"
api = "https://api.acct.test/v1/"
[envelope]
codes = ["code", "Type"]
messages = ["**.ValidationErrors[].Message", "Message", "message"]
error_when = ["code", "**.ValidationErrors[]", "**.HasErrors"]
ok_values = ["OK"]
records = ["Invoices[]"]
"""

RULE = """
[[rule]]
id = "{id}"
cause = "{cause}"
confidence = "{confidence}"
meaning = "A meaning."
{more}
when = {{ {when} }}
sources = ["https://acct.test/docs"]
[[rule.sample]]
origin = "derived"
source = "https://acct.test/docs"
{sample}
"""


def rule_text(
    identity: str = "acct.one",
    *,
    cause: str = "record-invalid",
    confidence: str = "likely",
    when: str = 'code = "bad"',
    more: str = "",
    sample: str = 'status = 400\nbody = \'{"code": "bad"}\'',
) -> str:
    """A rule as TOML."""
    return RULE.format(
        id=identity, cause=cause, confidence=confidence, when=when, more=more, sample=sample
    )


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder of providers: facts of one, its rules, and common ones."""

    def write(*own: str, common: tuple[str, ...] = (), facts: str = FACTS) -> Path:
        providers = tmp_path / "providers"
        for name, texts in (("acct", own), ("common", common)):
            (providers / name).mkdir(parents=True, exist_ok=True)
            (providers / name / "rules.toml").write_text("".join(texts), encoding="utf-8")
        (providers / "acct" / "facts.toml").write_text(facts, encoding="utf-8")
        return providers

    return write


@pytest.fixture
def made(written: Callable[..., Path]) -> Callable[..., Catalogue]:
    """A catalogue of such a folder."""

    def make(*own: str, common: tuple[str, ...] = (), facts: str = FACTS) -> Catalogue:
        return load(providers_dir=written(*own, common=common, facts=facts))

    return make


@pytest.fixture(scope="session")
def default_guide() -> Guide:
    return load_guide("default")


@pytest.fixture
def text_of() -> Callable[..., str]:
    return rule_text
