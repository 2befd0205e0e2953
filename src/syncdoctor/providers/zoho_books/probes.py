"""What the answers of Zoho Books' probes tell about a connection: local facts. Pure.

Shapes: https://www.zoho.com/books/api/v3/organizations/, /users/, /chart-of-accounts/ and /taxes/,
read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncdoctor.model import Connection
from syncdoctor.providers.zoho_books.organisations import from_answer

# Of Zoho's own roles the ones that write no invoice; a role that somebody made up is not judged.
READING_ROLES = frozenset({"timesheetstaff"})


def facts(probe: str, body: Any, connection: Connection) -> dict[str, Any]:
    """Local facts (docs/rules.md) that a probe's 2xx answer proves, and as ``seen`` what it shows.

    Args:
        probe: the probe's name in facts.toml.
        body: the parsed answer.
        connection: whose organisation and settings are compared with it.

    Raises:
        ValueError: Zoho tells an error in an answer whose status is good.
    """
    if body["code"] != 0:
        raise ValueError(body.get("message"))
    reader = _READERS.get(probe)
    return reader(body, connection) if reader else {}


def _identity(body: Any, connection: Connection) -> dict[str, Any]:
    found = from_answer(body)
    chosen = connection.organisation
    if chosen is None:
        return {"organisation_chosen": False}
    return {
        "organisation_chosen": True,
        "organisation_missing": chosen.id not in {one.id for one in found},
        "seen": f"{chosen.name} is not among the {len(found)} organisations that the token sees",
    }


def _permission(body: Any, connection: Connection) -> dict[str, Any]:
    del connection
    role = str(body["user"].get("user_role", "")).lower()
    return {"permission_missing": role in READING_ROLES, "seen": f"the role in Zoho is {role}"}


def _accounts(body: Any, connection: Connection) -> dict[str, Any]:
    return _chosen(body, connection, "sales_account", "chartofaccounts", "account_id")


def _tax_rates(body: Any, connection: Connection) -> dict[str, Any]:
    return _chosen(body, connection, "tax_type", "taxes", "tax_id")


def _chosen(
    body: Mapping[str, Any], connection: Connection, setting: str, name: str, key: str
) -> dict[str, Any]:
    value = connection.settings.get(setting)
    if value is None:
        return {}  # never chosen: the workspace's own checks say so
    active = {str(item[key]) for item in body[name] if _active(item)}
    gone = str(value) not in active
    if gone and body.get("page_context", {}).get("has_more_page"):
        return {}  # it may be on a further page
    what = "sales account" if setting == "sales_account" else "tax"
    return {
        "setting_gone": gone,
        "setting": setting,
        "seen": f"the chosen {what} {value} is gone or inactive",
    }


# Which probe's answer holds the choices of a setting.
CHOSEN_FROM = {"sales_account": "accounts", "tax_type": "tax-rates"}
INCOME = frozenset({"income", "other_income"})


def choices(setting: str, body: Any) -> list[tuple[str, str]]:
    """What may be chosen for a setting: ids and names of income accounts, or of taxes."""
    if setting == "sales_account":
        return [
            (str(account["account_id"]), str(account.get("account_name")))
            for account in body["chartofaccounts"]
            if account.get("account_type") in INCOME and _active(account)
        ]
    return [
        (str(tax["tax_id"]), f"{tax.get('tax_name')} ({tax.get('tax_percentage')}%)")
        for tax in body["taxes"]
        if _active(tax)
    ]


def _active(item: Mapping[str, Any]) -> bool:
    return bool(item.get("is_active", True))


_READERS = {
    "identity": _identity,
    "permission": _permission,
    "accounts": _accounts,
    "tax-rates": _tax_rates,
}
