"""A body that was pasted without its status: what it tells of that status, and of itself."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from syncdoctor.engine.paths import compile_paths, pick
from syncdoctor.engine.transport import status_in

# Where APIs repeat the status in their bodies: problem details (RFC 9457), JSON:API, AWS, ASP.NET,
# Google and the habits of many frameworks.
_STATUSES = compile_paths(
    tuple(
        f"{place}{name}"
        for place in ("", "error.", "errors[].", "[].", "problem.")
        for name in ("status", "statusCode", "status_code", "httpStatusCode", "http_status", "code")
    )
)
# Where a body that names no error says one. What else a record may hold, such as a title or a
# description, is a person's own words.
_WORDS = compile_paths(
    (
        *("message", "Message", "msg", "detail", "error_message", "errorMessage"),
        *("[].message", "[].detail", "data.message", "detail.message", "detail[].msg"),
        *("errors[].message", "fault.error[].message", "Fault.Error[].Message"),
    )
)
_ERROR = compile_paths(("error", "errors[]"))
_WELL = re.compile(r"(?i)^\W*(ok|okay|done|created|accepted|success\w*)\W*$|successful")
_ERRORS = {form: n for n in range(HTTPStatus.BAD_REQUEST, 600) for form in (n, str(n))}


def status_of(shape: Any) -> int | None:
    """The HTTP error status that parsed JSON or XML tells of, by number or by its usual words."""
    for _, value in pick(_STATUSES, shape):
        if type(value) in (int, str) and value in _ERRORS:
            return _ERRORS[value]
    told = [*words_of(shape), *(value for _, value in pick(_ERROR, shape) if type(value) is str)]
    return next((status for word in told if (status := status_in(word))), None)


def words_of(shape: Any) -> list[str]:
    """What the body says in words, where errors usually do."""
    return [value for _, value in pick(_WORDS, shape) if isinstance(value, str)]


def complains(shape: Any) -> bool:
    """Whether it says something other than that all went well."""
    return any(not _WELL.search(word) for word in words_of(shape))


def says_no(shape: Any) -> bool:
    """Whether a body says that nothing was done, as in ``{"success": false}``, at any status."""
    return isinstance(shape, dict) and (
        shape.get("success") is False or shape.get("ok") is False or shape.get("status") == "error"
    )
