"""Noise and damaged answers: nothing crashes or hangs, and noise is never called certain."""

from __future__ import annotations

import contextlib
import json
import os
import random
from functools import cache
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import SHARED

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.errors import UsageError
from syncdoctor.intake.detect import placed
from syncdoctor.intake.parse import exchanges
from syncdoctor.model import Confidence, Finding
from syncdoctor.render.json_v1 import finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncdoctor.engine.guide import Guide

# Ten inputs a round: SYNCDOCTOR_FUZZ=10100 pytest tests/intake/test_fuzz.py is a run of more than
# 100,000, which took 24 minutes on a busy machine (2026-11-22).
ROUNDS = int(os.environ.get("SYNCDOCTOR_FUZZ", "100"))
CORPUS = sorted((SHARED / "corpus").glob("*/*.json"))
SLOW = settings(deadline=5000, max_examples=ROUNDS, suppress_health_check=list(HealthCheck))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=20,
)


@cache
def _knowledge() -> tuple[Catalogue, Guide]:
    return load(), load_guide("default")


def explained(data: bytes) -> list[Finding]:
    catalogue, guide = _knowledge()
    found: list[Finding] = []
    # What cannot be used is refused, and nothing else is raised.
    with contextlib.suppress(UsageError):
        for exchange in exchanges(data):
            findings = judge(catalogue, guide, placed(exchange, catalogue))
            orjson.dumps([finding(one) for one in findings])
            found.extend(findings)
    return found


@given(st.binary(max_size=400))
@SLOW
def test_any_bytes(data: bytes) -> None:
    assert all(found.confidence is not Confidence.CERTAIN for found in explained(data))


@given(st.text(max_size=400))
@SLOW
def test_any_text(text: str) -> None:
    data = text.encode("utf-8", "replace")
    assert all(found.confidence is not Confidence.CERTAIN for found in explained(data))


@given(json_values)
@SLOW
def test_any_json(value: object) -> None:
    found = explained(json.dumps(value).encode())
    assert all(one.confidence is not Confidence.CERTAIN for one in found)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "provider": json_values,
            "phase": json_values,
            "at": json_values,
            "request": st.fixed_dictionaries(
                {}, optional={"method": json_values, "url": json_values}
            ),
            "response": st.fixed_dictionaries(
                {}, optional={"status": json_values, "headers": json_values, "body": json_values}
            ),
            "exception": json_values,
        },
    )
)
@SLOW
def test_any_exchange(value: object) -> None:
    explained(json.dumps([value, value]).encode())
    explained(json.dumps(value).encode() + b"\n" + json.dumps(value).encode())


def _cut(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + data[at + draw.randrange(1, 40) :]


def _flip(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]


def _double(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return data[: at + draw.randrange(80)] + data[at:]


def _truncate(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data)) + 1]


def _escape(data: bytes, draw: random.Random) -> bytes:
    return ("log: " + json.dumps(data.decode("utf-8", "replace"))).encode()[: draw.randrange(5000)]


@pytest.mark.skipif(not CORPUS, reason="the shared corpus is not here")
@pytest.mark.parametrize("damage", [_cut, _flip, _double, _truncate, _escape])
def test_damaged_answers(damage: Callable[[bytes, random.Random], bytes]) -> None:
    draw = random.Random(20261122)
    for _ in range(ROUNDS):
        data = draw.choice(CORPUS).read_bytes()
        for _ in range(draw.randrange(1, 4)):
            data = damage(data, draw) or b"x"
        explained(data)
