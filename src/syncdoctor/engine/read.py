"""What an exchange says, in the words that rules may ask about. Pure, and never raises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from syncdoctor.engine.bare import complains, says_no, status_of
from syncdoctor.engine.bodies import html_lines, lines, parse_text
from syncdoctor.engine.paths import EACH, Plan, compile_paths, pick, texts_in
from syncdoctor.engine.phase import error_in_url, phase_of
from syncdoctor.engine.provider import Envelope, Provider
from syncdoctor.engine.retry import retry_after
from syncdoctor.engine.transport import classify, span, status_in
from syncdoctor.model import NOTHING, Exchange, Phase, Signal, Transport

MAX_CODES = 40
MAX_MESSAGES = 40
MAX_LENGTH = 2_000
MAX_NUMBER = 10**15
MAX_READERS = 64

# OAuth 2.0 says its errors in these words at every provider (RFC 6749, sections 4.1.2.1, 5.2)
# and in these with OAuth 1.0a (the problem reporting extension).
_OAUTH = Envelope(
    codes=("error", "oauth_problem"), messages=("error_description", "oauth_problem_advice")
)
# For answers whose provider is not known: OAuth 2.0, problem details (RFC 9457) and habits.
GENERIC = Envelope(
    codes=(
        *("error", "error.code", "error.type", "error.status", "error.errors[].reason", "code"),
        *("errorCode", "error_code", "type", "errors[].code", "error_codes", "suberror"),
        *("fault.detail.errorcode", "reason", "errors[].reason", "status", "category", "__type"),
        *("Fault.Error[].code", "fault.error[].code", "[].code", "[].errorCode", "[].error"),
    ),
    messages=(
        *("error_description", "error.message", "message", "errors[].message", "detail", "title"),
        *("error", "Message", "errors[]", "error_message", "errorMessage", "description"),
        *("fault.faultstring", "msg", "error.error_user_msg", "errors[].detail"),
        *("errors[].field", "_embedded.errors[].message", "errorSummary", "hint"),
        *("Fault.Error[].Message", "Fault.Error[].Detail", "fault.error[].message"),
        *("fault.error[].detail", "[].message", "[].Message"),
    ),
    error_when=("error", "errors[]"),
)
_EMPTY_WORDS = frozenset(("", "0", "false", "none", "null", "no"))
_BLANKS = re.compile(r"[\s\x00-\x1f]+")
# Words in running text that are written the way codes are: snake_case, camelCase, PascalCase.
_CODE_WORD = re.compile(r"\b(?:[A-Za-z][a-z0-9]*(?:_[A-Za-z0-9]+)+|[A-Za-z][a-z0-9]*[A-Z]\w*)\b")


class Reader(NamedTuple):
    """An envelope made ready: which values are errors, and where codes and messages are."""

    errors: Plan
    words: Plan
    codes: int
    ok: frozenset[str]
    records: frozenset[str]


_readers: dict[int, tuple[Envelope, Reader]] = {}


def reader_of(envelope: Envelope) -> Reader:
    """The compiled form of an envelope, made once."""
    # By identity: to hash all paths of an envelope for each answer would cost more than reading.
    kept = _readers.get(id(envelope))
    if kept is not None and kept[0] is envelope:
        return kept[1]
    codes = tuple(dict.fromkeys((*envelope.codes, *_OAUTH.codes)))
    messages = tuple(dict.fromkeys((*envelope.messages, *_OAUTH.messages)))
    reader = Reader(
        errors=compile_paths(envelope.error_when),
        words=compile_paths((*codes, *messages)),
        codes=len(codes),
        ok=_EMPTY_WORDS | {word.lower() for word in envelope.ok_values},
        records=frozenset(path.removesuffix(EACH) for path in envelope.records),
    )
    if len(_readers) >= MAX_READERS:
        _readers.clear()
    _readers[id(envelope)] = (envelope, reader)
    return reader


def read(
    exchange: Exchange, provider: Provider | None, facts: Mapping[str, Any] = NOTHING
) -> Signal:
    """The signal of an exchange, with the local facts that are known.

    An answer is an error when its status is 400 or above, when none came, when the envelope of
    a good status holds an error, or when a redirect carries ``error=``.
    """
    reader = reader_of(provider.envelope if provider else GENERIC)
    status, headers, exception = exchange.status, exchange.headers, exchange.exception
    kind, shape, text = _shape(exchange.body, headers)
    transport = exchange.transport
    if exception and status is None and transport is None:
        transport, status = _from_exception(exception, exchange.phase)
    if kind == "empty" and (exception or status is None):
        # No answer is not an empty one; of one that a client tells of, its words are the body.
        kind = "text" if exception and status is not None else None
    bare = status is None and not exception and transport is None
    if bare:
        status = status_of(shape)
    redirect = error_in_url(exchange)
    failed = (
        bool(exception or redirect or transport)
        or _tells_error(status, shape, reader)
        # An API has no other use for a page, and hardly one for a message.
        or (bare and (kind == "html" or complains(shape)))
    )
    codes: dict[str, None] = {}
    messages: dict[str, None] = {}
    if failed:
        for name, value in redirect.items():
            _add(value, codes if name == "error" else messages)
        _from_shape(shape, reader, codes, messages)
        for sentence in [code for code in codes if " " in code]:
            _add(sentence, messages)  # said where its provider says a code
    if text:
        _from_lines(html_lines(text) if kind == "html" else lines(text), codes, messages)
    if exception:
        _from_lines(lines(span(exception)), codes, messages)
    return Signal(
        provider=provider.id if provider else None,
        phase=phase_of(exchange, provider, shape, status, transport, redirected=bool(redirect)),
        # GET is what an exchange has when nobody told the method.
        method=exchange.method if exchange.url or exchange.method != "GET" else None,
        url=exchange.url or None,
        status=status,
        transport=transport,
        codes=tuple(codes) if failed else (),
        messages=tuple(messages),
        headers=headers,
        body_kind=kind,
        retry_after_s=retry_after(headers, exchange.at, status) if headers else None,
        facts=facts,
        is_error=failed,
    )


def is_plainly_healthy(exchange: Exchange, provider: Provider | None) -> bool:
    """Whether an answer of parsed JSON is no error, found out without reading all of it."""
    status, body = exchange.status, exchange.body
    if status is None or status >= HTTPStatus.BAD_REQUEST or isinstance(body, str | bytes):
        return False
    if exchange.exception or exchange.transport or error_in_url(exchange):
        return False
    return not _is_refusal(body, reader_of(provider.envelope if provider else GENERIC))


def _tells_error(status: int | None, shape: Any, reader: Reader) -> bool:
    if status is None:  # a bare body: its provider may only say this beside a bad status
        return _is_refusal(shape, reader) or has_error(shape, reader_of(GENERIC))
    return status >= HTTPStatus.BAD_REQUEST or _is_refusal(shape, reader)


def _is_refusal(body: Any, reader: Reader) -> bool:
    """Whether a whole body holds an error of its envelope, or says no in the usual way."""
    return has_error(body, reader) or says_no(body)


def has_error(shape: Any, reader: Reader) -> bool:
    """Whether the envelope holds an error whatever the status says."""
    if type(shape) is not dict and type(shape) is not list:
        return False
    return any(value and _is_error(value, reader.ok) for _, value in pick(reader.errors, shape))


def _is_error(value: Any, ok: frozenset[str]) -> bool:
    return str(value).strip().lower() not in ok if type(value) in (str, int, float) else True


def _shape(body: Any, headers: Mapping[str, str]) -> tuple[str | None, Any, str | None]:
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        return parse_text(body, headers.get("content-type", "").lower())
    return ("empty", None, None) if body is None else ("json", body, None)


def _from_exception(text: str, phase: Phase | None) -> tuple[Transport | None, int | None]:
    # A proxy's 407 is the proxy's; any other status means that the provider did answer.
    transport = classify(text)
    status = status_in(text)
    if status is not None and transport is not Transport.PROXY:
        return None, status
    if transport is None and phase is Phase.NETWORK:
        return Transport.OTHER, None
    return transport, None


def _from_shape(
    shape: Any, reader: Reader, codes: dict[str, None], messages: dict[str, None]
) -> None:
    if type(shape) is not dict and type(shape) is not list:
        return
    for slot, value in pick(reader.words, shape):
        into = codes if slot < reader.codes else messages
        if type(value) is list:
            for one in value[:MAX_MESSAGES]:
                _add(one, into)
        else:
            _add(value, into)
    if not codes and not messages and reader.words is not reader_of(GENERIC).words:
        # Not this provider's envelope: a gateway or a library put its own round the words.
        _from_shape(shape, reader_of(GENERIC), codes, messages)
    elif not codes and not messages:
        _from_lines(texts_in(shape), codes, messages)


def _add(value: Any, into: dict[str, None]) -> None:
    if type(value) is str:
        if len(value) > MAX_LENGTH:
            value = value[:MAX_LENGTH]
        if "  " in value or not value.isprintable():
            value = _BLANKS.sub(" ", value).strip()
    elif type(value) is int:
        value = str(value) if -MAX_NUMBER < value < MAX_NUMBER else ""
    elif type(value) is float:
        value = f"{value:g}"
    else:
        return
    if value and len(into) < MAX_MESSAGES:
        into[value] = None


def _from_lines(told: list[str], codes: dict[str, None], messages: dict[str, None]) -> None:
    whole = " ".join(told)
    for line in told[: MAX_MESSAGES // 2]:
        _add(line, messages)
    if len(told) > 1:
        # Once more in one piece, because sentences are broken anywhere.
        for part in _ends(whole):
            _add(part, messages)
    if not codes:
        for word in _CODE_WORD.findall(whole)[:MAX_CODES]:
            _add(word, codes)


def _ends(text: str) -> tuple[str, ...]:
    return (text,) if len(text) <= MAX_LENGTH else (text[:MAX_LENGTH], text[-MAX_LENGTH:])
