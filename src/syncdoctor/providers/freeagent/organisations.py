"""Which company a FreeAgent token belongs to, from the answer of ``GET /v2/company``. Pure.

A token belongs to one user of one company.
Fields: https://dev.freeagent.com/docs/company, 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncdoctor.model import Organisation


def from_answer(body: Any, event: str | None = None) -> tuple[Organisation, ...]:
    """The company in an answer, or nothing where it names none.

    Args:
        body: the parsed answer.
        event: not known at FreeAgent.
    """
    del event
    company = body.get("company") if isinstance(body, Mapping) else None
    identity = id_of(company)
    if not isinstance(company, Mapping) or identity is None:
        return ()
    return (
        Organisation(identity, str(company.get("name") or company.get("subdomain") or identity)),
    )


def id_of(company: Any) -> str | None:
    """A company's id: a number in the live API, quoted in its documentation's example.

    https://github.com/alekc/freeagent/blob/HEAD/docs/api-quirks.md, 2026-11-22.
    """
    if not isinstance(company, Mapping):
        return None
    identity = company.get("id") or company.get("subdomain")
    return str(identity) if identity else None
