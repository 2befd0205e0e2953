"""Reads a file, stdin or bytes as text, in constant memory, and refuses what is not text."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn, Protocol

from syncdoctor.errors import UsageError

MIB = 1024 * 1024
LONGEST_LINE = 8 * MIB
LARGEST_DOCUMENT = 64 * MIB  # one JSON document, HAR or cassette: these are read whole
HEAD = 64 * 1024
_ZIP = b"PK\x03\x04"
_EXCHANGES = "exchanges.jsonl"  # in the bundles that diagnose writes, one for each connection
_MAGIC = (
    (b"\x1f\x8b", "gzip", "gzip -dc"),
    (_ZIP, "zip", ""),
    (b"BZh", "bzip2", "bzip2 -dc"),
    (b"\xfd7zXZ", "xz", "xz -dc"),
    (b"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"),
)
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = 0.3  # share of NUL bytes from which on a text is taken for UTF-16 without a mark
_FOREIGN = 0.3  # share of bytes outside ASCII from which on broken UTF-8 is no text at all


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Source:
    """One input: its name for messages, and its lines.

    ``head`` is the first line or lines, as text, to tell the format by.

    Raises:
        UsageError: also from its methods, when the input is no text or too large; the message
            names the input and, where there is one, the line.
    """

    def __init__(self, stream: BinaryIO, name: str, *, owned: bool = False) -> None:
        self.name = name
        self._opened, self._owned = stream, owned
        start = stream.read(HEAD)
        self._refuse_packed(start)
        wide = _wide(start)
        self._stream: _Readable = stream
        if wide is None:
            self._start = start.removeprefix(codecs.BOM_UTF8)
        else:
            self._stream = _Narrowed(start, stream, wide)
            self._start = self._read(HEAD)
        if not self._start.strip():
            raise UsageError(
                f"{name} is empty.",
                "Paste the whole answer: curl -i URL | syncdoctor explain -",
            )

    def close(self) -> None:
        """Close the file, when it was opened here; the caller's stream is the caller's."""
        if self._owned:
            self._opened.close()

    @property
    def head(self) -> str:
        """The first 64 KiB; a character that is cut at its end is left out."""
        return self._start[:HEAD].decode("utf-8", "ignore")

    def first_line(self) -> bytes | None:
        """The first line; None when the input ends, or the line grows too long, before its end."""
        while b"\n" not in self._start:
            more = self._read(MIB)
            self._start += more
            if not more or len(self._start) > LONGEST_LINE:
                return None
        return self._start.lstrip().partition(b"\n")[0]

    def next_after_first(self) -> bytes:
        """What the second line that is not empty begins with; empty when there is none."""
        rest = self._start.lstrip().partition(b"\n")[2].lstrip()
        while not rest and (more := self._read(HEAD)):
            self._start += more
            rest = more.lstrip()
        return rest[:1]

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Each line with its number, from 1, without its end."""
        number, rest = 0, b""
        for chunk in self._chunks():
            parts = (rest + chunk).split(b"\n") if rest else chunk.split(b"\n")
            rest = parts.pop()
            for line in parts:
                number += 1
                yield number, self._checked(line, number)
            if len(rest) > LONGEST_LINE:
                self._too_long(number + 1)
        if rest:
            yield number + 1, self._checked(rest, number + 1)

    def whole(self) -> bytes:
        """The whole input, when it is not larger than a document may be."""
        parts, size = [], 0
        for chunk in self._chunks():
            parts.append(chunk)
            size += len(chunk)
            if size > LARGEST_DOCUMENT:
                raise UsageError(
                    f"{self.name} is one document of more than {LARGEST_DOCUMENT // MIB} MiB.",
                    "Give one exchange a line: jq -c '.[]' FILE | syncdoctor explain -",
                )
        data = b"".join(parts)
        if (place := data.find(b"\0")) >= 0:
            self._not_text(data.count(b"\n", 0, place) + 1)
        return data

    def text_of(self, line: bytes, number: int) -> str:
        """A line or document as text: UTF-8, else what Windows programs write."""
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            foreign = sum(byte > 127 for byte in line) / len(line)  # noqa: PLR2004
            if foreign < _FOREIGN:
                try:
                    return line.decode("cp1252")
                except UnicodeDecodeError:
                    pass
            number += line.count(b"\n", 0, error.start)
            raise UsageError(
                f"{self.name}, line {number}: this is not UTF-8 text.",
                f"Convert it: iconv -t UTF-8 {self.name} | syncdoctor explain -",
            ) from None

    def _chunks(self) -> Iterator[bytes]:
        yield self._start
        while chunk := self._read(MIB):
            yield chunk

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except UnicodeError:
            raise UsageError(
                f"{self.name} begins as UTF-16 or UTF-32 text and does not go on so."
            ) from None

    def _checked(self, line: bytes, number: int) -> bytes:
        if len(line) > LONGEST_LINE:
            self._too_long(number)
        if b"\0" in line:
            self._not_text(number)
        return line[:-1] if line.endswith(b"\r") else line

    def _too_long(self, number: int) -> NoReturn:
        raise UsageError(
            f"{self.name}, line {number} is longer than {LONGEST_LINE // MIB} MiB.",
            "Cut out the answer in question and explain that.",
        )

    def _not_text(self, number: int) -> NoReturn:
        raise UsageError(f"{self.name}, line {number} holds NUL bytes: this is not text.")

    def _refuse_packed(self, start: bytes) -> None:
        for magic, kind, command in _MAGIC:
            if start.startswith(magic):
                hint = f"Unpack it: {command} {self.name} | syncdoctor explain -"
                if not command:
                    hint = "Unpack it, and give the file in it that holds the answers."
                raise UsageError(f"{self.name} is compressed ({kind}).", hint)


