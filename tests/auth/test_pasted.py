"""Credentials that a person gives: proven first, and the hints fit their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.auth.conftest import DEMO, Bench

from syncdoctor.auth.credential import given
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.pasted import replace_credential
from syncdoctor.auth.token import Token
from syncdoctor.auth.tokens import connection_key
from syncdoctor.errors import Guarded, UsageError
from syncdoctor.model import CredentialKind, Organisation, Ownership

OTHER = "Riverside Cycles"


@pytest.fixture
def pasted(bench: Bench) -> Bench:
    """A connection to Xero whose access token was made by hand."""
    bench.connection = replace(bench.connection, credential=CredentialKind.TOKEN)
    bench.config.save_connection(bench.connection)
    return bench


def token_for(bench: Bench, organisation: str = DEMO) -> str:
    body = bench.sandbox.world.connect("xero", organisation, client_id=bench.app.client_id)
    return str(body["access_token"])


def give(bench: Bench, secret: str, **changes: object) -> None:
    def first(organisations: Sequence[Organisation]) -> Organisation:
        return organisations[0]

    done = replace_credential(bench.sign_in(**changes), bench.vault, bench.config, secret, first)
    bench.connection = done.connection


def test_a_pasted_token_is_proven_and_kept(pasted: Bench) -> None:
    secret = token_for(pasted)
    give(pasted, f"  {secret}\n")
    stored = pasted.stored()
    assert stored is not None
    assert (stored.access_token, stored.refresh_token, stored.expires_at) == (secret, None, None)
    assert pasted.connection.organisation is not None
    assert pasted.connection.organisation.name == DEMO
    assert pasted.config.connection("acme/xero") == pasted.connection
    assert pasted.keeper().access_token() == secret


def test_what_does_not_work_changes_nothing(pasted: Bench) -> None:
    secret = token_for(pasted)
    give(pasted, secret)
    with pytest.raises(TokenRefused) as refused:
        give(pasted, "no-such-token-anywhere")
    assert refused.value.hint == "syncdoctor reconnect acme/xero --token-file FILE"
    assert refused.value.exchange is not None
    pasted.sandbox.world.switch_on("provider-down")
    with pytest.raises(TokenDelayed):
        give(pasted, token_for(pasted))
    assert pasted.keeper().access_token() == secret


def test_another_organisation_is_refused(pasted: Bench) -> None:
    give(pasted, token_for(pasted))
    before = pasted.stored()
    pasted.connection = replace(pasted.connection, organisation=Organisation("x-1", "Elsewhere"))
    with pytest.raises(Guarded):
        give(pasted, token_for(pasted))
    assert pasted.stored() == before
    give(pasted, token_for(pasted), allow_other_organisation=True)


@pytest.mark.parametrize(
    "changes",
    [{"ownership": Ownership.BORROWED}, {"settings": {"token_command": "true"}}],
)
def test_a_borrowed_one_is_the_products_own(pasted: Bench, changes: dict[str, object]) -> None:
    pasted.connection = replace(pasted.connection, **changes)  # type: ignore[arg-type]
    with pytest.raises(Guarded):
        give(pasted, "whatever")


@pytest.mark.parametrize("text", ["", " \n", "two words", "two\nlines", "bell\x07", "x" * 9000])
def test_what_cannot_be_a_credential_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        given(text, CredentialKind.KEY)
    assert not text.strip() or text.strip() not in caught.value.message


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        (CredentialKind.TOKEN, "syncdoctor reconnect acme/xero --token-file FILE"),
        (CredentialKind.FEED, "syncdoctor reconnect acme/xero --token-file FILE"),
        (CredentialKind.KEY, "syncdoctor keys rotate acme/xero --key-file FILE"),
        (CredentialKind.SECRET, "syncdoctor connection configure acme/xero --rotate-secret"),
    ],
)
def test_a_refused_one_has_the_hint_of_its_kind(
    bench: Bench, kind: CredentialKind, hint: str
) -> None:
    bench.connection = replace(bench.connection, credential=kind)
    with pytest.raises(TokenRefused) as absent:
        bench.keeper().access_token()
    assert absent.value.hint == hint
    bench.vault.put(connection_key(bench.connection), Token("planted-token").to_json())
    keeper = bench.keeper()
    assert keeper.access_token() == "planted-token"
    with pytest.raises(TokenRefused) as ended:
        keeper.access_token(refused=True)
    assert ended.value.hint == hint
    assert "token of" not in ended.value.message or kind is CredentialKind.TOKEN
