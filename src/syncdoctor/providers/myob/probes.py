"""What the answers of MYOB's probes tell about a connection: local facts. Pure.

Shapes: https://developer.myob.com/api/myob-business-api/v2/current-user/, /generalledger/account,
/generalledger/taxcode and the vendor's .NET SDK (Company/Preferences), read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from syncdoctor.model import Connection
from syncdoctor.providers.myob.organisations import from_answer

WRITTEN = ("Contact/Customer", "Sale/Invoice/Service")


def facts(probe: str, body: Any, connection: Connection) -> dict[str, Any]:
    """Local facts (docs/rules.md) that a probe's 2xx answer proves, and as ``seen`` what it shows.

    Args:
        probe: the probe's name in facts.toml.
        body: the parsed answer.
        connection: whose company file and settings are compared with it.
    """
    reader = _READERS.get(probe)
    return reader(body, connection) if reader else {}


def refusal(probe: str, body: Any, connection: Connection) -> dict[str, Any]:
    """What a refused probe proves: a renewed token, accepted elsewhere, is refused here.

    MYOB says of a missing scope that the token is not valid.
    """
    del connection
    errors = body.get("Errors") if isinstance(body, Mapping) else None
    names = {str(one.get("Name")) for one in errors or [] if isinstance(one, Mapping)}
    renewed = probe != "identity" and "OAuthTokenIsInvalid" in names
    return {"after_refresh": True} if renewed else {}


def _identity(body: Any, connection: Connection) -> dict[str, Any]:
    chosen = connection.organisation
    if chosen is None:
        return {"organisation_chosen": False}
    found = [one.id.lower() for one in from_answer(body)]
    return {
        "organisation_chosen": True,
        "organisation_missing": chosen.id.lower() not in found,
        "seen": f"MYOB answers for another company file than {chosen.name}",
    }


def _permission(body: Any, connection: Connection) -> dict[str, Any]:
    del connection
    access = {
        "/".join(str(one["ResourcePath"]).strip("/").split("/")[-len(path.split("/")) :]): set(
            one.get("Access") or []
        )
        for path in WRITTEN
        for one in _first(body)["UserAccess"]
    }
    refused = [path for path in WRITTEN if path in access and "POST" not in access[path]]
    return {
        "permission_missing": bool(refused),
        "seen": f"the company file's user may not write {' and '.join(refused)}",
    }


def _first(body: Any) -> Mapping[str, Any]:
    """The user; the documentation shows it bare, the vendor's SDK as the one item of a page."""
    if "Items" in body:
        body = body["Items"][0]
    found: Mapping[str, Any] = body
    return found


def _accounts(body: Any, connection: Connection) -> dict[str, Any]:
    return _chosen(body, connection, "sales_account")


def _tax_rates(body: Any, connection: Connection) -> dict[str, Any]:
    return _chosen(body, connection, "tax_type")


def _chosen(body: Mapping[str, Any], connection: Connection, setting: str) -> dict[str, Any]:
    value = connection.settings.get(setting)
    if value is None:
        return {}  # never chosen: the workspace's own checks say so
    active = {str(item["UID"]).lower() for item in body["Items"] if item.get("IsActive", True)}
    gone = str(value).lower() not in active
    if gone and body.get("NextPageLink"):
        return {}  # it may be on a further page
    what = "sales account" if setting == "sales_account" else "tax code"
    return {
        "setting_gone": gone,
        "setting": setting,
        "seen": f"the chosen {what} {value} is gone or inactive",
    }


def _locked_period(body: Any, connection: Connection) -> dict[str, Any]:
    del connection
    before = str(_first(body).get("System", {}).get("LockPeriodPriorTo") or "")[:10]
    if not before:
        return {"noted": "no period is locked"}
    last = date.fromisoformat(before) - timedelta(days=1)
    return {"noted": f"the books are locked up to {last}; documents of that time are refused"}


# Which probe's answer holds the choices of a setting.
CHOSEN_FROM = {"sales_account": "accounts", "tax_type": "tax-rates"}
INCOME = frozenset({"Income", "OtherIncome"})


def choices(setting: str, body: Any) -> list[tuple[str, str]]:
    """What may be chosen for a setting: UIDs and names of income accounts, or of tax codes."""
    if setting == "sales_account":
        return [
            (str(account["UID"]), f"{account.get('DisplayID')} {account.get('Name')}")
            for account in body["Items"]
            if account.get("Type") in INCOME
            and account.get("IsActive", True)
            and not account.get("IsHeader")
        ]
    return [
        (str(tax["UID"]), f"{tax.get('Code')} {tax.get('Description')} ({tax.get('Rate')}%)")
        for tax in body["Items"]
        if tax.get("Type") != "Consolidated"  # no document's line takes one
    ]


_READERS = {
    "identity": _identity,
    "permission": _permission,
    "accounts": _accounts,
    "tax-rates": _tax_rates,
    "locked-period": _locked_period,
}
