"""Parsed JSON → the parts of an exchange.

Known are the contract's form, the error objects of HTTP clients and structured log records. What is
none of these is taken for a provider's bare body.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from syncdoctor import redact
from syncdoctor.intake.status import STATUSES
from syncdoctor.intake.times import moment
from syncdoctor.model import Exchange, Phase

Parts = dict[str, Any]
_PHASES = {str(p): p for p in Phase}
_BODY = ("body", "data", "content", "text", "parsedBody", "rawBody", "responseBody", "error")
_STATUS = ("status", "statusCode", "status_code", "code", "httpStatus", "http_status")
_LEVEL = ("level", "severity", "levelname", "log.level", "@level", "lvl")
_MESSAGE = ("message", "msg", "textPayload", "log", "error", "err", "exception", "exc_info")
_MORE = ("error", "err", "exception", "exc_info", "stack", "stack_trace", "stacktrace", "detail")
_AT = ("at", "time", "timestamp", "@timestamp", "ts", "date", "datetime", "asctime")
_TIMES = frozenset(_AT)
_BESIDE = dict.fromkeys((*_LEVEL, *_MESSAGE, *_MORE, "errors"))  # where words are, but no answer
NO_ANSWER = "No answer was recorded for this request."
NO_STATUS = "The status of the answer is not one of HTTP."


def exchanges(value: Any) -> Iterator[Exchange]:
    """The exchanges of one parsed JSON value; a list of exchanges gives each of them."""
    if isinstance(value, list) and any(_is_exchange(item) for item in value):
        for item in value:
            yield exchange(item)
    else:
        yield exchange(value)


def exchange(value: Any, source: bytes | None = None) -> Exchange:
    """One exchange of one parsed JSON value; ``source`` is the JSON itself, where it is at hand."""
    return redact.exchange(**parts(value), source=source)


def parts(value: Any) -> Parts:
    """The parts of one exchange; what is in no known form is a provider's bare body."""
    if isinstance(value, str):
        return {"exception": value}
    if value is None or isinstance(value, int | float):  # words at most, as in any other text
        return {"exception": orjson.dumps(value).decode()}
    if isinstance(value, dict):
        found = _contract(value) if "response" in value or "request" in value else None
        found = found or _flat(value) or _log_record(value)
        if found is not None:
            return found
    return {"body": value, "status": _told_status(value)}


