"""What the answers of FreeAgent's probes tell about a connection: local facts. Pure.

Shapes: https://dev.freeagent.com/docs/company, /docs/users and /docs/categories, 2026-11-22.
"""

from __future__ import annotations

from typing import Any

from syncdoctor.model import Connection
from syncdoctor.providers.freeagent.organisations import id_of

# https://dev.freeagent.com/docs/introduction, "About Access Levels", 2026-11-22
LEVELS = (
    "No Access",
    "Time",
    "My Money",
    "Contacts & Projects",
    "Invoices, Estimates & Files",
    "Bills",
    "Banking",
    "Tax, Accounting & Users",
    "Full",
)
CONTACTS, INVOICES = 3, 4


def facts(probe: str, body: Any, connection: Connection) -> dict[str, Any]:
    """Local facts (docs/rules.md) that a probe's 2xx answer proves, and as ``seen`` what it shows.

    Args:
        probe: the probe's name in facts.toml.
        body: the parsed answer.
        connection: whose company and settings are compared with it.
    """
    reader = _READERS.get(probe)
    return reader(body, connection) if reader else {}


def _identity(body: Any, connection: Connection) -> dict[str, Any]:
    company = body["company"]
    chosen = connection.organisation
    if chosen is None:
        return {"organisation_chosen": False}
    return {
        "organisation_chosen": True,
        "organisation_missing": id_of(company) != chosen.id,
        "seen": f"the token belongs to {company.get('name')}, not to {chosen.name}",
    }


def _permission(body: Any, connection: Connection) -> dict[str, Any]:
    level = int(body["user"]["permission_level"])
    kinds = connection.settings.get("kinds")
    needed = CONTACTS if kinds and set(kinds) == {"contact"} else INVOICES
    return {
        "permission_missing": level < needed,
        "seen": f"the access level is {_named(level)}; {_named(needed)} is needed",
    }


def _categories(body: Any, connection: Connection) -> dict[str, Any]:
    value = connection.settings.get("category")
    if value is None:
        return {}  # never chosen: the workspace's own checks say so
    codes = {
        str(category.get("nominal_code"))
        for group in body.values()
        if isinstance(group, list)
        for category in group
        if isinstance(category, dict)
    }
    return {
        "setting_gone": str(value).partition("-")[0] not in codes,
        "setting": "category",
        "seen": f"the chosen category {value} is gone",
    }


# Which probe's answer holds the choices of a setting.
CHOSEN_FROM = {"category": "categories"}


def choices(setting: str, body: Any) -> list[tuple[str, str]]:
    """What may be chosen for a setting: the income categories, by nominal code."""
    del setting
    return [
        (str(category.get("nominal_code")), str(category.get("description")))
        for category in body.get("income_categories") or []
    ]


def _named(level: int) -> str:
    return f"{level} ({LEVELS[level]})" if 0 <= level < len(LEVELS) else str(level)


_READERS = {"identity": _identity, "permission": _permission, "categories": _categories}
