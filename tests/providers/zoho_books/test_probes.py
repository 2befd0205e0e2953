"""What the answers of the probes prove, and what may be chosen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.conftest import Cli

from syncdoctor.model import Connection, Organisation
from syncdoctor.providers.zoho_books.probes import facts
from syncdoctor.providers.zoho_books.sandbox import seed
from syncdoctor.sandbox.server import Running


def connection(**changes: Any) -> Connection:
    return Connection(
        **{
            "workspace": "acme",
            "name": "zoho-books",
            "uid": "c-1",
            "provider": "zoho-books",
            "app": "zoho-books",
            "created": datetime(2026, 11, 1, tzinfo=UTC),
            "organisation": Organisation("60", "Org"),
            "settings": {"sales_account": "1", "tax_type": "2"},
            **changes,
        }
    )


def proven(probe: str, told: Connection | None = None, **body: Any) -> dict[str, Any]:
    return facts(probe, {"code": 0, **body}, told or connection())


def test_the_organisation_is_among_those_that_the_token_sees() -> None:
    seen = [{"organization_id": "60", "name": "Org"}]
    assert proven("identity", organizations=seen)["organisation_missing"] is False
    assert proven("identity", organizations=[])["organisation_missing"] is True
    unset = connection(organisation=None)
    assert proven("identity", unset, organizations=seen) == {"organisation_chosen": False}


@pytest.mark.parametrize(("role", "missing"), [("admin", False), ("timesheetstaff", True)])
def test_a_role_that_writes_no_invoice_is_a_missing_permission(role: str, *, missing: bool) -> None:
    assert proven("permission", user={"user_role": role})["permission_missing"] is missing


def test_a_chosen_account_or_tax_may_be_gone() -> None:
    def gone(**page: Any) -> Any:
        return proven("accounts", **page).get("setting_gone")

    assert gone(chartofaccounts=[{"account_id": "1"}]) is False
    assert gone(chartofaccounts=[{"account_id": "1", "is_active": False}]) is True
    assert gone(chartofaccounts=[]) is True
    assert gone(chartofaccounts=[], page_context={"has_more_page": True}) is None
    assert proven("tax-rates", taxes=[{"tax_id": "2"}])["setting_gone"] is False
    assert proven("tax-rates", connection(settings={}), taxes=[]) == {}


def test_an_error_with_a_good_status_proves_nothing() -> None:
    with pytest.raises(ValueError, match="Internal error"):
        facts("invoices", {"code": 1000, "message": "Internal error"}, connection())
    assert facts("invoices", {"code": 0, "invoices": []}, connection()) == {}


def test_what_zoho_offers_can_be_picked(cli: Cli, sandbox: Running, target: str) -> None:
    del sandbox
    offered = cli("connection", "pick", target, "--list", "--json").json["settings"]
    assert offered["sales_account"][0] == {"value": seed.SALES_ACCOUNT, "name": "Sales"}
    assert len(offered["sales_account"]) == 2
    assert offered["tax_type"][0] == {"value": seed.TAX, "name": "Standard rate (20%)"}
