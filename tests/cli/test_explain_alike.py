"""Lines that differ in ids alone: what is told of them is what judging each in full would tell."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from syncdoctor.cli.explain_alike import PROVEN, Alike, Answer
from syncdoctor.cli.explain_json import Documents
from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import Guide, load_guide
from syncdoctor.engine.ids import MARK, blind, spelled_by
from syncdoctor.explained import Judge, passing_headers
from syncdoctor.intake.parse import Intake

ANSWERS = Path(__file__).parent.parent / "knowledge" / "answers"
KEPT = ("phase", "request", "response", "exception")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = "S3cretValue-0123456789abcdef"
_MARK = re.compile(MARK.encode())
_HEX = re.compile(rb"[0-9a-f]")


class Never(Alike):
    """Knows no line again."""

    def answer(self, line: bytes | None) -> Answer | None:
        return None

    def learn(self, answer: Answer) -> None:
        pass


@cache
def knowledge() -> tuple[Catalogue, Guide]:
    return load(), load_guide("default")


def told(lines: Iterable[bytes], alike: Alike) -> list[bytes]:
    """What ``explain --json`` says of each line, and how many of them were judged."""
    catalogue, guide = knowledge()
    out, judged = io.BytesIO(), Judge(catalogue, guide)
    documents = Documents(out, NOW, 2, alike)
    intake = Intake(b"\n".join(lines) + b"\n{}\n")
    for index, pending in enumerate(intake.pending(None, passing_headers(catalogue))):
        if documents.repeat(index, pending.line) is None:
            documents.add(judged(index, pending))
    return out.getvalue().splitlines()


def both(lines: list[bytes]) -> list[bytes]:
    catalogue, _ = knowledge()
    full = told(lines, Never(frozenset()))
    fast = told(lines, Alike(spelled_by(catalogue.rules)))
    for line, expected, found in zip(lines, full, fast, strict=False):
        assert found == expected, line
    return full


def redrawn(line: bytes, draw: random.Random) -> bytes:
    """The line with other marks; equal ones stay equal, now and then an extreme one."""
    drawn: dict[bytes, bytes] = {}

    def other(found: re.Match[bytes]) -> bytes:
        mark = found[1]
        if mark not in drawn:
            digits = b"0123456789abcdef" if re.search(rb"[a-f]", mark) else b"0123456789"
            digits = draw.choice((digits, digits, digits[-2:], digits[1:2]))

            def char(old: re.Match[bytes]) -> bytes:
                new = bytes([draw.choice(digits)])
                return old[0] if old.start() == 0 and new in b"0abcdef" else new

            drawn[mark] = _HEX.sub(char, mark)
        return drawn[mark]

    return _MARK.sub(other, line)


def answers() -> Iterator[bytes]:
    for path in sorted(ANSWERS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            value = {key: held for key, held in json.loads(line).items() if key in KEPT}
            value["at"] = "2026-11-22T08:15:30Z"
            yield json.dumps(value, ensure_ascii=False).encode()


def test_held_out_answers_with_other_ids_are_told_alike() -> None:
    draw = random.Random(4)
    lines = [line for line in answers() if len(_MARK.findall(line)) > 1]
    stream = [redrawn(line, draw) for line in lines for _ in range(PROVEN + 4)]
    both(stream)


def line(body: Any, **more: Any) -> bytes:
    response = {"status": 400, "headers": more.pop("headers", {}), "body": body}
    request = {"method": "POST", "url": more.pop("url", "https://api.xero.com/api.xro/2.0/X")}
    return json.dumps({"request": request, "response": response, **more}).encode()


def _told(value: str) -> Any:
    return {"Message": value}


NUMBER = 100_001
CUNNING: dict[str, tuple[Any, list[bytes]]] = {}


def stream(name: str, made: list[bytes]) -> None:
    CUNNING[name] = (name, made)


def some(*templates: Any, count: int = 12) -> list[bytes]:
    """Each template with ten ids of the same shape, in turn."""
    return [
        line(_told(template.format(id=NUMBER + 7919 * number, other=777_777 - 31 * number)))
        for number in range(count)
        for template in templates
    ]


stream("an id in the message", some("Invoice {id} not found"))
stream("equal and different ids", some("Invoice {id} is not {id}", "Invoice {id} is not {other}"))
stream(
    "a vendor's number that rules spell out",
    [
        *some("AADSTS{id}: no", "Error {id}"),
        *(
            line({"code": code, "message": "x"})
            for code in (
                "1002",
                "120126",
                "36012",
                "1003",
                "1001",
                "1004",
                "31001",
                "31002",
                "31003",
                "31004",
            )
        ),
    ],
)
stream(
    "Winsock's numbers",
    [
        line(None, response=None, phase="network", exception=f"[WinError {number}] it failed")
        for number in (10051, 10065, 10053, 10049, 10060, 10061, 10054, 10022, 11001)
    ],
)
stream(
    "errno grows into another",
    [
        line(None, response=None, exception=f"OSError: [Errno {number}] it failed")
        for number in (2101, 2102, 2103, 2104, 2105, 1101, 1101234, 110, 111, 104)
    ],
)
stream(
    "statuses in words",
    [
        line(None, response=None, exception=f"Request {1000 + number} failed with HTTP {number}")
        for number in (401, 403, 404, 409, 422, 429, 500, 502, 503)
    ],
)
stream(
    "a wait until a date",
    [
        line(
            "slow",
            headers={"Retry-After": f"Sun, 22 Nov 2026 10:{minute:02}:00 GMT"},
            at="2026-11-22T10:00:00Z",
        )
        for minute in (1, 1, 1, 1, 2, 3, 4, 5, 6)
    ]
    + [
        line(
            "slow",
            headers={"Retry-After": "Sun, 22 Nov 2026 10:30:00 GMT"},
            at=f"2026-11-22T10:{minute:02}:00Z",
        )
        for minute in (1, 2, 3, 4, 5, 6, 7)
    ],
)
stream(
    "a wait in seconds",
    [
        line("slow", headers={"Retry-After": str(seconds)}, at=f"2026-11-22T10:00:{number:02}Z")
        for number, seconds in enumerate(
            (
                60,
                60,
                60,
                3600,
                7200,
                9000,
                9_999_999,
                8_888_888,
                7_777_777,
                6_666_666,
                1_000_000,
                1_000_001,
            )
        )
    ],
)
stream(
    "numbers that are rounded, cut or too large",
    [
        line({"code": value, "message": f"about {value}"})
        for number in range(6)
        for value in (
            1_234_567.5 + number,
            10**14 + number,
            10**15 + number,
            10**17 + number,
            2**64 + number,
            f"{'x' * 290} {NUMBER + number} {'y' * 40}",
        )
    ],
)
stream(
    "numbers that begin with naught",
    [
        line(None, response=None, exception=f"{{'Message': 'no', 'ErrorNumber': {digits}}}")
        for digits in (
            "012345",
            "023456",
            "034567",
            "045678",
            "056789",
            "123456",
            "0x1234",
            "1e4000",
        )
    ],
)
stream(
    "names and numbers in printed structures",
    [
        line(None, response=None, exception=f"Error {{ code: {a}, {a}: 'bad' }}")
        for a in ("1b2c3d4e5f60718a", "ab2c3d4e5f60718a", "12345678e1234567", "1234567890123456")
        * 4
    ],
)
stream(
    "characters in HTML and addresses",
    [
        line(
            f"<html><body>Can&#{8217 + number};t &#{8200 + number}; %20{number + 1000}</html>",
            url=f"https://h.test/cb?error=x&error_description=a%2{number % 10}{number + 1000}",
        )
        for number in range(12)
    ],
)
stream(
    "secrets beside ids",
    [
        line({"message": template.format(n=NUMBER + number)})
        for number in range(10)
        for template in (
            "Bearer {n}",
            "Bearer abcdefgh/{n}",
            "refresh_token={n}",
            "code: {n}",
            "secret {n}",
            "https://u:{n}@h.test/{n}",
            "'{n}{n}0abcdef://u:p@h.test/'",
            "1000.{n}0123456789.{n}0123456789",
            "1//{n}abcdefghijklmnopqrstuvw",
            "live_{n}ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "eyJ{n}ab.{n}.x",
            "ya29.{n}abcdef and ya29.{n}abcdef",
            "client_secret is {n}, client_secret: {n}",
        )
    ],
)
stream(
    "secrets now and then",
    [
        line({"message": f"{word} {NUMBER + number}", "access_token": f"{number}{SECRET}"})
        for number in range(8)
        for word in ("token", "Bearer", "1000.", "Authorization:", "/1")
    ],
)
stream("ids beside marks of other kinds", [
    line(_told(f"{prefix}{token} failed"))
    for number in range(6)
    for prefix in ("", "Job ", "job-", "job=", "job_", "#", "%", ".", "\\", "\n")
    for token in (f"{NUMBER + number}", f"INV{NUMBER + number}", f"PM000{NUMBER + number}ABC",
                  f"0a{NUMBER + number}bcdef0", f"{NUMBER + number}.50", f"2026-1{number % 3}-01",
                  f"0a1b2c3d-4e5f-6071-8293-a4b5c6{NUMBER + number}")
])  # fmt: skip


@pytest.mark.parametrize("name", sorted(CUNNING))
@pytest.mark.parametrize("seed", range(3))
def test_lines_made_to_deceive_are_told_alike(name: str, seed: int) -> None:
    lines = list(CUNNING[name][1])
    random.Random(seed).shuffle(lines)
    both(CUNNING[name][1] if not seed else lines)


def test_no_secret_is_told() -> None:
    for _, made in CUNNING.values():
        assert SECRET.encode() not in b"".join(both(made))


def test_lines_are_known_again_after_a_few() -> None:
    catalogue, _ = knowledge()
    alike = Alike(spelled_by(catalogue.rules))
    told(CUNNING["an id in the message"][1], alike)
    fresh = line(_told("Invoice 471100 not found"))
    assert alike.answer(fresh) is not None
    assert alike.answer(fresh.replace(b"not found", b"was lost")) is None
    assert alike.answer(fresh.replace(b"471100", b"4711000")) is None


def test_what_stands_in_no_line_is_not_learned_for_the_line_before() -> None:
    alike = Alike(frozenset())
    assert alike.answer(b"a line") is None
    assert alike.answer(None) is None
    alike.learn(Answer(b"of a document", 2))
    assert alike.answer(b"a line") is None
    alike.learn(Answer(b"of the line", 2))
    assert alike.answer(b"a line") == (b"of the line", 2)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("INV-1042 and INV004711", ["1042", "INV004711"]),
        ("AADSTS700082 AADB2C90080 ERR_NGROK_3200", []),
        ("at 2026-11-22T04:25:41Z, 2026-11-22 04:25", ["2026-11-22T04:25:41Z", "2026-11-22 04:25"]),
        ("/3fa85f64-5717-4562-b3fc-2c963f66afa6", ["3fa85f64-5717-4562-b3fc-2c963f66afa6"]),
        ("req-1bf087d8fbedb410 1bf087d8fbedb410", ["1bf087d8fbedb410"]),
        ("120.50 of 1234.56. v1.18.20 10.0.0.1 1.1", ["120.50", "1234.56"]),
        ("%201234 &#8217; 1000.abcdef 404 500 u0041", []),
        ("PM0012ABCDE SB", ["PM0012ABCDE"]),
        ("'deadbeef' 'facade12'", []),
    ],
)
def test_what_is_a_mark(text: str, marks: list[str]) -> None:
    assert re.findall(MARK, text, re.ASCII) == marks


def test_rules_see_that_there_is_a_mark_and_not_which() -> None:
    seen = blind("Invoice INV004711 of 2026-11-22 (120.50) is 1042", frozenset({"1042"}))
    assert seen == "Invoice 111111111 of 1111-11-11 (111.11) is 1042"
