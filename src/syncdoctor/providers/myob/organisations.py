"""Which company file a sign-in was for. Pure.

Since 12 March 2025 the redirect alone says so, by ``businessId`` and ``businessName``; keys made
before list the person's files at ``GET /accountright/``.
https://apisupport.myob.com/hc/en-us/articles/12861196770447 and
https://developer.myob.com/api/myob-business-api/v2/company-files/ (2026-11-22)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from syncdoctor.model import Organisation

UNAUTHORISED = 401
OF_TOKEN = frozenset({"OAuthTokenIsInvalid", "OAuthTokenIsMissing", "31001", "31002"})


def from_answer(body: Any, event: str | None = None) -> tuple[Organisation, ...]:
    """The company files in an answer: those of a list, or the one that was asked for.

    Args:
        body: the parsed answer.
        event: not known at MYOB.
    """
    del event
    if isinstance(body, Mapping):
        body = body.get("Items") or body.get("items") or [body.get("CompanyFile")]
    return tuple(
        Organisation(str(one["Id"]), str(one.get("Name") or one["Id"]))
        for one in (body if isinstance(body, list) else [])
        if isinstance(one, Mapping) and one.get("Id")
    )


def from_redirect(parameters: Mapping[str, str]) -> Organisation | None:
    """The company file that a redirect names; None where it names none."""
    try:
        identity = str(UUID(parameters.get("businessId", "")))
    except ValueError:
        return None
    return Organisation(identity, parameters.get("businessName") or identity)


def wants_more(status: int | None, body: Any) -> str | None:
    """What to do when the file refuses a call whose token is accepted; None for other refusals.

    https://apisupport.myob.com/hc/en-us/articles/5451932252175-Solving-Access-Denied-errors
    """
    if status != UNAUTHORISED:
        return None
    errors = body.get("Errors") if isinstance(body, Mapping) else body
    names = {
        str(one.get(key))
        for one in (errors if isinstance(errors, list) else [])
        if isinstance(one, Mapping)
        for key in ("Name", "ErrorCode")
    }
    if not names.isdisjoint(OF_TOKEN):
        return None
    return (
        "The company file has a sign-on of its own, so give its user and password: "
        "syncdoctor connection configure TARGET --setting company_file_user=NAME"
    )
