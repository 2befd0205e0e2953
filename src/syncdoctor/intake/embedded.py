"""Takes a provider's answer out of the text in which an SDK or an HTTP client wrapped it.

``enrich`` fills what an exchange lacks: status, body, URL and method, from its exception text, from
an opaque text body, or from the redirect that it was answered with. What is there stays.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from syncdoctor.intake import jsonform, redirect
from syncdoctor.intake.literals import REPLACEMENT, Fragment, fragments
from syncdoctor.intake.status import request_in, status_in
from syncdoctor.model import Exchange, Phase
from syncdoctor.redact import Redactor

LONGEST = 256 * 1024  # characters of one text that are looked at
LAYERS = 3  # how deep a body may be wrapped in strings
_SURE = frozenset(
    """error errors error_description errornumber validationerrors elements fault faults errorcode
    error_code errortype error_uri problems""".split()
)
_HINTS = frozenset(
    """message code detail details title reason type status name description severity
    additionaldetails domain documentation_url request_id""".split()
)
_ESCAPED = re.compile(r"[{\[]\s*(?:\\[nrt]\s*)*\\+[\"']")
_UNESCAPE = re.compile(r"\\(?:(\\)|([\"'/])|([nrt]))")
_SURROGATE = re.compile(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_MARKUP = re.compile(
    r"<(\?xml|!doctype|[A-Za-z][\w:.-]*)(?=[\s>])(?!\w* at 0x)[^<>]*>.*", re.IGNORECASE | re.DOTALL
)
_NOT_MARKUP = re.compile(
    r"<(?:Response|HttpError|class|module|function|anonymous)\b[ \[]|<[^<>]* at 0x"
)
# What a middleware says of the answer that it passes on beside these words.
_OUTER = re.compile(
    r"\b(?:status(?: code)?|http(?:/[\d.]+)?|response)\W{0,3}[45]\d\d\b", re.IGNORECASE
)
_CALLBACK = re.compile(r"[?&#]error=[a-z_]{3,60}(?![\w-])[^\s\"'<>]{0,4000}")
_TRANSPORT_CODE = re.compile(r"\A(?:E[A-Z]{3,}|ERR_|UND_ERR)")


def enrich(exchange: Exchange) -> Exchange:
    """The exchange with what its own text tells about status, body, URL and method."""
    exchange = _redirected(exchange)
    if isinstance(exchange.body, str) and exchange.body:
        return _from_body(exchange, exchange.body[:LONGEST])
    if exchange.exception and exchange.body in (None, ""):
        return _from_text(exchange, exchange.exception[:LONGEST])
    return exchange


def _redirected(exchange: Exchange) -> Exchange:
    """A redirect that carries ``error=`` says more than its empty body."""
    location = exchange.headers.get("location")
    if location and not exchange.body and (said := redirect.told(location)):
        return replace(exchange, body=said)
    return exchange


def _from_body(exchange: Exchange, text: str) -> Exchange:
    """A text body that wraps JSON or a form, as middleware and receivers write them."""
    stripped = text.strip()
    if stripped.startswith("error=") and (form := dict(parse_qsl(stripped))).get("error"):
        return replace(exchange, body=Redactor().value(form))
    if stripped[:1] == "<":
        status = exchange.status or _page_status(stripped)
        return exchange if status == exchange.status else replace(exchange, status=status)
    if stripped[:1] == "[" and (whole := _list_in(stripped)):
        return replace(exchange, body=Redactor().value(_only(whole)))
    found = _best(_unescape(text))
    return exchange if found is None else _merge(exchange, found, text)


def _list_in(text: str) -> list[Any] | None:
    """A body that is a JSON list is read as that: envelopes tell where in it the words are."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return whole if isinstance(whole, list) and _score(whole) else None


def _from_text(exchange: Exchange, text: str) -> Exchange:
    text = _unescape(text)
    found = _best(text)
    if found is not None:
        return _merge(exchange, found, text)
    if (found := _CALLBACK.search(text)) and (said := redirect.told(f"?{found[0][1:]}")):
        exchange = replace(exchange, phase=exchange.phase or Phase.AUTHORIZE)
        return _filled(exchange, text, {"body": said})
    from syncdoctor.intake import phrases

    if page := _markup(text):
        return _filled(
            exchange, text, {"body": page, "status": status_in(text) or _page_status(page)}
        )
    return _filled(exchange, text, {"body": phrases.body_in(text)})


def _merge(exchange: Exchange, fragment: Any, text: str) -> Exchange:
    told = jsonform.wrapped(fragment)
    if told is not None and (told.get("body") is not None or told.get("status") is not None):
        body = told.get("body")
        if isinstance(body, str) and (inner := _best(_unescape(body))) is not None:
            body = inner
        return _filled(exchange, text, {**told, "body": body})
    return _filled(
        exchange,
        text,
        {"body": _clothed(fragment), "status": jsonform.parts(fragment).get("status")},
    )


