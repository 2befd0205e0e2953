"""Every rule of the tool against every sample of its own, and against healthy answers."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
import pytest

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import Guide
from syncdoctor.engine.judge import judge
from syncdoctor.engine.samples import SampleResult, run_samples
from syncdoctor.intake.embedded import enrich
from syncdoctor.model import Cause, Exchange, Phase, Rule


@cache
def catalogue() -> Catalogue:
    return load()


def _rules() -> list[Rule]:
    return list(catalogue().rules_with_samples)


def _results() -> list[SampleResult]:
    return list(run_samples(catalogue(), catalogue().rules_with_samples, enrich))


@pytest.mark.parametrize("result", _results(), ids=lambda one: f"{one.rule.id}-{one.number}")
def test_each_sample_finds_its_own_rule_first(result: SampleResult) -> None:
    assert result.problem is None


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule.id)
def test_each_rule_is_whole(rule: Rule, default_guide: Guide) -> None:
    assert rule.sources
    assert rule.samples
    assert rule.meaning.rstrip().endswith((".", "?"))
    assert rule.cause not in rule.also
    assert default_guide.advice(rule.cause, rule.provider).steps


def test_every_provider_with_facts_has_rules() -> None:
    with_rules = {rule.provider for rule in catalogue().rules}
    assert with_rules >= {*catalogue().providers, None}


def test_every_cause_has_a_rule_or_is_unknown() -> None:
    assert {rule.cause for rule in catalogue().rules} >= {*Cause} - {Cause.UNKNOWN}


XERO = "https://api.xero.com/api.xro/2.0/"
ZOHO = "https://www.zohoapis.com/books/v3/"
GOOGLE = "https://www.googleapis.com/calendar/v3/"
QUIET: tuple[tuple[str, str, str, int, Any], ...] = (
    ("xero", "api", XERO + "Invoices", 200, {"Status": "OK", "Invoices": [{"Type": "ACCREC", "Status": "PAID", "HasErrors": False, "ValidationErrors": [], "StatusAttributeString": "OK"}]}),
    ("xero", "api", XERO + "Contacts?summarizeErrors=false", 200, {"Status": "OK", "Contacts": [{"ContactStatus": "ACTIVE", "StatusAttributeString": "NEW", "HasValidationErrors": False}]}),
    ("xero", "api", "https://api.xero.com/connections", 200, [{"id": "1", "tenantType": "ORGANISATION", "tenantName": "Invalid Ltd"}]),
    ("xero", "token", "https://identity.xero.com/connect/token", 200, {"access_token": "…", "expires_in": 1800, "token_type": "Bearer", "scope": "offline_access"}),
    ("xero", "api", XERO + "Invoices", 200, "<Response><Status>OK</Status><Invoices><Invoice><Type>ACCREC</Type><HasErrors>false</HasErrors></Invoice></Invoices></Response>"),
    ("xero", "api", XERO + "Invoices", 304, None),
    ("freeagent", "api", "https://api.freeagent.com/v2/invoices", 201, {"invoice": {"status": "Draft", "comments": "invalid_grant is a word"}}),
    ("freeagent", "api", "https://api.freeagent.com/v2/company", 200, {"company": {"name": "Not Found Ltd", "type": "UkLimitedCompany"}}),
    ("gocardless", "api", "https://api.gocardless.com/payments", 201, {"payments": {"id": "PM1", "status": "pending_submission", "failure_reason": None}}),
    ("gocardless", "api", "https://api.gocardless.com/creditors", 200, {"creditors": [{"id": "CR1", "verification_status": "successful"}], "meta": {"cursors": {"after": None}}}),
    ("gocardless", "webhook", "https://app.test/webhooks/gocardless", 204, None),
    ("google-calendar", "api", GOOGLE + "calendars/primary/events", 200, {"kind": "calendar#events", "items": [{"status": "confirmed", "summary": "Forbidden planet"}], "nextSyncToken": "x"}),
    ("google-calendar", "api", GOOGLE + "calendars/primary/events/1", 204, None),
    ("google-calendar", "token", "https://oauth2.googleapis.com/token", 200, {"access_token": "…", "expires_in": 3599, "scope": "x", "token_type": "Bearer"}),
    ("google-calendar", "authorize", "https://accounts.google.com/o/oauth2/v2/auth", 302, None),
    ("myob", "api", "https://api.myob.com/accountright/1/Sale/Invoice/Item", 200, {"Items": [{"Number": "1", "Status": "Open"}], "NextPageLink": None, "Count": 1}),
    ("myob", "api", "https://api.myob.com/accountright/1/Contact/Customer", 201, None),
    ("zoho-books", "api", ZOHO + "invoices", 201, {"code": 0, "message": "The invoice has been created.", "invoice": {"status": "draft"}}),
    ("zoho-books", "api", ZOHO + "contacts", 200, {"code": 0, "message": "success", "contacts": [], "page_context": {"has_more_page": False}}),
    ("zoho-books", "token", "https://accounts.zoho.com/oauth/v2/token", 200, {"access_token": "…", "api_domain": "https://www.zohoapis.com", "token_type": "Bearer", "expires_in": 3600}),
    ("oauth", "token", "https://id.example.test/token", 200, {"access_token": "…", "token_type": "bearer", "error": None}),
    ("oauth", "authorize", "https://app.test/callback?code=…&state=1", 302, None),
)  # fmt: skip


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(
    ("provider", "phase", "url", "status", "body"), QUIET, ids=lambda one: str(one)[:40]
)
def test_a_healthy_answer_meets_no_rule(
    default_guide: Guide,
    provider: str,
    phase: str,
    url: str,
    status: int,
    body: Any,
    as_text: bool,
) -> None:
    if as_text and not isinstance(body, str | None):
        body = orjson.dumps(body).decode()
    exchange = Exchange(
        provider=provider, phase=Phase(phase), url=url, status=status, headers={}, body=body
    )
    assert judge(catalogue(), default_guide, exchange) == ()
