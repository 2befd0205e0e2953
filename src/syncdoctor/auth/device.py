"""Signing in on another device by a short code (RFC 8628), where the provider has it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from syncdoctor.auth.errors import TokenDelayed
from syncdoctor.auth.flow import Reconnected, SignIn, begin
from syncdoctor.auth.grant import Grant, prove_and_keep
from syncdoctor.auth.organisations import Choose, Selection
from syncdoctor.auth.token import said
from syncdoctor.auth.token_requests import TokenRequests, oauth_of
from syncdoctor.errors import Cancelled, UsageError

if TYPE_CHECKING:
    from syncdoctor.auth.vault import Vault
    from syncdoctor.config import Config
    from syncdoctor.wire.client import Answer

INTERVAL_S = 5.0  # RFC 8628 section 3.2: what holds when the provider names none
SLOWER_S = 5.0  # section 3.5: what slow_down adds


def reconnect_by_device(
    sign_in: SignIn,
    vault: Vault,
    config: Config,
    *,
    choose: Choose,
    announce: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Reconnected:
    """Renew an authorisation with a code that the person types in elsewhere.

    Raises:
        SyncdoctorError: nothing has changed; ``hint`` is the next command.
    """
    connection, app, provider = sign_in.connection, sign_in.app, sign_in.provider
    if "device" not in {**provider.urls, **app.urls}:
        raise UsageError(
            f"{provider.name} has no sign-in by device.",
            f"syncdoctor reconnect {connection.target} --no-browser",
        )
    with closing(begin(sign_in, vault)) as requests:
        scopes = app.scopes or oauth_of(provider).scopes
        code = _code(requests.begin_device(" ".join(scopes)), connection.target)
        announce(f"Open {code['verification_uri']} on any device and type {code['user_code']}.")
        answer = _poll(sign_in, requests, code, sleep)
        grant = Grant(connection, app, provider, sign_in.state_dir, vault, config, requests)
        selection = Selection(sign_in.organisation, sign_in.allow_other_organisation, choose)
        kept = prove_and_keep(grant, lambda: answer, selection)
    return Reconnected(kept.connection, kept.organisation, kept.revoked_old, kept.remark)


def _code(answer: Answer, target: str) -> dict[str, Any]:
    body = answer.body
    if answer.ok and isinstance(body, dict) and "error" not in body:
        code = {
            **body,
            "verification_uri": body.get("verification_uri", body.get("verification_url")),
        }
        if all(_plain(code.get(n)) for n in ("device_code", "user_code", "verification_uri")):
            return code
    raise TokenDelayed(
        f"No device code for {target}: {said(answer.exchange)}.",
        f"syncdoctor reconnect {target} --no-browser",
        exchange=answer.exchange,
    )


def _poll(
    sign_in: SignIn,
    requests: TokenRequests,
    code: dict[str, Any],
    sleep: Callable[[float], None],
) -> Answer:
    """Ask until the person has decided; the last answer is judged like every token answer."""
    interval = _number(code.get("interval"), INTERVAL_S)
    left = min(sign_in.timeout_s, _number(code.get("expires_in"), sign_in.timeout_s))
    while left > 0:
        sleep(interval)
        left -= interval
        answer = requests.device(str(code["device_code"]))
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        if error == "slow_down":
            interval += SLOWER_S
        elif error == "access_denied":
            raise Cancelled(
                "The sign-in was declined. Nothing has changed.",
                f"syncdoctor reconnect {sign_in.connection.target}",
            )
        elif error == "expired_token":
            break
        elif error != "authorization_pending" and answer.status is not None:
            return answer
    raise Cancelled(
        f"Nobody typed the code in within {sign_in.timeout_s:g} seconds. Nothing has changed.",
        f"syncdoctor reconnect {sign_in.connection.target} --device",
    )


def _plain(value: Any) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable()


def _number(value: Any, default: float) -> float:
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    return float(value) if usable else default
