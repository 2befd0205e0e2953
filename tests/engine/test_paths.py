from __future__ import annotations

from typing import Any

import pytest

from syncdoctor.engine.paths import MAX_VALUES, compile_paths, pick, texts_in


def found(path: str, body: Any) -> list[Any]:
    return [value for _, value in pick(compile_paths((path,)), body)]


@pytest.mark.parametrize(
    ("path", "body", "values"),
    [
        ("a", {"a": 1}, [1]),
        ("a.b", {"a": {"b": 1}}, [1]),
        ("a.b", {"a": [{"b": 1}]}, []),
        ("a.b", {"a": "text"}, []),
        ("a[].b", {"a": [{"b": 1}, {"b": 2}, {"c": 3}, 4]}, [1, 2]),
        ("a[].b[].c", {"a": [{"b": [{"c": 1}, {"c": 2}]}, {"b": [{"c": 3}]}]}, [1, 2, 3]),
        ("a[]", {"a": ["x", "y"]}, ["x", "y"]),
        ("a[].b", {"a": {"b": 1}}, [1]),
        ("a[].b", {"a": {"one": {"b": 1}, "two": [{"b": 2}]}}, [1, 2]),
        ("a[]", {"a": {"field": ["is wrong"], "other": "is too"}}, ["is wrong", "is too"]),
        ("[].b", [{"b": 1}, {"b": 2}], [1, 2]),
        ("[].b", {"x": {"b": 1}}, []),
        ("**.b", {"b": 1, "a": [{"b": 2, "c": {"b": 3}}]}, [1, 2, 3]),
        ("**.b[].c", {"x": {"b": [{"c": 1}]}}, [1]),
        ("a", [1], []),
        ("a", {}, []),
    ],
)
def test_paths(path: str, body: Any, values: list[Any]) -> None:
    assert found(path, body) == values


def test_results_are_in_the_order_of_the_paths() -> None:
    plan = compile_paths(("b", "**.c", "a"))
    assert pick(plan, {"a": 1, "b": 2, "x": {"c": 3}}) == [(0, 2), (1, 3), (2, 1)]


def test_a_deep_body_costs_no_recursion() -> None:
    body: Any = {"b": 1}
    for _ in range(50_000):
        body = {"a": body}
    assert len(found("**.b", body)) <= 1


def test_no_more_values_than_the_bound() -> None:
    assert len(found("a[].b", {"a": [{"b": 1}] * 10_000})) == MAX_VALUES


def test_texts_at_any_depth() -> None:
    assert texts_in({"a": ["x", {"b": "y"}], "n": 1}) == ["x", "y"]