def _filled(exchange: Exchange, text: str, told: jsonform.Parts) -> Exchange:
    """The exchange with its gaps filled: by the fragment first, then by the words around it."""
    redactor = Redactor()
    method, url = (None, None) if exchange.url else request_in(text)
    url = exchange.url or redactor.text(told.get("url") or url or "")
    status = exchange.status
    if status is None:
        status = told.get("status") or status_in(text)
    body = told.get("body")
    return replace(
        exchange,
        status=status,
        body=exchange.body if body is None else redactor.value(body),
        headers=exchange.headers or redactor.headers(told.get("headers") or {}),
        url=url,
        method=method or exchange.method,
        redactions=exchange.redactions + redactor.count,
    )


def _clothed(fragment: Any) -> Any:
    """A list of errors without what stood round it gets the name that all envelopes know."""
    only = _only(fragment)
    return {"errors": only} if isinstance(only, list) else only


def _only(fragment: Any) -> Any:
    """One whole body in brackets, as Feign prints it, is that body."""
    only = fragment[0] if isinstance(fragment, list) and len(fragment) == 1 else None
    if isinstance(only, dict) and not _SURE.isdisjoint(str(key).lower() for key in only):
        return only
    return fragment


def _best(text: str) -> Any:
    """The structure of the text that looks most like a provider's error, innermost layer."""
    best, best_score = None, 0
    for fragment in fragments(text):
        value, score = _innermost(fragment, LAYERS)
        if score > best_score:
            best, best_score = value, score
    return best


def _innermost(fragment: Fragment, layers: int) -> tuple[Any, int]:
    """A structure, or the one that is wrapped in it when that says more."""
    value, score = fragment.value, _score(fragment.value)
    if layers and isinstance(value, dict):
        if _passes_on(value):
            score = 0  # its own words only name the status
        for inner in _held(value):
            deeper, inner_score = _innermost(inner, layers - 1)
            if inner_score >= score and inner_score > 0:
                value, score = deeper, inner_score
    return value, score


def _passes_on(value: dict[str, Any]) -> bool:
    told = (held for held in value.values() if isinstance(held, str))
    return any(_OUTER.search(text) for text in told) and any(
        isinstance(held, dict | list) for held in value.values()
    )


def _held(value: dict[str, Any]) -> Iterator[Fragment]:
    """The structures in the strings of one, and what a middleware put beside its own words."""
    for held in value.values():
        if isinstance(held, str) and "{" in held:
            yield from fragments(_unescape(held[:LONGEST]))
    if _passes_on(value):
        for held in value.values():
            if isinstance(held, dict | list):
                yield Fragment(held, 0, 0, whole=True)


def _score(value: Any) -> int:
    if isinstance(value, list):
        return max((_score(item) for item in value[:5] if isinstance(item, dict)), default=0)
    if not isinstance(value, dict):
        return 0
    if jsonform.wrapped(value) is not None:
        return 20
    names = {str(key).lower() for key in value}
    if not names & (_SURE | _HINTS) and len(names) == 1:  # a list by its name, errors in its items
        return _score(next(iter(value.values())))
    if _TRANSPORT_CODE.match(str(value.get("code"))) and "syscall" in names:
        return 0  # Node's description of a socket failure: there was no answer
    return 4 * len(names & _SURE) + len(names & _HINTS)


def _unescape(text: str) -> str:
    """The text with the escapes of the strings that it was written into taken off."""
    for _ in range(LAYERS):
        if not _ESCAPED.search(text):
            break
        text = _UNESCAPE.sub(
            lambda m: m[1] or m[2] or {"n": "\n", "r": "\r", "t": "\t"}[m[3]], text
        )
    return _SURROGATE.sub(_paired, text) if "\\u" in text else text


def _paired(found: re.Match[str]) -> str:
    """The character of two halves of UTF-16; a half by itself is none."""
    if found[1] is None:
        return REPLACEMENT
    return chr(0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00)


def _markup(text: str) -> str | None:
    """The XML or HTML in a text, from its first tag on; what was cut off stays so."""
    if "</" not in text and "<?xml" not in text and "<html" not in text.lower():
        if "&lt;" not in text:
            return None
        text = html.unescape(text)
    text = _NOT_MARKUP.sub(" ", text)
    found = _MARKUP.search(text)
    if found is None:
        return None
    end = found[0].rfind(">")
    return found[0][: end + 1] if "(truncated" not in found[0] else found[0]


def _page_status(page: str) -> int | None:
    """The status that an error page names in its title or heading."""
    heads = re.findall(r"<(?:title|h1|h2)[^>]{0,200}>([^<]{1,200})<", page[:LONGEST], re.IGNORECASE)
    for head in heads:
        if found := re.match(r"\s*(?:error\s*|http\s*)?([45]\d\d)\b", head, re.IGNORECASE):
            return status_in(f"{found[1]}: ")
        if (status := status_in(head)) is not None:
            return status
    return None
