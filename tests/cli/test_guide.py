from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Cli = Callable[..., Any]


def test_a_close_miss_is_suggested(cli: Cli) -> None:
    ran = cli("guide", "show", "solid")
    assert (ran.code, ran.out) == (10, "")
    assert "Did you mean solido?" in ran.err


def test_guides_are_listed(cli: Cli) -> None:
    names = [one["name"] for one in json.loads(cli("guide", "list", "--json").out)["guides"]]
    assert {"default", "solido"} <= set(names)
    assert "Solido" in cli("guide", "list").out


def test_a_guide_is_shown(cli: Cli) -> None:
    ran = cli("guide", "show", "solido")
    assert ran.code == 0
    assert "Settings → Integrations" in ran.out
    (guide,) = json.loads(cli("guide", "show", "solido", "--json").out)["guides"]
    assert guide["product"] == "Solido"
    assert {"cause", "provider", "title", "steps"} == set(guide["causes"][0])
