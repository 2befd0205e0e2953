"""Signatures are those that the convention's own library accepts."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from syncdoctor.errors import UsageError
from syncdoctor.providers.webhook.signing import check_secret, headers, new_secret

BODY = b'{"type":"invoice.updated"}'


def test_every_secret_that_signed_is_accepted_and_no_other() -> None:
    new, old, other = new_secret(), new_secret(), new_secret()
    sent = dict(headers([new, old], "syncdoctor-1", datetime.now(UTC), BODY))
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, sent) == {"type": "invoice.updated"}
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(BODY, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(BODY + b" ", sent)
    assert len(sent["webhook-signature"].split()) == 2


def test_the_example_of_the_reference_library() -> None:
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests
    at = datetime.fromtimestamp(1614265330, UTC)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    sent = headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert sent["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sent["webhook-timestamp"] == "1614265330"


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_not base64",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        base64.b64encode(b"x" * 32).decode(),
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_secret(secret)
    assert len(secret) < 7 or secret not in caught.value.message
    check_secret(new_secret())