def wrapped(value: Any) -> Parts | None:
    """The parts of a client's error object or exchange form; None for anything else."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("response"), dict):
        found = _contract(value)
        if found is None:
            return None
        return found if found["status"] is not None or found["body"] is not None else None
    return _flat(value)


def _is_exchange(item: Any) -> bool:
    return isinstance(item, dict) and (
        isinstance(item.get("response"), dict)
        or isinstance(item.get("request"), dict)
        or _flat(item) is not None
    )


def _contract(value: dict[str, Any]) -> Parts | None:
    """The form of the contract, and what axios, gaxios, got and xero-node print.

    None when there is neither an answer nor words, and what else is there may tell more.
    """
    response = value.get("response")
    answer = response if isinstance(response, dict) else {}
    request = value.get("request")
    if not isinstance(request, dict):
        request = next(
            (
                c
                for c in (value.get("config"), answer.get("request"), answer.get("config"))
                if isinstance(c, dict)
            ),
            {},
        )
    exception = value.get("exception")
    if exception is None and not answer:
        exception = next(
            (value[key] for key in ("message", "stack") if isinstance(value.get(key), str)), None
        )
    if isinstance(response, str) and not exception:
        exception = response
    if exception is None and not answer:
        if any(value.get(key) for key in _BESIDE):
            return None
        exception = NO_ANSWER
    status = _status(answer)
    if exception is None and status is None and _has_status(answer):
        exception = NO_STATUS
    return {
        "provider": value["provider"] if isinstance(value.get("provider"), str) else None,
        "phase": _PHASES.get(str(value.get("phase"))),
        **asked(request),
        "status": status,
        "headers": headers(answer.get("headers")),
        "body": body(_first(answer, _BODY)),
        "exception": _words(exception),
        "at": at(value),
        "elapsed_s": _seconds(value.get("elapsed_s")),
    }


def asked(request: Mapping[str, Any]) -> Parts:
    """What was asked: the parts of an exchange that its request gives."""
    return {"method": _method(request), "url": _url(request)}


def _flat(value: dict[str, Any]) -> Parts | None:
    """An answer as clients print it: a status beside a body or headers, all on one level."""
    status = _status(value)
    if status is None:
        if "headers" not in value or not _has_status(value):
            return None
    elif not any(key in value for key in ("body", "data", "headers", "responseBody", "rawBody")):
        return None
    if (
        "body" not in value
        and "headers" not in value
        and not isinstance(value.get("data"), (dict, list, str))
    ):
        return None
    return {
        **asked(value),
        "status": status,
        "exception": NO_STATUS if status is None else None,
        "headers": headers(value.get("headers")),
        "body": body(_first(value, _BODY)),
        "at": at(value),
    }


def _log_record(value: dict[str, Any]) -> Parts | None:
    """A structured log record: it has a level, and its words are in its message and error."""
    if not any(isinstance(value.get(key), (str, int)) for key in _LEVEL):
        return None
    if isinstance(payload := value.get("jsonPayload"), dict):
        value = {**value, **payload}
    texts = [_words(value[key]) for key in dict.fromkeys(_MESSAGE + _MORE) if value.get(key)]
    if not texts:
        return None
    status = next(
        (s for key in ("status", "statusCode", "status_code") if (s := _number(value.get(key)))),
        None,
    )
    return {
        "exception": "\n".join(text for text in texts if text),
        "status": status,
        "at": at(value),
        "url": _url(value),
    }


def at(value: Any) -> datetime | None:
    """When a JSON value says that it was."""
    if not isinstance(value, dict) or _TIMES.isdisjoint(value):
        return None
    return moment(_first(value, _AT))


def _first(value: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if (held := value.get(key)) is not None:
            return held
    return None


def _status(answer: Mapping[str, Any]) -> int | None:
    for key in _STATUS:
        if (number := _number(answer.get(key))) is not None:
            return number
    status = answer.get("status")
    return _number(status.get("code")) if isinstance(status, dict) else None


def _has_status(answer: Mapping[str, Any]) -> bool:
    """Whether a status is told at all, one of HTTP or not."""
    return any(answer.get(key) is not None for key in _STATUS if key != "code")


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:  # noqa: PLR2004
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:  # noqa: PLR2004
        return value
    return None


def _told_status(value: Any) -> int | None:
    """The status that a bare body names itself, as Google, Xero and RFC 9457 problems do."""
    if not isinstance(value, dict):
        return None
    inner = value.get("error")
    places = [
        value.get("Status"),
        value.get("status"),
        value.get("HttpStatusCode"),
        value.get("code"),
    ]
    if isinstance(inner, dict):
        places = [inner.get("code"), inner.get("status"), *places]
    numbers = (_number(place) for place in places)
    return next((n for n in numbers if n is not None and n in STATUSES and n >= 400), None)  # noqa: PLR2004


def _method(request: Mapping[str, Any]) -> str:
    method = request.get("method")
    return method.upper() if isinstance(method, str) and 0 < len(method) <= 10 else "GET"  # noqa: PLR2004


def _url(request: Mapping[str, Any]) -> str:
    for key in ("url", "uri", "href"):
        found = request.get(key)
        if isinstance(found, dict):
            found = found.get("href") or found.get("raw")
        if isinstance(found, str):
            base = request.get("baseURL")
            return (
                base.rstrip("/") + "/" + found.lstrip("/")
                if isinstance(base, str) and "://" not in found
                else found
            )
    return ""


def headers(value: Any) -> dict[str, str]:
    """Headers of any of the forms in use: name → text, name → list, or a list of name and value."""
    if isinstance(value, list):
        return {
            str(item["name"]): str(item.get("value", ""))
            for item in value
            if isinstance(item, dict) and "name" in item
        }
    if not isinstance(value, dict):
        return {}
    return {
        str(name): ", ".join(map(str, held)) if isinstance(held, list) else str(held)
        for name, held in value.items()
        if isinstance(held, (str, int, float, list))
    }


def body(value: Any) -> Any:
    """A body: text that is JSON is parsed, once."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except ValueError:
            return value
    return value


def _words(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    if (
        isinstance(value, dict)
        and isinstance(stack := value.get("stack"), str)
        and "response" not in value
    ):
        return stack
    return orjson.dumps(value, default=str).decode()


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
