"""The embedded MYOB answers as its documentation says, faults included."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from syncdoctor.providers.myob.sandbox import seed
from syncdoctor.providers.myob.sandbox.odata import Filter, NotUnderstood
from syncdoctor.sandbox.server import Running
from syncdoctor.sandbox.world import CLIENT_ID

LINE = {
    "Type": "Transaction",
    "Description": "Bread",
    "Total": 21,
    "Account": {"UID": seed.SALES_ACCOUNT},
    "TaxCode": {"UID": seed.TAX_CODE},
}
SERVICE = "Sale/Invoice/Service"


def body(api: httpx2.Client, **changes: Any) -> dict[str, Any]:
    customer = api.get("Contact/Customer").json()["Items"][0]["UID"]
    made = {
        "Number": "TB-1",
        "Date": "2026-11-01 00:00:00",
        "Customer": {"UID": customer},
        "IsTaxInclusive": False,
        "Lines": [LINE],
    }
    return {**made, **changes}


def post(api: httpx2.Client, **changes: Any) -> httpx2.Response:
    return api.post(SERVICE, params={"returnBody": "true"}, json=body(api, **changes))


def named(response: httpx2.Response) -> tuple[int, Any]:
    return response.status_code, response.json()["Errors"][0]["Name"]


def test_a_post_is_answered_by_its_location_unless_the_body_is_asked_for(
    api: httpx2.Client,
) -> None:
    silent = api.post(SERVICE, json=body(api))
    assert (silent.status_code, silent.content) == (201, b"")
    shown = api.get(silent.headers["location"]).json()
    assert (shown["Status"], shown["TotalAmount"], shown["TotalTax"]) == ("Open", 23.1, 2.1)
    inclusive = post(api, Number="TB-2", IsTaxInclusive=True).json()
    assert (inclusive["TotalAmount"], inclusive["TotalTax"]) == (21.0, 1.91)
    credit = post(api, Number="TB-3", Lines=[{**LINE, "Total": -21}]).json()
    assert credit["Status"] == "Credit"


def test_a_change_needs_the_latest_version(api: httpx2.Client) -> None:
    made = post(api).json()
    path = f"{SERVICE}/{made['UID']}"
    changed = {**body(api), "UID": made["UID"], "CustomerPurchaseOrderNumber": "PO"}
    assert named(api.put(path, json=changed)) == (409, "IncorrectRowVersionSupplied")
    changed["RowVersion"] = made["RowVersion"]
    assert api.put(path, json=changed).status_code == 200
    assert named(api.put(path, json=changed)) == (409, "IncorrectRowVersionSupplied")
    assert api.get(path).json()["CustomerPurchaseOrderNumber"] == "PO"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Number": "9" * 14}, (400, "ValidationError")),
        ({"Customer": {"UID": seed.uid("nobody")}}, (400, "NotFound")),
        ({"Customer": None}, (400, "Required")),
        ({"Date": "soon"}, (400, "SerializationError")),
        ({"Lines": []}, (400, "Required")),
        ({"Lines": [{**LINE, "TaxCode": None}]}, (400, "Required")),
        ({"Lines": [{**LINE, "Account": {"UID": seed.uid("x")}}]}, (400, "NotFound")),
        (
            {"Lines": [{**LINE, "Account": {"UID": seed.uid("account/4-0000")}}]},
            (400, "AccountHeaderNotAllowed"),
        ),
    ],
)
def test_what_is_wrong_is_refused(
    api: httpx2.Client, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert named(post(api, **changes)) == expected
    assert api.get("Sale/Invoice").json()["Items"] == []


def test_a_number_is_there_once_and_a_card_needs_tax_codes(api: httpx2.Client) -> None:
    assert post(api).status_code == 201
    assert named(post(api)) == (400, "Duplicate")
    assert named(api.post("Contact/Customer", json={"CompanyName": "Ada"})) == (400, "Required")
    assert named(api.post("Contact/Customer", json={})) == (400, "Required")


def test_lists_are_filtered_and_come_in_pages(api: httpx2.Client) -> None:
    post(api)
    post(api, Number="O'Brien")
    found = api.get("Sale/Invoice", params={"$filter": "Number eq 'o''brien' or Number eq 'X'"})
    assert [one["Number"] for one in found.json()["Items"]] == ["O'Brien"]
    assert "Lines" not in found.json()["Items"][0]
    first = api.get("GeneralLedger/TaxCode", params={"$top": "2"}).json()
    assert (len(first["Items"]), first["Count"]) == (2, 3)
    last = api.get(first["NextPageLink"]).json()
    assert (len(last["Items"]), last["NextPageLink"]) == (1, None)
    assert named(api.get("Sale/Invoice", params={"$filter": "Number like 'X'"}))[0] == 400


@pytest.mark.parametrize(
    ("text", "admitted"),
    [
        ("", True),
        ("Name eq 'ada' and (A/B eq 1 or A/B eq 2)", True),
        ("Name ne 'ada'", False),
        ("UID eq guid'7'", True),
        ("Name eq 'ada' and A/B eq 3", False),
    ],
)
def test_a_filter(text: str, admitted: bool) -> None:
    assert Filter(text).admits({"Name": "Ada", "UID": "7", "A": {"B": 2}}) is admitted


@pytest.mark.parametrize("text", ["Name", "Name eq", "(Name eq 'x'", "Name eq 'x' x", "§", "eq"])
def test_what_is_no_filter(text: str) -> None:
    with pytest.raises(NotUnderstood):
        Filter(text)


@pytest.mark.parametrize(
    ("fault", "params", "expected"),
    [
        ("permission-removed", {}, (403, "AccessDenied")),
        ("scope-removed", {}, (401, "OAuthTokenIsInvalid")),
        ("organisation-disconnected", {}, (401, "OAuthTokenIsInvalid")),
        ("locked-period", {"until": "2026-11-01"}, (400, "ValidationError")),
        ("account-deleted", {}, (400, "NotFound")),
        ("account-archived", {}, (400, "ValidationError")),
        ("tax-rate-deleted", {}, (400, "NotFound")),
        ("server-error", {}, (504, "GatewayTimeout")),
        ("rate-limit-minute", {}, (403, "RateLimitError")),
        ("rate-limit-day", {}, (403, "RateLimitError")),
        ("access-token-expired", {}, (401, "OAuthTokenIsInvalid")),
    ],
)
def test_a_fault_has_its_error(
    api: httpx2.Client,
    sandbox: Running,
    fault: str,
    params: dict[str, Any],
    expected: tuple[int, str],
) -> None:
    invoice = body(api)
    sandbox.world.switch_on(fault, **params)
    assert named(api.post(SERVICE, json=invoice)) == expected
    sandbox.world.switch_off(fault)
    assert api.get("Sale/Invoice").json()["Items"] == []


def test_a_sign_on_is_asked_for_where_there_is_one_and_refused_where_there_is_none(
    api: httpx2.Client, sandbox: Running
) -> None:
    pair = base64.b64encode(b"Administrator:sandbox").decode()
    header = {"x-myobapi-cftoken": pair}
    assert api.get("CurrentUser", headers=header).status_code == 401
    sandbox.world.switch_on("company-file-sign-on")
    refused = api.get("CurrentUser")
    assert (refused.status_code, refused.json()) == (401, [{"Message": "Access denied"}])
    assert api.get("CurrentUser", headers=header).status_code == 200


def test_a_key_sees_the_file_of_its_consent_alone(api: httpx2.Client, sandbox: Running) -> None:
    root = sandbox.app_urls("myob")["api"]
    other = list(seed.FILES)[1]
    assert named(api.get(f"{root}{other}/")) == (403, "AccessDenied")
    assert api.get(root).json() == []  # a new key lists no files
    old = sandbox.world.connect("myob", other, scopes=("CompanyFile",))["access_token"]
    listed = api.get(root, headers={"authorization": f"Bearer {old}"}).json()
    assert [one["Id"] for one in listed] == [other]
    assert named(api.get("", headers={"x-myobapi-key": "other"})) == (403, "DeveloperInactive")
    assert named(api.get("", headers={"authorization": ""})) == (401, "OAuthTokenIsMissing")


def test_limits_count_for_each_key_by_the_second(api: httpx2.Client, sandbox: Running) -> None:
    limiter = sandbox.world.room("myob").limiter
    limiter.limits = replace(limiter.limits, per_second=2)
    answers = [api.get("CurrentUser") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 403]
    assert "retry-after" not in answers[-1].headers


def test_the_redirect_and_the_token_answer_are_myobs(sandbox: Running) -> None:
    told = sandbox.world.room("myob").provider.told_in_redirect((list(seed.FILES)[1],))
    assert told["businessName"] == "Bluegum Studio Pty Ltd"
    urls = sandbox.app_urls("myob")
    token = sandbox.world.connect("myob")["refresh_token"]
    form = {"client_id": CLIENT_ID, "grant_type": "refresh_token", "refresh_token": token}
    renewed = httpx2.post(urls["token"], data=form).json()
    assert (renewed["expires_in"], renewed["refresh_token"] != token) == ("1200", True)
    again = httpx2.post(urls["token"], data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
