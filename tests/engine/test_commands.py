from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from syncdoctor.engine.catalogue import Catalogue, load
from syncdoctor.engine.commands import renewal, safe, switching_on, typed
from syncdoctor.engine.guide import load_guide
from syncdoctor.engine.judge import judge
from syncdoctor.model import USUAL_ACTION, Action, Cause, Connection, CredentialKind, Exchange

WRITES = {"remove", "disconnect", "configure", "rotate", "revoke", "--save", "--bundle"}


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("action", Action)
def test_what_runs_unasked_writes_nothing(cause: Cause, action: Action) -> None:
    command = safe(cause, action, "acme/xero", None)
    assert command[0] == "syncdoctor"
    assert "acme/xero" in command or "--self" in command
    assert not WRITES & set(command)
    assert "resync" not in command or "--dry-run" in command


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_a_command_for_a_person(cause: Cause) -> None:
    assert typed(cause, USUAL_ACTION[cause], "acme/xero", None)[0] == "syncdoctor"


def test_a_connection_that_is_not_configured_has_its_settings_picked(
    made: Callable[..., Catalogue],
) -> None:
    facts = """
id = "acct"
name = "Acct"
organisation_word = "company"
actions = ["reconnect", "remove"]
required_settings = ["organisation", "category"]
"""
    plain = made(facts=facts).providers["acct"]
    with_settings = typed(Cause.SETTING_MISSING, Action.CONFIGURE, "a/b", None)
    assert with_settings == ("syncdoctor", "connection", "configure", "a/b")
    without = typed(Cause.SETTING_MISSING, Action.CONFIGURE, "a/b", plain)
    assert without == ("syncdoctor", "connection", "pick", "a/b")


KEYED = """
id = "acct"
name = "Acct"
organisation_word = "company"
actions = ["keys", "remove"]
credentials = ["key"]
"""


def test_where_there_is_no_sign_in_a_new_key_is_put_in(made: Callable[..., Catalogue]) -> None:
    keyed = made(facts=KEYED).providers["acct"]
    rotate = ("syncdoctor", "keys", "rotate", "a/b", "--key-file", "FILE")
    for cause in (Cause.RECONNECT_NEEDED, Cause.ACCESS_TOKEN_EXPIRED, Cause.APP_CREDENTIALS):
        assert typed(cause, USUAL_ACTION[cause], "a/b", keyed) == rotate
        assert safe(cause, USUAL_ACTION[cause], "a/b", keyed) == ("syncdoctor", "diagnose", "a/b")
    assert typed(Cause.RECORD_INVALID, Action.FIX_RECORD, "a/b", keyed)[1] == "resync"


@pytest.mark.parametrize("kind", CredentialKind)
def test_every_kind_of_credential_has_its_command(kind: CredentialKind) -> None:
    command = renewal(kind, "a/b")
    assert "a/b" in command
    assert (command[1] == "reconnect") == (kind in {"oauth", "token", "feed"})


@pytest.mark.parametrize(
    ("actions", "command"),
    [
        (["reconnect", "remove"], ("reconnect", "a/b")),
        (["reconnect", "configure", "remove"], ("connection", "configure", "a/b", "--enable")),
    ],
)
def test_what_is_switched_off_is_told_how_to_be_switched_on(
    made: Callable[..., Catalogue], actions: list[str], command: tuple[str, ...]
) -> None:
    words = json.dumps(actions)
    facts = f'id = "acct"\nname = "Acct"\norganisation_word = "company"\nactions = {words}\n'
    room = made(facts=facts).providers["acct"]
    assert switching_on(CredentialKind.OAUTH, "a/b", room) == ("syncdoctor", *command)


def test_the_steps_of_what_is_switched_off_can_be_done() -> None:
    off = Connection("a", "b", "c-1", "gocardless", "x", datetime.now(UTC), enabled=False)
    for facts in ({"connection_disabled": True}, {"setting_missing": True}):
        (told,) = judge(load(), load_guide("default"), Exchange(), facts=facts, connection=off)
        assert told.steps[-1].endswith("run: syncdoctor reconnect a/b")
