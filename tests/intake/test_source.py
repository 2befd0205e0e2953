"""What cannot be used is refused, with the name of the input and the line."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from syncdoctor.errors import UsageError
from syncdoctor.intake.parse import exchanges
from syncdoctor.intake.source import LONGEST_LINE


def refusal(data: bytes | Path) -> UsageError:
    with pytest.raises(UsageError) as raised:
        list(exchanges(data))
    return raised.value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "<stdin> is empty"),
        (b" \n\t\n", "<stdin> is empty"),
        (b"\x1f\x8b\x08\x00abc", "compressed (gzip)"),
        (b"PK\x03\x04abc", "compressed (zip)"),
        (b"good\nnot \0 good\n", "<stdin>, line 2 holds NUL bytes"),
        (b"words \x80\x81\x8d\x8f\n", "<stdin>, line 1: this is not UTF-8"),
        (b'{"a":1}\n{"a":\n', "<stdin>, line 2, column"),
        (b'{"a":1}\n{"a":"\xff"}\n', "<stdin>, line 2"),
        (b"[" * 100_000, "nested more than 100 levels"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "nested more than 100 levels"),
        (b'{"a":1}\n' + b"[" * 200 + b"]" * 200 + b"\n", "<stdin>, line 2: JSON nested"),
        (b"x" * (LONGEST_LINE + 1), "<stdin>, line 1 is longer than 8 MiB"),
        (b'{"a":1}\n{"a":"' + b"x" * LONGEST_LINE + b'"}\n', "<stdin>, line 2 is longer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_input_is_refused(data: bytes, message: str) -> None:
    assert message in refusal(data).message


def test_utf16_as_windows_writes_it_is_read() -> None:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        text = "\ufeff" * (encoding in ("utf-16-le", "utf-16-be")) + '{"error":"naïve"}\r\n'
        (one,) = exchanges(text.encode(encoding))
        assert one.body == {"error": "naïve"}


def test_utf16_that_breaks_off_is_refused() -> None:
    assert "UTF-16" in refusal(b"\xff\xfe" + "x".encode("utf-16-le") + b"\x00\xd8y").message


def test_utf8_with_a_mark_is_read() -> None:
    (one,) = exchanges(b'\xef\xbb\xbf{"error":"x"}')
    assert one.body == {"error": "x"}


def test_a_windows_1252_log_is_read() -> None:
    (one,) = exchanges("ERROR Zahlung für Café fehlgeschlagen: HTTP 401".encode("cp1252"))
    assert one.status == 401
    assert one.exception is not None
    assert "Café" in one.exception


def test_directories_and_absent_files_are_named(tmp_path: Path) -> None:
    assert str(tmp_path) in refusal(tmp_path).message
    assert "cannot be read" in refusal(tmp_path / "absent").message


def test_only_what_was_opened_here_is_closed(tmp_path: Path) -> None:
    stream = io.BytesIO(b"HTTP 401")
    assert len(list(exchanges(stream))) == 1
    assert not stream.closed


def test_a_har_that_is_no_json_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text('{"log":\n{oops}}')
    assert f"{path}, line 2" in refusal(path).message


@pytest.mark.parametrize(
    "text",
    [
        " " * 250_000,
        "HTTP" + " " * 250_000,
        "googleapi: Error 403: " + " x" * 120_000,
        "status " * 40_000,
        "Message[" * 30_000,
        "<a" * 120_000,
        "</" + "<" * 200_000,
        "curl " * 50_000,
        "a." * 120_000,
        "\\" * 200_000,
        '{"' + '\\"' * 100_000,
        "(invalid_grant" * 18_000,
        "1" * 250_000,
        "Array (" * 30_000,
        "Array ( [a] => " + " x" * 100_000,
        "Array ( [a] => x" + " " * 200_000,
        "{" + "Array(" * 30_000,
    ],
    ids=lambda text: text[:12],
)
def test_no_text_takes_long(text: str) -> None:
    began = time.monotonic()
    list(exchanges(("x" + text).encode()))
    assert time.monotonic() - began < 8
