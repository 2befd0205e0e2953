"""What is done fast gives what is done slowly: redaction, failures of transport, memory."""

from __future__ import annotations

import json
import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncdoctor import redact, secret_shapes
from syncdoctor.engine import transport
from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.expressions import compiled
from syncdoctor.engine.guide import Guide, load_guide
from syncdoctor.engine.index import Index
from syncdoctor.engine.judge import judge
from syncdoctor.intake import jsonform
from syncdoctor.intake.detect import placed
from syncdoctor.intake.embedded import enrich
from syncdoctor.model import Exchange, Finding, Transport

TESTS = Path(__file__).parent.parent
SECRET = "S3cretValue-0123456789abcdef"
PLANTED = (
    *(f'{{"{name}": "{SECRET}"}}' for name in sorted(secret_shapes.SECRET_KEYS)),
    json.dumps({"body": json.dumps({"error": json.dumps({"refresh_token": SECRET})})}),
    f"https://h.test/cb?error=access_denied&error_description=refresh_token%3D{SECRET}",
    f'{{"coo\N{KELVIN SIGN}ie": "{SECRET}"}}',  # its small letter is k
    f"refused: refresh_token={SECRET}&grant_type=refresh_token",
    f"https://h.test/cb?code={SECRET}&state={SECRET}",
    f"https://user:{SECRET}@proxy.example:8080/",
    f"Authorization: Bearer {SECRET}",
    f"Authorization: Zoho-oauthtoken {SECRET}",
    f"Set-Cookie: session={SECRET}; Path=/",
    f"Webhook-Signature: {SECRET}",
    f'"{{\\"client_secret\\":\\"{SECRET}\\"}}"',
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl",
    "ya29.a0AfH6SMBx-abcdefghij",
    "1//0gabcdefghijklmnopqrstuvw",
    "GOCSPX-abcdefghijklmnop",
    "1000.0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef",
    "sandbox_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef",
    f"ERROR xero 401 Unauthorized token={SECRET}",
    f"refresh token {SECRET} was refused",
    f"the access token was '{SECRET}'",
    f"AccessToken {SECRET}",
    f"apikey {SECRET}",
    f"XERO_CLIENT_SECRET={SECRET}",
    f'{{"token": "{SECRET}"}}',
    f"curl -sSu me:{SECRET} https://h.test/",
    f"curl --user 'me:{SECRET}' https://h.test/",
    f"Server=h;Uid=me;Pwd={SECRET}",
)
_ID = re.compile(r"\d{4,}")


