"""The embedded GoCardless, judged by the vendor's SDK and by our rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import httpx2
import pytest
from gocardless_pro import errors

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.guide import load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.intake.parse import exchanges
from syncdoctor.model import Cause
from syncdoctor.providers.gocardless.sandbox.seed import DASHBOARD_TOKEN
from syncdoctor.sandbox.server import Running

Do = Callable[[Any], Any]


@cache
def catalogue() -> Catalogue:
    return load(only="gocardless")


def cause_of(answer: httpx2.Response) -> Cause:
    """What the rules make of an answer."""
    response = {"status": answer.status_code, "headers": {}, "body": answer.text}
    request = {"method": answer.request.method, "url": str(answer.request.url)}
    form = json.dumps({"request": request, "response": response}).encode()
    (exchange,) = exchanges(form, name="test")
    return judge(catalogue(), load_guide("default"), exchange, provider="gocardless")[0].cause


def customer(**changes: Any) -> dict[str, Any]:
    return {"company_name": "Ada Ltd", "email": "ada@example.com", **changes}


def mandate_of(sdk: Any, status: str = "active") -> Any:
    return next(m for m in sdk.mandates.list().records if m.status == status)


def payment(mandate: str, **changes: Any) -> dict[str, Any]:
    fields = {"amount": 1000, "currency": "GBP", "links": {"mandate": mandate}}
    return {**fields, "metadata": {"number": "P-1"}, **changes}


def test_the_whole_way_from_a_customer_to_a_payment(sdk: Any) -> None:
    made = sdk.customers.create(params=customer(metadata={"contact_number": "7"}))
    account = sdk.customer_bank_accounts.create(
        params={
            "account_holder_name": "Ada Ltd",
            "account_number": "55779911",
            "branch_code": "200000",
            "country_code": "GB",
            "links": {"customer": made.id},
        }
    )
    assert account.account_number_ending == "11"
    links = {"customer_bank_account": account.id}
    mandate = sdk.mandates.create(params={"scheme": "bacs", "links": links})
    assert (mandate.status, mandate.links.customer) == ("pending_submission", made.id)
    paid = sdk.payments.create(params=payment(mandate.id, description="Bread"))
    assert (paid.amount, paid.status) == (1000, "pending_submission")
    assert paid.charge_date == sdk.mandates.get(mandate.id).next_possible_charge_date
    assert sdk.payments.update(paid.id, params={"metadata": {"a": "1"}}).metadata == {"a": "1"}
    assert sdk.payments.cancel(paid.id).status == "cancelled"
    assert sdk.mandates.cancel(mandate.id).status == "cancelled"
    changed = sdk.customers.update(made.id, params={"email": "new@example.com"})
    assert (changed.email, changed.metadata) == ("new@example.com", {"contact_number": "7"})


def test_creditors_are_verified_unless_a_fault_says_otherwise(sdk: Any, sandbox: Running) -> None:
    (creditor,) = sdk.creditors.list().records
    assert (creditor.name, creditor.verification_status) == (
        "Harbour Street Bakery Ltd",
        "successful",
    )
    sandbox.world.switch_on("verification-pending", status="action_required")
    assert sdk.creditors.get(creditor.id).verification_status == "action_required"


def test_a_key_makes_one_thing_and_names_it_afterwards(sdk: Any, sandbox: Running) -> None:
    mandate, key = mandate_of(sdk).id, {"Idempotency-Key": "key-1"}
    made = sdk.payments.create(params=payment(mandate), headers=key)
    with pytest.raises(errors.IdempotentCreationConflictError) as conflict:
        sdk.payments.create(params=payment(mandate), headers=key)
    assert conflict.value.conflicting_resource_id == made.id
    assert conflict.value.code == 409
    sdk.customers.create(params=customer(), headers=key)  # another resource, another key
    sandbox.world.clock.advance(timedelta(days=31).total_seconds())
    assert sdk.payments.create(params=payment(mandate), headers=key).id != made.id


def test_a_request_that_was_refused_leaves_its_key_free(sdk: Any) -> None:
    key = {"Idempotency-Key": "key-2"}
    with pytest.raises(errors.ValidationFailedError):
        sdk.customers.create(params=customer(email=""), headers=key)
    assert sdk.customers.create(params=customer(), headers=key).id


USAGE, STATE = errors.InvalidApiUsageError, errors.InvalidStateError
INVALID = errors.ValidationFailedError


def adds(**changes: Any) -> Do:
    return lambda sdk: sdk.customers.create(params=customer(**changes))


def pays(status: str = "active", **changes: Any) -> Do:
    return lambda sdk: sdk.payments.create(params=payment(mandate_of(sdk, status).id, **changes))


def lists(**query: str) -> Do:
    return lambda sdk: sdk.payments.list(params=query)


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (adds(company_name=""), INVALID, "given_name"),
        (adds(email="nobody"), INVALID, "email"),
        (adds(metadata={"a": 1}), USAGE, "not a string"),
        (adds(metadata=dict.fromkeys("abcd", "1")), INVALID, "metadata"),
        (adds(metadata={"a": "1" * 501}), INVALID, "metadata"),
        (pays(links={"mandate": "MD0"}), USAGE, "linked resource was not found"),
        (pays(amount=0), INVALID, "greater than 0"),
        (pays(amount="10.00"), INVALID, "not a number"),
        (pays(currency="EUR"), INVALID, "currency"),
        (pays(charge_date="2020-01-01"), INVALID, "next_possible_charge_date"),
        (pays(charge_date="soon"), INVALID, "charge_date"),
        (pays("cancelled"), STATE, "Mandate is failed, cancelled or expired"),
        (lists(metadata="x"), USAGE, "filters"),
        (lists(limit="501"), USAGE, "filters"),
        (lists(after="PM0"), USAGE, "cursor"),
        (lambda sdk: sdk.customers.get("CU0"), USAGE, "Resource not found"),
        (lambda sdk: sdk.payouts.list(), USAGE, "path was not recognised"),
        (lambda sdk: sdk.mandates.cancel(mandate_of(sdk, "cancelled").id), STATE, "no longer be"),
        (
            lambda sdk: sdk.mandates.update(mandate_of(sdk).id, params={"scheme": "x"}),
            INVALID,
            "not a valid",
        ),
    ],
)
def test_the_vendors_library_knows_the_refusal(
    sdk: Any, do: Do, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        do(sdk)


def test_lists_come_by_cursor_newest_first(sdk: Any, api: httpx2.Client) -> None:
    for number in range(7):
        sdk.customers.create(params=customer(company_name=f"C{number}"))
    names = [one.company_name for one in sdk.customers.all(params={"limit": 3})]
    assert names[:7] == [f"C{number}" for number in range(6, -1, -1)]
    assert len(names) == 12
    first = api.get("customers", params={"limit": "3"}).json()
    assert first["meta"] == {
        "cursors": {"before": None, "after": first["customers"][-1]["id"]},
        "limit": 3,
    }
    back = {"limit": "3", "before": sdk.customers.list(params={"limit": 4}).records[-1].id}
    assert api.get("customers", params=back).json()["customers"] == first["customers"]


def test_lists_are_filtered_by_what_they_are_linked_to(sdk: Any) -> None:
    mandate = mandate_of(sdk)
    sdk.payments.create(params=payment(mandate.id))
    mine = {"customer": mandate.links.customer}
    assert len(sdk.payments.list(params=mine).records) == 1
    assert len(sdk.mandates.list(params=mine).records) == 1
    assert len(sdk.payments.list(params={"status": "failed"}).records) == 0
    assert {m.status for m in sdk.mandates.list(params={"status": "active"}).records} == {"active"}
    future = {"created_at[gt]": "2999-01-01T00:00:00.000Z"}
    assert sdk.customers.list(params=future).records == []


@pytest.mark.parametrize("status", ["cancelled", "failed", "expired", "blocked"])
def test_a_fault_puts_an_end_to_mandates(sdk: Any, sandbox: Running, status: str) -> None:
    mandate = mandate_of(sdk)
    sandbox.world.switch_on("mandates-ended", status=status)
    found = sdk.mandates.get(mandate.id)
    assert (found.status, found.next_possible_charge_date) == (status, None)
    with pytest.raises(errors.InvalidStateError):
        sdk.payments.create(params=payment(mandate.id))


def test_the_rate_limit_is_told_on_every_answer(sdk: Any, sandbox: Running) -> None:
    sdk.customers.list()
    limit = sdk._api_client.rate_limit
    assert (limit.limit, limit.remaining) == (1000, 999)
    assert limit.reset.endswith(" GMT")
    sandbox.world.switch_on("rate-limit-minute")
    with pytest.raises(errors.RateLimitError):
        sdk.customers.list()


def test_a_token_that_may_only_read(sdk: Any, sandbox: Running) -> None:
    sandbox.world.switch_on("token-read-only")
    assert sdk.customers.list().records
    with pytest.raises(errors.PermissionsError, match="Insufficient permissions"):
        sdk.customers.create(params=customer())


@pytest.mark.parametrize(
    ("headers", "status", "cause"),
    [
        ({"authorization": ""}, 401, Cause.REQUEST_MALFORMED),
        ({"authorization": "Bearer sandbox_odd"}, 401, Cause.RECONNECT_NEEDED),
        ({"authorization": "Bearer live_odd"}, 401, Cause.WRONG_ENVIRONMENT),
        ({"gocardless-version": ""}, 400, Cause.REQUEST_MALFORMED),
        ({"gocardless-version": "2014-01-01"}, 400, Cause.REQUEST_MALFORMED),
    ],
)
def test_the_doors(api: httpx2.Client, headers: dict[str, str], status: int, cause: Cause) -> None:
    answer = api.get("creditors", headers=headers)
    assert (answer.status_code, cause_of(answer)) == (status, cause)


@pytest.mark.parametrize(
    ("fault", "status", "cause"),
    [
        ("refresh-token-revoked", 401, Cause.RECONNECT_NEEDED),
        ("organisation-disconnected", 401, Cause.RECONNECT_NEEDED),
        ("rate-limit-minute", 429, Cause.RATE_LIMITED),
        ("provider-down", 503, Cause.PROVIDER_OUTAGE),
        ("server-error", 500, Cause.PROVIDER_OUTAGE),
        ("html-error-page", 502, Cause.PROVIDER_OUTAGE),
    ],
)
def test_every_fault_is_known_to_the_rules(
    api: httpx2.Client, sandbox: Running, fault: str, status: int, cause: Cause
) -> None:
    sandbox.world.switch_on(fault)
    answer = api.get("creditors")
    assert (answer.status_code, cause_of(answer)) == (status, cause)


def test_methods_bodies_and_media_types(api: httpx2.Client) -> None:
    assert api.delete("creditors").status_code == 405
    assert api.post("customers", json={"odd": {}}).status_code == 400
    assert api.post("customers", content=b"a=1").status_code == 415
    assert api.post("mandates/MD0/actions/cancel").status_code == 404
    assert api.get("customers/CU0/odd").status_code == 404
    long_key = {"idempotency-key": "k" * 129}
    assert api.post("customers", json={"customers": {}}, headers=long_key).status_code == 400


def test_a_token_of_the_dashboard_works(api: httpx2.Client) -> None:
    answer = api.get("creditors", headers={"authorization": f"Bearer {DASHBOARD_TOKEN}"})
    assert answer.json()["creditors"][0]["name"] == "Harbour Street Bakery Ltd"


def test_a_token_is_for_one_account_alone(sandbox: Running, api: httpx2.Client) -> None:
    other = sandbox.world.connect("gocardless", "Old Mill Studios Ltd")["access_token"]
    mine = api.get("creditors").json()["creditors"]
    theirs = api.get("creditors", headers={"authorization": f"Bearer {other}"}).json()["creditors"]
    assert [mine[0]["name"], theirs[0]["name"]] == [
        "Harbour Street Bakery Ltd",
        "Old Mill Studios Ltd",
    ]
