"""The judgement never raises, whatever is sent, and says the same again."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import Guide, load_guide
from syncdoctor.engine.judge import MAX_SAID, judge
from syncdoctor.engine.paths import compile_paths, pick
from syncdoctor.engine.read import MAX_LENGTH, MAX_MESSAGES, read
from syncdoctor.engine.transport import classify, status_in
from syncdoctor.model import Exchange, Phase

KEYS = (
    *("error", "errors", "code", "Type", "Message", "message", "Elements", "Invoices", "items"),
    *("ValidationErrors", "HasErrors", "error_description", "reason", "Errors", "Name", "detail"),
)
NAMES = st.one_of(st.sampled_from(KEYS), st.text(max_size=8))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(("invalid_grant", "0", "OK", "false", "\ud800", "\x00")),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=25,
)
MARKUP = st.text(alphabet="<>/!&;?-ab=\" \n'x", max_size=120)
BODIES = st.one_of(JSON, st.text(max_size=120), MARKUP, st.binary(max_size=60))
PROVIDERS = st.sampled_from((None, "xero", "gocardless", "zoho-books", "oauth"))
HEADERS = st.dictionaries(
    st.sampled_from(("content-type", "location", "retry-after", "date", "server")),
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(("text/xml", "text/html", "https://x/?error=a&error_description=%ff", "[")),
    ),
)
EXCHANGES = st.builds(
    Exchange,
    provider=PROVIDERS,
    phase=st.one_of(st.none(), st.sampled_from(Phase)),
    method=st.sampled_from(("GET", "POST")),
    url=st.one_of(st.just(""), st.text(max_size=30), st.just("http://[x/?error=1")),
    status=st.one_of(st.none(), st.integers(100, 599)),
    headers=HEADERS,
    body=BODIES,
    exception=st.one_of(st.none(), st.text(max_size=80)),
)


@cache
def engine() -> tuple[Catalogue, Guide]:
    return load(), load_guide("default")


@settings(deadline=None)  # the first example loads the catalogue
@given(EXCHANGES)
def test_judging_never_raises_and_is_stable(exchange: Exchange) -> None:
    catalogue, guide = engine()
    findings = judge(catalogue, guide, exchange)
    for finding in findings:
        assert len(finding.said) <= MAX_SAID
        assert all(char.isprintable() or ord(char) >= 0xA0 for char in finding.said)
        assert finding.steps
    again = judge(catalogue, guide, exchange)
    assert [(one.rule, one.cause) for one in again] == [(one.rule, one.cause) for one in findings]


@settings(deadline=None)  # the first example loads the catalogue
@given(EXCHANGES)
def test_a_signal_is_bounded(exchange: Exchange) -> None:
    catalogue, _ = engine()
    signal = read(exchange, catalogue.providers.get(exchange.provider or ""))
    assert len(signal.messages) <= MAX_MESSAGES
    assert all(0 < len(text) <= MAX_LENGTH for text in (*signal.codes, *signal.messages))
    if exchange.status is not None and exchange.status >= 400:
        assert signal.is_error


@given(JSON, st.lists(st.sampled_from(("error", "**.error", "errors[]", "[].code", "a.b[].c"))))
def test_picking_never_raises(body: Any, paths: list[str]) -> None:
    slots = [slot for slot, _ in pick(compile_paths(tuple(paths)), body)]
    assert slots == sorted(slots)
    assert all(slot < len(paths) for slot in slots)


@given(st.text())
def test_texts_of_exceptions_never_raise(text: str) -> None:
    classify(text)
    status = status_in(text)
    assert status is None or 400 <= status <= 599
