"""Signatures of webhooks, judged by the vendor's own library."""

from __future__ import annotations

import json

import pytest
from gocardless_pro import webhooks as vendor
from gocardless_pro.errors import InvalidSignatureError

from syncdoctor.providers.gocardless.webhooks import is_signed, signature, why_not

SECRET = "ED7D658C-D8EB-4941-948B-3973214F2D49"  # of the SDK's own tests
BODY = json.dumps({"events": [{"id": "EV1", "action": "cancelled"}]}).encode()


def test_the_vendor_believes_our_signature() -> None:
    (event,) = vendor.parse(BODY, SECRET, signature(BODY, SECRET))
    assert event.id == "EV1"


@pytest.mark.parametrize(
    ("body", "secret", "given"),
    [
        (BODY + b"\n", SECRET, signature(BODY, SECRET)),
        (BODY, SECRET + " ", signature(BODY, SECRET)),
        (BODY, SECRET, signature(BODY, SECRET).upper()),
        (BODY, SECRET, ""),
        (BODY, SECRET, "é"),
    ],
)
def test_what_the_vendor_refuses_we_refuse(body: bytes, secret: str, given: str) -> None:
    assert not is_signed(body, secret, given)
    with pytest.raises((InvalidSignatureError, TypeError)):  # compare_digest takes ASCII alone
        vendor.parse(body, secret, given)


def test_what_the_vendor_signs_we_believe() -> None:
    assert is_signed(BODY, SECRET, signature(BODY, SECRET))


@pytest.mark.parametrize(
    ("body", "given", "words"),
    [
        (BODY, signature(BODY, SECRET), None),
        (BODY, f" {signature(BODY, SECRET).upper()} ", "blanks or capitals"),
        (BODY + b"\n", signature(BODY, SECRET), "line breaks"),
        (BODY, signature(BODY + b"\n", SECRET), "line breaks"),
        (BODY, signature(BODY.replace(b" ", b""), SECRET), "written anew"),
        (BODY, signature(BODY, "another"), "The secret is not the endpoint's"),
        (b"no json", "odd", "The secret is not the endpoint's"),
    ],
)
def test_it_is_told_what_most_likely_happened(body: bytes, given: str, words: str | None) -> None:
    why = why_not(body, SECRET, given)
    assert why is None if words is None else words in str(why)
