from __future__ import annotations

import time
from typing import Any

import pytest

from syncdoctor.intake.literals import fragments, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, true, null, "x\\u00e9"]}', {"a": [1, 2.5, True, None, "xé"]}),
        (
            "{'a': None, 'b': True, 'c': b'x', 'd': u'\\xe9'}",
            {"a": None, "b": True, "c": "x", "d": "é"},
        ),
        ("{ a: 'it\\'s', b: [ { c: undefined } ] }", {"a": "it's", "b": [{"c": None}]}),
        ('{:error=>"x", "b" => nil, c: 1}', {"error": "x", "b": None, "c": 1}),
        (
            "{error=invalid_grant, text=Token has gone}",
            {"error": "invalid_grant", "text": "Token has gone"},
        ),
        ("{ a: [Object], b: [ [Array] ] }", {"a": ["Object"], "b": [["Array"]]}),
        ("{'id': 12345678901234567890123}", {"id": "12345678901234567890123"}),
    ],
)
def test_each_language_is_read(text: str, value: Any) -> None:
    fragment = read(text)
    assert fragment is not None
    assert fragment.value == value
    assert fragment.whole
    assert fragment.end == len(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            '{"error": "bad", "message": "It was (truncated...)',
            {"error": "bad", "message": "It was"},
        ),
        ('{"errors": [{"reason": "x"}, {"reas', {"errors": [{"reason": "x"}, {}]}),
        ('{"a": {"b": 1, ...', {"a": {"b": 1}}),
        ('{"a": 1 oops', {"a": "1 oops"}),
    ],
)
def test_what_is_cut_off_is_closed(text: str, value: Any) -> None:
    fragment = read(text)
    assert fragment is not None
    assert fragment.value == value
    assert not fragment.whole


def test_structures_are_found_in_words() -> None:
    text = "sent {'a': 1} and got {\"b\": 2}; the set {1, 2} and {braces} are no structures"
    assert [fragment.value for fragment in fragments(text)] == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    "text",
    ["{" * 200_000, "[{" * 100_000, '{"a":' * 50_000, "{a:" + " " * 200_000, "{'" + "\\" * 200_000],
    ids=["braces", "both", "deep", "blanks", "escapes"],
)
def test_hostile_text_ends_soon(text: str) -> None:
    began = time.monotonic()
    list(fragments(text))
    assert time.monotonic() - began < 5


def test_huge_numbers_stay_text() -> None:
    fragment = read('{"error": "x", "id": 123456789012345678901234567890, "n": NaN}')
    assert fragment is not None
    assert fragment.value == {"error": "x", "id": "123456789012345678901234567890", "n": None}


@pytest.mark.parametrize(
    "text",
    [
        "array (\n  'error' => 'gone',\n  'list' => \n  array (\n    0 => \n    array (\n"
        "      'a' => 1,\n    ),\n  ),\n)",
        "Array\n(\n    [error] => gone\n    [list] => Array\n        (\n            [0] => Array\n"
        "                (\n                    [a] => 1\n                )\n\n        )\n\n)\n",
        "Array ( [error] => gone [list] => Array ( [0] => stdClass Object ( [a] => 1 ) ) )",
    ],
    ids=["var_export", "print_r", "print_r-in-one-line"],
)
def test_arrays_of_php_are_read(text: str) -> None:
    (fragment,) = fragments(f"got {text}")
    assert fragment.value == {"error": "gone", "list": [{"a": 1}]}