def open_source(data: bytes | Path | BinaryIO, name: str) -> Source:
    """The input as a source; a path is opened and named after itself.

    Raises:
        UsageError: when the file cannot be read, or is no text.
    """
    if isinstance(data, bytes):
        return Source(io.BytesIO(data), name)
    if not isinstance(data, Path):
        return Source(data, name)
    if data.is_dir():
        raise UsageError(f"{data} is a directory.", f"Give files: syncdoctor explain {data}/*")
    try:
        stream = data.open("rb")
    except OSError as error:
        raise UsageError(f"{data} cannot be read: {error.strerror}.") from None
    try:
        if (held := _bundled(stream, data)) is not None:
            stream.close()
            return Source(io.BytesIO(held), f"{data}, {_EXCHANGES}")
        return Source(stream, str(data), owned=True)
    except BaseException:
        stream.close()
        raise


def _bundled(stream: BinaryIO, path: Path) -> bytes | None:
    """The exchanges in a bundle of our own; None for any other file.

    Raises:
        UsageError: it is a bundle without exchanges, or with too many.
    """
    if not stream.seekable():
        return None
    start = stream.read(len(_ZIP))
    stream.seek(0)
    if start != _ZIP:
        return None
    import zipfile
    import zlib

    parts, left = [], LARGEST_DOCUMENT
    try:
        with zipfile.ZipFile(stream) as archive:
            for name in archive.namelist():
                if name.rpartition("/")[2] == _EXCHANGES:
                    with archive.open(name) as member:
                        parts.append(member.read(left + 1))
                    left -= len(parts[-1])
                if left < 0:
                    raise UsageError(f"{path} holds more than {LARGEST_DOCUMENT // MIB} MiB.")
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
        parts = []
    if parts and not any(part.strip() for part in parts):
        raise UsageError(f"{path} is a bundle without answers: none were asked for.")
    stream.seek(0)
    return b"".join(parts) or None


def _wide(start: bytes) -> str | None:
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return encoding
    even, odd = start[0:400:2].count(0), start[1:400:2].count(0)
    half = max(1, len(start[:400]) // 2)
    if odd / half > _WIDE and not even:
        return "utf-16-le"
    if even / half > _WIDE and not odd:
        return "utf-16-be"
    return None


class _Narrowed:
    """A stream of UTF-16 or UTF-32, read as UTF-8."""

    def __init__(self, start: bytes, stream: BinaryIO, encoding: str) -> None:
        self._pending = start
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def read(self, size: int, /) -> bytes:
        chunk, self._pending = self._pending or self._stream.read(size), b""
        while chunk:
            if text := self._decoder.decode(chunk):
                return text.encode()
            chunk = self._stream.read(size)
        self._decoder.decode(b"", final=True)
        return b""
