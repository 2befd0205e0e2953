"""What the answers of Xero's probes tell about a connection: local facts. Pure.

Shapes: https://github.com/XeroAPI/Xero-OpenAPI (xero-identity.yaml, xero_accounting.yaml),
read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncdoctor.model import Connection


def facts(probe: str, body: Any, connection: Connection) -> dict[str, Any]:
    """Local facts (docs/rules.md) that a probe's 2xx answer proves, and as ``seen`` what it shows.

    Args:
        probe: the probe's name in facts.toml.
        body: the parsed answer.
        connection: whose organisation and settings are compared with it.
    """
    reader = _READERS.get(probe)
    return reader(body, connection) if reader else {}


def _identity(body: Any, connection: Connection) -> dict[str, Any]:
    tenants = {item.get("tenantId") for item in body if isinstance(item, dict)}
    chosen = connection.organisation
    if chosen is None:
        return {"organisation_chosen": False}
    return {
        "organisation_chosen": True,
        "organisation_missing": chosen.id not in tenants,
        "seen": f"{chosen.name} is not among the {len(tenants)} organisations that the token sees",
    }


def _permission(body: Any, connection: Connection) -> dict[str, Any]:
    drafts = connection.settings.get("invoice_status", "authorised") == "draft"
    needed = "CreateDraftInvoice" if drafts else "CreateApprovedInvoice"
    answers = {item.get("Name"): item.get("Status") for item in _items(body, "Actions")}
    answer = answers.get(needed)
    return {"permission_missing": answer == "NOT-ALLOWED", "seen": f"{needed} is {answer}"}


def _accounts(body: Any, connection: Connection) -> dict[str, Any]:
    return _chosen(
        connection.settings.get("sales_account"), _items(body, "Accounts"), "Code", "sales_account"
    )


def _tax_rates(body: Any, connection: Connection) -> dict[str, Any]:
    return _chosen(
        connection.settings.get("tax_type"), _items(body, "TaxRates"), "TaxType", "tax_type"
    )


def _chosen(value: Any, items: list[Mapping[str, Any]], key: str, setting: str) -> dict[str, Any]:
    if value is None:
        return {}  # never chosen: the workspace's own checks say so
    active = {item.get(key) for item in items if _active(item)}
    what = setting.replace("_", " ")
    return {
        "setting_gone": value not in active,
        "setting": setting,
        "seen": f"the chosen {what} {value} is gone or archived",
    }


def _items(body: Any, name: str) -> list[Mapping[str, Any]]:
    items = body.get(name) if isinstance(body, dict) else None
    return [item for item in items or [] if isinstance(item, dict)]


# Which probe's answer holds the choices of a setting.
CHOSEN_FROM = {"sales_account": "accounts", "tax_type": "tax-rates"}


def choices(setting: str, body: Any) -> list[tuple[str, str]]:
    """What may be chosen for a setting: value and name, from the answer of its probe.

    Income accounts are those of class REVENUE; a tax rate must apply to revenue.
    """
    if setting == "sales_account":
        accounts = [a for a in _items(body, "Accounts") if a.get("Class") == "REVENUE"]
        return [(str(a.get("Code")), str(a.get("Name"))) for a in accounts if _active(a)]
    rates = [r for r in _items(body, "TaxRates") if r.get("CanApplyToRevenue") is not False]
    return [(str(r.get("TaxType")), str(r.get("Name"))) for r in rates if _active(r)]


def _active(item: Mapping[str, Any]) -> bool:
    return bool(item.get("Status", "ACTIVE") == "ACTIVE")


_READERS = {
    "identity": _identity,
    "permission": _permission,
    "accounts": _accounts,
    "tax-rates": _tax_rates,
}
