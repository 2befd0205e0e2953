from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncdoctor.auth.envelope import DamagedEntry, Entries
from syncdoctor.errors import StoreError


class Killed(Exception):
    pass


class Slots:
    """A keyring of small entries; after ``left`` writes the writer is killed."""

    def __init__(self, limit: int | None = None) -> None:
        self.values: dict[str, str] = {}
        self.limit = limit
        self.left: int | None = None

    def read(self, name: str) -> Any:
        return self.values.get(name)

    def write(self, name: str, text: str) -> None:
        self._count()
        assert self.limit is None or len(text) <= self.limit
        self.values[name] = text

    def erase(self, name: str) -> None:
        self._count()
        self.values.pop(name, None)

    def _count(self) -> None:
        if self.left is not None:
            if self.left == 0:
                raise Killed
            self.left -= 1


@given(st.text(max_size=400), st.text(max_size=400), st.sampled_from([None, 120, 150]))
def test_what_was_put_is_got_and_nothing_is_left_over(
    first: str, second: str, limit: int | None
) -> None:
    slots = Slots(limit)
    entries = Entries(slots, limit)
    assert entries.get("k") is None
    entries.put("k", first)
    assert entries.get("k") == first
    entries.put("k", second)
    assert entries.get("k") == second
    entries.delete("k")
    assert entries.get("k") is None
    assert slots.values == {}


@pytest.mark.parametrize("sizes", [(500, 900), (900, 500), (20, 900), (900, 20), (500, 500)])
def test_a_writer_killed_anywhere_leaves_the_old_value_or_the_new(sizes: tuple[int, int]) -> None:
    old, new = "o" * sizes[0], "n" * sizes[1]
    for steps in range(60):
        slots = Slots(150)
        entries = Entries(slots, 150)
        entries.put("k", old)
        slots.left = steps
        try:
            entries.put("k", new)
        except Killed:
            slots.left = None
            assert entries.get("k") in (old, new)
            entries.put("k", new)
            assert entries.get("k") == new
            entries.delete("k")
            assert not [name for name in slots.values if name.startswith("k")]
        else:
            assert entries.get("k") == new
            return
    raise AssertionError("the writer never came to its end")


def test_a_reader_beside_a_writer_sees_a_whole_value() -> None:
    slots = Slots(150)
    entries = Entries(slots, 150)
    entries.put("k", "o" * 500)

    class Racing(Slots):
        raced = False

        def read(self, name: str) -> Any:
            if name == "k#a1" and not self.raced:
                self.raced = True
                Entries(slots, 150).put("k", "n" * 500)
            return slots.read(name)

    assert Entries(Racing(150), 150).get("k") == "n" * 500


@pytest.mark.parametrize(
    "raw", ["", "token", "{}", '{"v": "x"}', '{"v": 1}', '{"v": 1, "parts": 2}']
)
def test_a_damaged_entry_is_never_empty_and_is_kept_aside(raw: str) -> None:
    slots = Slots()
    slots.values["k"] = raw
    entries = Entries(slots, None)
    with pytest.raises(DamagedEntry):
        entries.get("k")
    assert slots.values == {"k": raw}
    entries.put("k", "new")
    assert entries.get("k") == "new"
    aside = next(name for name in slots.values if name.startswith("k.damaged-"))
    assert entries.get(aside) == raw


@pytest.mark.parametrize("change", [{}, {"k#a1": "other"}])
def test_a_missing_or_changed_piece_is_damage(change: dict[str, str]) -> None:
    slots = Slots(150)
    entries = Entries(slots, 150)
    entries.put("k", "x" * 500)
    del slots.values["k#a1"]
    slots.values.update(change)
    with pytest.raises(DamagedEntry):
        entries.get("k")


def test_a_newer_version_is_refused_and_not_overwritten() -> None:
    slots = Slots()
    slots.values["k"] = json.dumps({"v": 2, "stuff": []})
    entries = Entries(slots, None)
    with pytest.raises(StoreError, match="newer"):
        entries.get("k")
    with pytest.raises(StoreError, match="newer"):
        entries.put("k", "x")
