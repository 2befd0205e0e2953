"""The JSON of ``explain``, written as it is made, so that memory does not grow with the input."""

from __future__ import annotations

from datetime import datetime
from typing import IO, Any

import orjson

from syncdoctor import redact
from syncdoctor.cli.explain_alike import Alike, Answer
from syncdoctor.errors import SyncdoctorError
from syncdoctor.explained import REMEMBERED, Explained
from syncdoctor.render.json_v1 import EXPLAIN, explain_document, explained, header


class Documents:
    """Writes one document, or a line for each exchange.

    Args:
        out: where to write.
        now: when the documents are made.
        least: the gravity from which on an exchange counts as bad.
        alike: knows lines again; None where one document is written instead of lines.
    """

    def __init__(self, out: IO[bytes], now: datetime, least: int, alike: Alike | None) -> None:
        self._out = out
        self._now = now
        self._least = least
        self._alike = alike
        self._gravest: Explained | None = None
        self._count = 0
        self._written = False
        head = header(EXPLAIN, 0, now)
        del head["exit_code"]
        self._head = orjson.dumps(head)[:-1] + b',"index":'
        self._told: dict[bytes, bytes] = {}

    def add(self, one: Explained) -> None:
        """Take one exchange."""
        if self._alike is not None:
            line = self._line(one)
            self._alike.learn(Answer(line, one.gravity))
            self._write(one.index, line)
            return
        if self._gravest is None:
            self._gravest = one
        else:
            if self._count == 1:
                self._open(self._gravest)
            self._out.write(b",\n  " + orjson.dumps(explained(one)))
            if one.gravity > self._gravest.gravity:
                self._gravest = one
        self._count += 1

    def repeat(self, index: int, line: bytes | None) -> int | None:
        """Write what is known of a line and say how grave it is; None when it must be judged."""
        if self._alike is None:
            return None
        known = self._alike.answer(line)
        if known is None:
            return None
        self._write(index, known.told)
        return known.gravity

    def _write(self, index: int, told: bytes) -> None:
        self._out.write(b"%s%d%s" % (self._head, index, told))
        self._written = True

    def _line(self, one: Explained) -> bytes:
        """What follows the index in a line; the same for all that say the same."""
        line = self._told.get(one.key) if one.key is not None else None
        if line is None:
            told = {"exit_code": int(one.gravity >= self._least), **explained(one)}
            del told["schema"], told["index"]
            line = b"," + orjson.dumps(told)[1:] + b"\n"
            if one.key is not None:
                if len(self._told) >= REMEMBERED:
                    self._told.clear()
                self._told[one.key] = line
        return line

    def _open(self, first: Explained) -> None:
        self._out.write(b'{"exchanges": [\n  ' + orjson.dumps(explained(first)))

    def end(self, exit_code: int) -> None:
        """Write what is left of the document; the gravest exchange stands at its top level."""
        if self._alike is None and self._gravest is not None:
            document = explain_document(self._gravest, exit_code, self._now)
            text = orjson.dumps(document, option=orjson.OPT_INDENT_2)
            self._out.write(b"\n],\n" + text[2:] if self._count > 1 else text)
            self._out.write(b"\n")
        self._out.flush()

    def skip(self, index: int, error: SyncdoctorError) -> None:
        """Write, in the place of a line that cannot be read, why that is so."""
        self._out.write(orjson.dumps({**self._error(error), "index": index}) + b"\n")
        self._written = True

    def _error(self, error: SyncdoctorError) -> dict[str, Any]:
        return {
            **header("syncdoctor.error/1", error.exit_code, self._now),
            "error": {"message": redact.text(error.message), "hint": error.hint},
        }

    def fail(self, error: SyncdoctorError) -> None:
        """End what was begun where the input cannot be read on, so that it stays JSON.

        Raises:
            SyncdoctorError: the error itself, when nothing was written yet.
        """
        if not self._written and self._count < 2:  # noqa: PLR2004 - the first waits for a second
            raise error
        told = self._error(error)
        if self._alike is not None:
            self._out.write(orjson.dumps(told) + b"\n")
        else:
            self._out.write(b"\n],\n" + orjson.dumps(told, option=orjson.OPT_INDENT_2)[2:] + b"\n")
        self._out.flush()
