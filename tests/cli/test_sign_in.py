"""The choice between several organisations at the terminal."""

from __future__ import annotations

import pytest

from syncdoctor.cli.common import Context
from syncdoctor.cli.sign_in import chooser
from syncdoctor.errors import UsageError
from syncdoctor.model import Organisation

BOTH = (Organisation("1", "One Ltd"), Organisation("2", "Two Ltd"))


def test_it_asks_until_a_number_is_one_of_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = iter(["x", "0", "3", "", "2"])
    monkeypatch.setattr(Context, "may_ask", property(lambda _: True))
    monkeypatch.setattr(Context, "ask", lambda *_: next(given))
    assert chooser(Context())(BOTH) == BOTH[1]
    assert capsys.readouterr().err.splitlines() == ["  1. One Ltd (1)", "  2. Two Ltd (2)"]


def test_where_nobody_can_be_asked_the_flag_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="One Ltd") as caught:
        chooser(Context(no_input=True))(BOTH)
    assert caught.value.hint is not None
    assert "--organisation" in caught.value.hint
