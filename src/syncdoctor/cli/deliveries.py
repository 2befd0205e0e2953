"""Deliveries of a webhook: one to try the receiver, and none once the receiver wants no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncdoctor.model import CredentialKind

if TYPE_CHECKING:
    from syncdoctor.auth.vault import Vault
    from syncdoctor.cli.common import Context
    from syncdoctor.model import Check, Connection
    from syncdoctor.resync.report import Report
    from syncdoctor.states import Case

GONE = 410
TEST_EVENT = "whether the receiver takes a signed test event; only with --write-test"


def delivers(case: Case) -> bool:
    """Whether the connection sends signed events."""
    return case.connection.credential is CredentialKind.SECRET


def test_event(ctx: Context, case: Case, vault: Vault) -> Check:
    """Send one event that tells of no record, with every signature that deliveries have."""
    from syncdoctor.auth.errors import TokenRefused
    from syncdoctor.auth.rotation import send_test
    from syncdoctor.auth.signing import Secrets
    from syncdoctor.model import Check
    from syncdoctor.write_test import NAME

    connection, room = case.connection, case.provider
    try:
        known = Secrets(connection, room, vault).known()
    except TokenRefused as error:
        return Check(NAME, "problem", error.message, facts={"no_token": True})
    answer = send_test(connection, ctx.config.app_of(connection), room, known)
    if answer.ok:
        return Check(NAME, "ok", "the receiver took a signed test event", answer.exchange)
    return Check(NAME, "problem", "the receiver did not take a signed test event", answer.exchange)


def wants_no_more(connection: Connection, report: Report) -> bool:
    """Whether the receiver asked for the deliveries to stop: a webhook's 410.

    "Sender should disable the webhook endpoint, and stop sending it messages."
    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    (2026-11-22)
    """
    finding = report.stopped.finding if report.stopped else None
    answer = finding.exchange if finding else None
    gone = answer is not None and answer.status == GONE
    return gone and connection.credential is CredentialKind.SECRET


def stop_deliveries(ctx: Context, connection: Connection) -> None:
    """Disable the connection, and say how it is enabled again."""
    from syncdoctor.cli.connection_settings import note_change

    ctx.config.save_connection(replace(connection, enabled=False))
    note_change(ctx, connection, "disabled: the receiver answered 410 Gone")
    ctx.err().print(f"{connection.target} is disabled, as its receiver asked by 410 Gone.")
    ctx.err().print(f"To go on: syncdoctor connection configure {connection.target} --enable")