@cache
def answers() -> tuple[dict[str, Any], ...]:
    """The held-out answers of all providers, with ids drawn anew."""
    draw = random.Random(11)

    def other(found: re.Match[str]) -> str:
        return "".join(str(draw.randrange(1, 10)) for _ in found[0])

    lines = [
        line
        for path in sorted((TESTS / "knowledge" / "answers").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return tuple(
        {key: held for key, held in json.loads(_ID.sub(other, line)).items() if key in KEPT}
        for line in lines * 2
    )


KEPT = ("phase", "request", "response", "exception")


def spellings(value: Any) -> tuple[bytes, ...]:
    """The same JSON as programs write it: bare, spaced, with escapes, with PHP's slashes."""
    escaped = json.dumps(value)
    return (
        orjson.dumps(value),
        escaped.encode(),
        escaped.replace("/", "\\/").encode(),
        re.sub(r"[kop]", lambda m: f"\\u{ord(m[0]):04x}", escaped).encode(),
    )


def same(source: bytes) -> Exchange:
    value = orjson.loads(source)
    slow = jsonform.exchange(value)
    assert jsonform.exchange(value, source) == slow
    return slow


def test_answers_are_redacted_alike_fast_and_slowly() -> None:
    plain = 0
    for value in answers():
        source = orjson.dumps(value)
        same(source)
        plain += redact.is_plain(source)
    assert plain > len(answers()) / 3  # else nothing was compared


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_secret_is_found_in_every_spelling(planted: str) -> None:
    draw = random.Random(planted)
    for value in draw.sample(answers(), 20):
        places: tuple[dict[str, Any], ...] = (
            {"request": {"url": planted}},
            {"response": {"status": 400, "body": planted}},
            {"response": {"status": 400, "body": {"error": {"detail": [planted]}}}},
            {"response": {"status": 400, "headers": {"x-note": planted}, "body": "no"}},
            {"response": None, "exception": planted},
        )
        for place in places:
            for source in spellings({**value, **place}):
                assert json.loads(source) == {**value, **place}
                assert not redact.is_plain(source)
                same(source)


@pytest.mark.parametrize("seed", range(8))
def test_answers_that_were_tampered_with_are_redacted_alike(seed: int) -> None:
    """Pieces of secrets anywhere in a line: in keys, in texts, across the marks of JSON."""
    draw = random.Random(seed)
    lines = [source for value in draw.sample(answers(), 60) for source in spellings(value)]
    pieces = (*PIECES, *PLANTED, *CUNNING)
    read = 0
    for line in lines:
        for _ in range(4):
            spliced = "".join(draw.choices(pieces, k=draw.randrange(1, 4)))
            at = draw.choice([m.end() for m in re.finditer(rb'["/ {:,\\[]', line)])
            for piece in (spliced, json.dumps(spliced)[1:-1]):
                source = line[:at] + piece.encode() + line[at:]
                try:
                    orjson.loads(source)
                except orjson.JSONDecodeError:
                    continue
                same(source)
                read += 1
    assert read > len(lines)


FORMS: tuple[Any, ...] = (
    {"status": 400, "headers": {"x-note": "SPOT"}, "body": "SPOT"},
    {"status": 400, "headers": [{"name": "SPOT", "value": "SPOT"}], "data": {"SPOT": 1}},
    {"level": "error", "message": "SPOT", "err": {"stack": "SPOT", "config": {"data": "SPOT"}}},
    {"severity": "ERROR", "jsonPayload": {"message": ["SPOT"], "detail": {"a": ["SPOT"]}}},
    {"request": {"baseURL": "https://SPOT", "url": "SPOT"}, "response": "SPOT"},
    {"error": {"errors": [{"message": "SPOT", "SPOT": "SPOT"}]}},
    ["SPOT", {"SPOT": ["SPOT"]}],
    "SPOT",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("planted", PLANTED)
def test_every_form_of_line_is_redacted_alike(form: Any, planted: str) -> None:
    inside = json.dumps(planted)[1:-1]
    for depth in range(3):
        source = json.dumps(form).replace("SPOT", inside).encode()
        assert not redact.is_plain(source), depth
        same(source)
        inside = json.dumps(inside)[1:-1]


@pytest.mark.parametrize("planted", [*PLANTED, f"Bearer {SECRET}", f"cookie: {SECRET}"])
def test_a_secret_in_pieces_is_redacted_alike(planted: str) -> None:
    """Lists of lines, values of one header, address and path are put together before."""
    for cut in range(0, len(planted) + 1, 1 + len(planted) // 40):
        for two in (
            [planted[:cut], planted[cut:]],
            [planted[:cut].strip(), planted[cut:].strip()],
            [f"{planted[:cut]} ", f" {planted[cut:]}"],
        ):
            for value in (
                {"response": None, "exception": two},
                {"response": {"status": 400, "headers": {"x-note": two}, "body": two}},
                {"level": "error", "jsonPayload": {"message": two}},
                {"request": {"baseURL": two[0], "url": two[1]}, "response": {"status": 400}},
            ):
                same(json.dumps(value).encode())


@pytest.mark.parametrize("name", sorted(secret_shapes.SECRET_KEYS | secret_shapes.SECRET_HEADERS))
def test_every_secret_name_is_a_hint(name: str) -> None:
    assert not redact.is_plain(orjson.dumps({name.title(): SECRET}))


TEXTS = st.one_of(st.text(max_size=20), st.sampled_from(PLANTED))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=15,
)


@given(body=JSON, headers=st.dictionaries(TEXTS, TEXTS, max_size=3), inside=st.booleans())
def test_any_json_is_redacted_alike_fast_and_slowly(
    body: Any, headers: dict[str, str], inside: bool
) -> None:
    held = json.dumps(body) if inside else body
    value = {"response": {"status": 400, "headers": headers, "body": held}}
    try:
        sources = spellings(value)
    except orjson.JSONEncodeError:  # half a character of UTF-16
        return
    for source in sources:
        same(source)


@given(body=JSON, levels=st.sampled_from([0, 1, 58, 59, 60, 61, 70]))
def test_a_body_is_redacted_alike_with_its_source_and_without(body: Any, levels: int) -> None:
    for number in range(levels):
        body = [body] if number % 2 else {"in": body}
    try:
        sources = orjson.dumps(body), json.dumps(body).encode()
        value = orjson.loads(sources[0])
    except orjson.JSONEncodeError:  # half a character of UTF-16
        return
    slowly = redact.exchange(body=value)
    for source in sources:
        assert redact.exchange(body=value, body_source=source) == slowly


def test_what_is_nested_too_deep_is_not_plain() -> None:
    assert not redact.is_plain(b"[" * 80 + b"]" * 80)


PIECES = (
    *("access_token", "RefreshToken", "id_token", "client_secret", "password", "passwd", "secret"),
    *("passphrase", "api-key", "apikey", "code_verifier", "device_code", "assertion", "auth_token"),
    *(
        "private_key",
        "Bearer ",
        "Basic ",
        "Zoho-oauthtoken ",
        "Cookie",
        "Authorization",
        "x-api-key",
    ),
    *("x-myobapi-cftoken", "x-auth-token", "webhook-signature", "x-xero-signature", "https://"),
    *("?code=", "&state=", "?token=", "&key=", "&sig=", "?session=", "u:p@", "eyJabcdefgh.abcd"),
    *("ya29.abcdefghijk", "1//0gabcdefghijklmnopqrstuvw", "GOCSPX-abcdefghij", "live_", "1000."),
    *("0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", "sandbox_", ":", "=", "=>", " "),
    *('"', "'", "\\", "]", "a1.b2/c3=", "-", "&"),
    *("token", "pwd", "code", "auth ", "was ", " -u", " --user", "u:p", "page_", "\t", "(", ".com"),
    *("pa\u017fsword", "\u017fecret=", "\u0130d_token:", "ap\u0131key", "coo\u212aie: "),
)
# Escapes and encodings that hide a word, and marks that end a text.
CUNNING = (
    *("\\u0063lient_secret", "\\u0026code=", "s\\u0065cret", "\\/", "1\\/\\/0", ":\\/\\/u:p@"),
    *("%3Fcode%3D", "\\n", "\\\\n", '\\"', '":"', '","', "{", "[", "]", "}", "\\u212a", "%", "@"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_every_text_that_holds_a_secret_holds_a_hint(pieces: list[str]) -> None:
    text = "".join(pieces)
    fast = secret_shapes.pattern_for(secret_shapes.folded(text))
    found = [m.span() for m in fast.finditer(text)] if fast else []
    slow = re.compile("|".join(secret_shapes.PARTS), re.IGNORECASE)  # tried at every place
    assert found == [m.span() for m in slow.finditer(text)]


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), max_size=4))
def test_headers_are_redacted_alike_together_and_one_by_one(values: list[str]) -> None:
    headers = {f"x-{number}": value for number, value in enumerate(values)}
    alone = {name: redact.Redactor().text(value) for name, value in headers.items()}
    assert redact.Redactor().headers(headers) == alone


@cache
def knowledge() -> tuple[Catalogue, Guide]:
    return load(), load_guide("default")


def judged(value: dict[str, Any], source: bytes | None) -> tuple[Finding, ...]:
    catalogue, guide = knowledge()
    exchange = placed(enrich(jsonform.exchange(value, source)), catalogue)
    return judge(catalogue, guide, exchange)


def test_what_is_remembered_changes_no_judgement() -> None:
    catalogue, _ = knowledge()
    fast = [judged(value, orjson.dumps(value)) for value in answers()]
    for value, findings in zip(answers(), fast, strict=True):
        for memo in ("matches", "findings", "advices"):
            catalogue.memo.pop(memo, None)
        for held in catalogue.memo.values():
            if isinstance(held, Index):
                held.messages.known.clear()
                held.urls.known.clear()
        assert judged(value, None) == findings


def one_after_another(text: str) -> Any:
    text = transport.span(text)
    for kind, pattern in transport._patterns():
        if kind is Transport.TLS_OTHER and (curl := transport._curl(text)):
            return curl
        if pattern.search(text):
            return kind
    return transport._curl(text)


def test_re2_takes_every_family_of_transport() -> None:
    for expression in transport._likely().numbers:
        assert compiled(expression)
    assert len(transport._likely()) == len(transport._FAMILIES)


def test_a_failure_of_transport_is_told_alike_in_one_pass() -> None:
    draw = random.Random(5)
    table = (TESTS / "engine" / "transport.tsv").read_text(encoding="utf-8").splitlines()
    said = [str(value["exception"]) for value in answers() if value.get("exception")]
    texts = [line.partition("\t")[2] for line in table] + said
    for text in texts:
        other = draw.choice(texts)
        cut = other[draw.randrange(len(other) + 1) :]
        for joint in ("", "\n", " \v", "\x1c", " é"):
            whole = f"{text}{joint}{cut}"
            assert transport.classify(whole) == one_after_another(whole)
