from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from syncdoctor.engine.catalogue import load
from syncdoctor.render.rule_page import page

SCRIPT = Path(__file__).parents[2] / "docs" / "generate.py"

OWN = """
[[rule]]
id = "common.made-up"
cause = "rate-limited"
confidence = "likely"
also = ["quota-exhausted"]
meaning = "Too many calls."
when = { status = [429, "5xx"], header = { server = "^x" }, fact = { after_refresh = true } }
note = "A proxy may say so too."
sources = ["https://acct.test/docs", "a talk"]
[[rule.sample]]
origin = "derived"
source = "https://acct.test/docs"
method = "POST"
url = "https://acct.test/v1"
status = 429
headers = { Server = "x-1" }
body = "slow down"
facts = { after_refresh = true }
"""


def test_a_page_tells_all_of_a_rule(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    catalogue = load(tmp_path)
    text = page(catalogue.rule("common.made-up"), catalogue)
    for line in (
        "# common.made-up",
        "Too many calls.",
        "- Provider: all providers",
        "- Cause: `rate-limited` (likely)",
        "- What to do: `retry-later`",
        "- The same words can also mean: `quota-exhausted`",
        "- status: `429` or `5xx`",
        "- header `server`: `^x`",
        "- fact `after_refresh`: `true`",
        "A proxy may say so too.",
        "Origin: derived, <https://acct.test/docs>",
        "POST https://acct.test/v1",
        "HTTP 429",
        "server: x-1",
        "slow down",
        "after_refresh = true",
        "- <https://acct.test/docs>",
        "- a talk",
    ):
        assert line in text.splitlines()


@pytest.fixture
def generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path / "rules")
    return module


def test_the_generator_writes_every_page_and_finds_old_ones(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generator.main() == 1
    monkeypatch.setattr(sys, "argv", ["generate.py"])
    assert generator.main() == 0
    assert (generator.HERE / "index.md").is_file()
    assert len(list(generator.HERE.glob("*.md"))) == len(load().rules) + 1
    (generator.HERE / "gone.rule.md").write_text("old", encoding="utf-8")
    (generator.HERE / "index.md").write_text("old", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    capsys.readouterr()
    assert generator.main() == 1
    assert "docs/rules/gone.rule.md" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["generate.py"])
    assert generator.main() == 0
    assert not (generator.HERE / "gone.rule.md").exists()
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generator.main() == 0
