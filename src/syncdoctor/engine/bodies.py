"""Bodies of all kinds made into one: a nested shape for paths, or lines of text."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qsl
from xml.parsers import expat

from syncdoctor.engine.expressions import compiled

# How many characters of markup or plain words are looked at, and how deep XML may go.
MAX_XML = 4_000_000
MAX_TEXT = 100_000
MAX_DEPTH = 200

_FORM = re.compile(r"[\w.]+=[^\s<&]*(?:&[\w.]+=[^\s<&]*)*")
_BLANKS = re.compile(r"\s+")


def parse_text(text: str, content_type: str) -> tuple[str, Any, str | None]:
    """A text body: its kind (json, xml, html, text, empty), its nested shape, its text to read.

    The shape is None where there is none, and the text where the shape says it all.
    """
    text = text.strip().removeprefix("\ufeff")
    if not text:
        return "empty", None, None
    if text[0] in '{["':
        parsed = _json(text)
        if isinstance(parsed, str):
            return "json", None, parsed
        if parsed is not None:
            return "json", parsed, None
    if text[0] == "<":
        start = text[:200].lower()
        html_like = "html" in content_type or "<html" in start or start.startswith("<!doctype html")
        shape = None if html_like else _xml(text[:MAX_XML])
        return ("html", None, text[:MAX_TEXT]) if shape is None else ("xml", shape, None)
    text = text[:MAX_TEXT]
    if "x-www-form-urlencoded" in content_type or _FORM.fullmatch(text):
        return "text", dict(parse_qsl(text)) or None, text
    return "text", None, text


def _json(text: str) -> Any:
    import orjson

    try:
        return orjson.loads(text)
    except ValueError:
        return None


class _Refused(Exception):
    pass


class _Builder:
    """Builds tables from XML: children and attributes by name, repeated names as a list."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self.stack: list[dict[str, Any]] = [self.root]
        self.names: list[str] = []
        self.texts: list[list[str]] = [[]]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.stack) > MAX_DEPTH:
            raise _Refused
        own = {_local(key): text for key, text in attributes.items() if key[:5] != "xmlns"}
        self.stack.append(own)
        self.names.append(_local(name))
        self.texts.append([])

    def end(self, _name: str) -> None:
        node, text = self.stack.pop(), "".join(self.texts.pop()).strip()
        value: Any = node or text
        if node and text:
            node["#text"] = text
        parent, key = self.stack[-1], self.names.pop()
        if key not in parent:
            parent[key] = value
        elif isinstance(parent[key], list):
            parent[key].append(value)
        else:
            parent[key] = [parent[key], value]

    def text(self, data: str) -> None:
        self.texts[-1].append(data)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse(*_: object) -> None:
    raise _Refused


def _xml(text: str) -> Any:
    # Entity declarations are refused, so that no text can grow beyond what was sent.
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, _Refused, ValueError):
        return None
    # JSON has no name for the root: what is below it is found without and with the name.
    inner = next(iter(builder.root.values()), None)
    return {**builder.root, **inner} if isinstance(inner, dict) else builder.root


def html_lines(text: str) -> list[str]:
    """The title and the visible text of an HTML page, or of one that pretends to be."""
    # RE2 keeps this linear on pages that were made to be slow.
    title = compiled(r"(?s)<title[^<>]*>([^<]*)").search(text)
    text = compiled(r"(?s)<(?:script|style|title)\b.*?</(?:script|style|title)\s*>").sub(" ", text)
    text = compiled(r"(?s)<!--.*?-->").sub(" ", text)
    text = compiled(r"</?(?:p|div|br|li|h\d|td|tr|pre|body|table)\b[^<>]*>").sub("\n", text)
    text = compiled(r"</?[a-z!?][^<>]*>").sub(" ", text)
    return lines(html.unescape(f"{title[1] if title else ''}\n{text}"))


def lines(text: str) -> list[str]:
    """The lines of a text that say something, without superfluous blanks."""
    stripped = (_BLANKS.sub(" ", line).strip() for line in text.splitlines())
    return [line for line in stripped if line]
