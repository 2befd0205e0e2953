from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from syncdoctor.auth.authorisation import redirect_uri
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.flow import begin_without_person, complete, reconnect
from syncdoctor.auth.pending import PendingSignIns
from syncdoctor.auth.surroundings import Surroundings
from syncdoctor.auth.token import Token
from syncdoctor.auth.tokens import connection_key
from syncdoctor.errors import (
    Cancelled,
    ConfigError,
    Guarded,
    NotFound,
    SignInNeeded,
    StoreError,
    TemporaryFailure,
    UsageError,
)
from syncdoctor.model import App, Ownership

OTHER = "Solido Property Ltd"


class Person:
    """Signs in at the page that the flow opens, and keeps what the browser is shown at the end."""

    def __init__(
        self,
        consent: Any,
        organisation: Any = None,
        *,
        allow: bool = True,
        change: Any = lambda url: url,
    ) -> None:
        self.pages: list[httpx2.Response] = []
        self._consent = consent
        self._organisation, self._allow, self._change = organisation, allow, change

    def __call__(self, url: str) -> None:
        location = self._change(self._consent(url, self._organisation, allow=self._allow))
        self.pages.append(httpx2.get(location, timeout=30))


def first(organisations: Any) -> Any:
    return organisations[0]


def run(
    bench: Any, person: Any, *, choose: Any = first, said: list[str] | None = None, **changes: Any
) -> Any:
    said = said if said is not None else []
    announce = said.append
    sign_in = bench.sign_in(**changes)
    try:
        return reconnect(
            sign_in,
            bench.vault,
            bench.config,
            open_browser=person,
            choose=choose,
            announce=announce,
        )
    finally:
        for thread in threading.enumerate():
            if thread.name == "open-browser":
                thread.join(10)


def other_name(bench: Any, name: str) -> Any:
    return next(n for n in bench.organisations if n != name)


def test_a_first_sign_in_stores_the_token_and_the_organisation(bench: Any, consent: Any) -> None:
    person = Person(consent)
    said: list[str] = []
    done = run(bench, person, said=said)
    assert done.organisation == bench.config.connection("acme/xero").organisation
    assert done.organisation.name in person.pages[0].text
    assert person.pages[0].status_code == 200
    assert bench.keeper().access_token() == bench.stored().access_token
    assert any(line.startswith("http://127.0.0.1") and "code_challenge=" in line for line in said)
    assert "Waiting 20 seconds; Ctrl-C cancels." in said


def test_the_same_organisation_replaces_the_token_and_revokes_nothing_at_xero(
    bench: Any, consent: Any
) -> None:
    old = bench.grant()
    done = run(bench, Person(consent, bench.connection.organisation.id))
    assert done.organisation == bench.connection.organisation
    assert not done.revoked_old
    assert bench.stored() != old
    assert not [r for r in bench.sandbox.world.requests() if "revocation" in r["path"]]


def test_the_old_grant_is_revoked_where_that_ends_nothing_else(bench: Any, consent: Any) -> None:
    bench.grant()
    oauth = replace(bench.provider.oauth, revoke_ends="token")
    bench.provider = replace(bench.provider, oauth=oauth)
    done = run(bench, Person(consent, bench.connection.organisation.id))
    assert done.revoked_old
    bench.expire()
    bench.keeper().access_token()


def test_another_organisation_is_refused_and_changes_nothing(bench: Any, consent: Any) -> None:
    old = bench.grant()
    before = bench.config.connection("acme/xero")
    bench.sandbox.world.switch_on("organisation-disconnected")
    name = other_name(bench, bench.connection.organisation.name)
    person = Person(consent, bench.organisations[name])
    with pytest.raises(Guarded) as caught:
        run(bench, person)
    assert name in caught.value.message
    assert "--allow-other-organisation" in str(caught.value.hint)
    assert bench.stored() == old
    assert bench.config.connection("acme/xero") == before
    assert person.pages[0].status_code == 400
    assert "another organisation" in person.pages[0].text


def test_another_organisation_may_be_allowed(bench: Any, consent: Any) -> None:
    bench.grant()
    bench.sandbox.world.switch_on("organisation-disconnected")
    name = other_name(bench, bench.connection.organisation.name)
    person = Person(consent, bench.organisations[name])
    done = run(bench, person, allow_other_organisation=True)
    assert done.organisation.name == name
    assert bench.config.connection("acme/xero").organisation.name == name


def test_an_organisation_can_be_named(bench: Any, consent: Any) -> None:
    bench.sandbox.world.connect("xero", other_name(bench, "x"), client_id="CLIENT")
    wanted = list(bench.organisations.items())[-1]
    done = run(bench, Person(consent, wanted[1]), organisation=wanted[0].upper())
    assert done.organisation.id == wanted[1]


def test_an_organisation_that_the_sign_in_did_not_give_is_not_found(
    bench: Any, consent: Any
) -> None:
    with pytest.raises(NotFound, match="not among those"):
        run(bench, Person(consent), organisation="Nobody Ltd")
    assert bench.stored() is None


def test_several_organisations_are_a_choice(bench: Any, consent: Any) -> None:
    """A consent may cover several; here the filter by consent finds none, so all are offered."""
    from syncdoctor.auth.organisations import Seen, Selection, select
    from syncdoctor.model import Organisation

    both = (Organisation("1", "One"), Organisation("2", "Two"))
    selection = Selection(None, allow_other=False, choose=lambda given: given[1])
    chosen = select(Seen(both, both), bench.connection, bench.provider, selection)
    assert chosen == both[1]


def test_two_organisations_of_one_name_need_the_id(bench: Any) -> None:
    from syncdoctor.auth.organisations import Seen, Selection, select
    from syncdoctor.model import Organisation

    twins = (Organisation("1", "Twin"), Organisation("2", "twin"))
    selection = Selection("twin", allow_other=False, choose=first)
    with pytest.raises(NotFound, match="several"):
        select(Seen(twins, twins), bench.connection, bench.provider, selection)


def test_a_declined_consent_is_cancelled(bench: Any, consent: Any) -> None:
    old = bench.grant()
    person = Person(consent, allow=False)
    with pytest.raises(Cancelled):
        run(bench, person)
    assert bench.stored() == old
    assert "declined" in person.pages[0].text


def test_an_error_with_a_wrong_state_is_not_believed(bench: Any, consent: Any) -> None:
    forged = []

    def forge(location: str) -> Any:
        uri = bench.app.redirect_uri
        forged.append(httpx2.get(f"{uri}?error=access_denied&state=forged"))
        forged.append(httpx2.get(f"{uri}?error=access_denied"))
        return location

    run(bench, Person(consent, change=forge))
    assert [r.status_code for r in forged] == [400, 400]
    assert bench.stored() is not None


@pytest.mark.parametrize(
    ("fault", "params", "error"),
    [
        ("provider-down", {"path": "/connect/token"}, TokenDelayed),
        ("provider-down", {"path": "/connections"}, TokenDelayed),
        ("token-answer-lost", {}, TokenDelayed),
        ("access-token-expired", {"always": True, "path": "/connections"}, TokenRefused),
        ("html-error-page", {"path": "/connections"}, TokenDelayed),
        ("malformed-json", {"path": "/connections"}, TokenDelayed),
    ],
)
def test_a_fault_at_any_step_leaves_the_old_token(
    bench: Any, consent: Any, fault: str, params: Any, error: Any
) -> None:
    old = bench.grant()
    before = bench.config.connection("acme/xero")
    person = Person(consent, bench.connection.organisation.id)

    def then_break(url: str) -> Any:
        bench.sandbox.world.switch_on(fault, **params)
        return url

    person._change = then_break
    with pytest.raises(error) as caught:
        run(bench, person)
    assert caught.value.hint
    assert bench.stored() == old
    assert bench.config.connection("acme/xero") == before
    assert person.pages[0].status_code == 400
    assert "as it was before" in person.pages[0].text
    bench.sandbox.world.switchboard.clear()
    bench.expire()
    bench.keeper().access_token()


def test_a_code_that_was_used_already_leaves_the_old_token(bench: Any, consent: Any) -> None:
    old = bench.grant()

    def spend(location: str) -> Any:
        code = httpx2.URL(location).params["code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": "CLIENT"}
        httpx2.post(bench.app.urls["token"], data={**form, "client_secret": "planted"})
        return location.replace(code, code + "x")

    with pytest.raises(SignInNeeded):
        run(bench, Person(consent, change=spend))
    assert bench.stored() == old


def test_a_store_that_fails_leaves_the_old_token(bench: Any, consent: Any) -> None:
    old = bench.grant()
    put = bench.vault.put
    failures = iter([StoreError("full", "make room")])

    def fail_once(key: str, value: str) -> None:
        for error in failures:
            raise error
        put(key, value)

    bench.vault.put = fail_once
    with pytest.raises(StoreError):
        run(bench, Person(consent, bench.connection.organisation.id))
    assert bench.stored() == old


def test_a_configuration_that_cannot_be_written_puts_the_old_token_back(
    bench: Any, consent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.vault.put(connection_key(bench.connection), "the old one")

    def fail(connection: Any) -> None:
        raise ConfigError("read-only")

    monkeypatch.setattr(bench.config, "save_connection", fail)
    with pytest.raises(ConfigError):
        run(bench, Person(consent))
    assert bench.vault.get(connection_key(bench.connection)) == "the old one"


def test_nobody_comes(bench: Any) -> None:
    with pytest.raises(Cancelled, match=r"within 0\.1 seconds"):
        run(bench, lambda url: None, timeout_s=0.1)


def test_ctrl_c_while_waiting_says_that_nothing_has_changed(bench: Any) -> None:
    said: list[str] = []
    ready = threading.Event()

    def interrupt(url: str) -> None:
        assert ready.wait(5)
        time.sleep(0.1)
        # To the thread that waits, as the system does it; this one is another.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def note(line: str) -> None:
        said.append(line)
        if "Ctrl-C cancels" in line:
            ready.set()

    with pytest.raises(KeyboardInterrupt):
        reconnect(
            bench.sign_in(),
            bench.vault,
            bench.config,
            open_browser=interrupt,
            choose=first,
            announce=note,
        )
    assert said[-1] == "Cancelled. Nothing has changed."


def test_a_browser_that_cannot_be_opened_is_no_failure(bench: Any) -> None:
    def broken(url: str) -> None:
        raise OSError("no browser")

    with pytest.raises(Cancelled):
        run(bench, broken, timeout_s=0.1)


def test_a_redirect_can_be_pasted_while_the_callback_waits(bench: Any, consent: Any) -> None:
    reading, writing = os.pipe()
    said: list[str] = []

    def paste(url: str) -> None:
        os.write(writing, b"nonsense\n")
        os.write(writing, f"  {consent(url)}  \n".encode())

    done = run(bench, paste, typed_from=reading, surroundings=Surroundings(ssh=True), said=said)
    os.close(reading)
    os.close(writing)
    assert done.organisation is not None
    port = httpx2.URL(bench.app.redirect_uri).port
    assert f"ssh -L {port}:127.0.0.1:{port} user@host" in said
    assert any("does not begin with" in line for line in said)


def test_an_https_redirect_is_pasted(bench: Any, consent: Any) -> None:
    uri = "https://app.example/callback"
    bench.sandbox.world.register_client("xero", "HTTPS", redirect_uris=(uri,))
    bench.app = replace(bench.app, client_id="HTTPS", redirect_uri=uri)
    bench.vault.delete("app/xero")
    reading, writing = os.pipe()
    run(bench, lambda url: os.write(writing, f"{consent(url)}\n".encode()), typed_from=reading)
    os.close(reading)
    os.close(writing)
    assert bench.stored() is not None
    with pytest.raises(UsageError, match="has to be pasted"):
        run(bench, None)


def test_a_port_that_is_taken_is_named_with_its_holder(bench: Any) -> None:
    import socket

    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", httpx2.URL(bench.app.redirect_uri).port))
        squatter.listen()
        with pytest.raises(UsageError, match=rf"is taken.*process {os.getpid()}"):
            run(bench, None)


def test_a_free_port_is_taken_where_any_is_allowed(bench: Any) -> None:
    oauth = replace(bench.provider.oauth, redirect="any-port")
    provider = replace(bench.provider, oauth=oauth)
    assert redirect_uri(bench.app, provider) == "http://localhost:0/callback"
    assert redirect_uri(bench.app, bench.provider) == bench.app.redirect_uri


def test_a_borrowed_connection_is_refused(bench: Any) -> None:
    bench.connection = replace(bench.connection, ownership=Ownership.BORROWED)
    with pytest.raises(Guarded, match="the product owns it"):
        run(bench, None)


def test_a_provider_without_sign_in_is_refused(bench: Any) -> None:
    bench.provider = replace(bench.provider, oauth=None, actions=("configure", "remove"))
    with pytest.raises(UsageError) as caught:
        run(bench, None)
    assert "configure, remove" in str(caught.value.hint)


def test_a_missing_client_secret_is_said_before_the_browser_opens(bench: Any) -> None:
    oauth = replace(bench.provider.oauth, pkce=False)
    bench.provider = replace(bench.provider, oauth=oauth)
    bench.vault.delete("app/xero")
    with pytest.raises(ConfigError, match="no client secret"):
        run(bench, None)


def test_a_store_that_does_not_work_is_said_before_the_browser_opens(bench: Any) -> None:
    opened: list[str] = []

    def fail() -> None:
        raise StoreError("locked")

    bench.vault.check = fail
    with pytest.raises(StoreError):
        run(bench, opened.append)
    assert opened == []


def test_no_lasting_access_is_refused(bench: Any, consent: Any) -> None:
    bench.app = replace(bench.app, scopes=("accounting.invoices",))
    with pytest.raises(SignInNeeded, match="no refresh token"):
        run(bench, Person(consent))
    assert bench.stored() is None


def test_an_interrupt_tells_the_browser_and_changes_nothing(bench: Any, consent: Any) -> None:
    old = bench.grant()
    person = Person(consent, bench.connection.organisation.id)
    vault_get = bench.vault.get

    def interrupted(key: str) -> Any:
        if key.startswith("connection/"):
            raise KeyboardInterrupt
        return vault_get(key)

    bench.vault.get = interrupted
    with pytest.raises(KeyboardInterrupt):
        run(bench, person)
    bench.vault.get = vault_get
    assert bench.stored() == old
    assert "interrupted" in person.pages[0].text


def test_a_sign_in_can_be_begun_here_and_completed_there(bench: Any, consent: Any) -> None:
    waiting = PendingSignIns(bench.state_dir, bench.vault)
    url, pending = begin_without_person(bench.sign_in(), bench.vault, waiting)
    state = httpx2.URL(url).params["state"]
    assert all(state not in p.read_text() for p in bench.state_dir.rglob("*.json"))
    location = consent(url)
    spent = []
    with pytest.raises(UsageError, match="does not answer this sign-in"):
        complete(
            bench.sign_in(),
            bench.vault,
            bench.config,
            waiting.authorisation(pending),
            location.replace("state=", "state=x"),
            choose=first,
            spent=lambda: spent.append(1),
        )
    assert not spent
    done = complete(
        bench.sign_in(),
        bench.vault,
        bench.config,
        waiting.authorisation(pending),
        location,
        choose=first,
        spent=lambda: waiting.drop(pending),
    )
    assert done.organisation is not None
    with pytest.raises(NotFound):
        waiting.find(pending.id)
    assert not [k for k in tuple(bench.vault.keys()) if k.startswith("pending/")]


def test_no_secret_is_announced_or_raised(bench: Any, consent: Any) -> None:
    said: list[str] = []
    codes: list[str] = []

    def note(location: str) -> Any:
        codes.append(httpx2.URL(location).params["code"])
        bench.sandbox.world.switch_on("provider-down", path="/connections")
        return location

    person = Person(consent, change=note)
    with pytest.raises(TemporaryFailure) as caught:
        run(bench, person, said=said)
    error = caught.value
    shown = "".join(said) + f"{error} {error.hint} {error.exchange}" + person.pages[0].text
    for secret in (*codes, bench.vault.get("app/xero"), "eyJ"):
        assert secret not in shown


def test_the_app_may_be_a_public_client(bench: Any, consent: Any) -> None:
    uri = bench.app.redirect_uri
    bench.sandbox.world.register_client("xero", "PUBLIC", redirect_uris=(uri,))
    bench.app = App("xero", "xero", "PUBLIC", uri, urls=bench.app.urls)
    bench.vault.delete("app/xero")
    run(bench, Person(consent))
    bench.connection = bench.config.connection("acme/xero")
    first = bench.stored().access_token
    bench.expire()
    assert bench.keeper().access_token() == bench.stored().access_token != first


def test_a_revocation_that_fails_harms_nothing(bench: Any, consent: Any) -> None:
    bench.grant()
    oauth = replace(bench.provider.oauth, revoke_ends="token")
    bench.provider = replace(bench.provider, oauth=oauth)
    urls = {**bench.app.urls, "revoke": "http://127.0.0.1:9/revoke"}
    bench.app = replace(bench.app, urls=urls)
    done = run(bench, Person(consent, bench.connection.organisation.id))
    assert not done.revoked_old
    assert bench.stored().access_token == bench.keeper().access_token()


def test_where_organisations_cannot_be_listed_none_is_compared(bench: Any, consent: Any) -> None:
    bench.provider = replace(bench.provider, id="unlisted")
    done = run(bench, Person(consent))
    assert done.organisation is None
    assert done.remark == "Xero does not say what was joined."
    with pytest.raises(UsageError, match="none can be asked for"):
        run(bench, None, organisation="Demo Company (UK)")


def test_names_from_outside_cannot_steer_the_terminal(bench: Any, monkeypatch: Any) -> None:
    from syncdoctor.auth import organisations
    from syncdoctor.model import Organisation

    body = bench.sandbox.world.connect("xero", client_id="CLIENT")
    token = Token(body["access_token"], body["refresh_token"])

    class Lister:
        @staticmethod
        def from_answer(body: Any, event: str | None = None) -> tuple[Organisation, ...]:
            return (Organisation("1", "A\x1b[2J\r\nB\u202e"),)

    monkeypatch.setattr(organisations, "lister_of", lambda provider: Lister)
    seen = organisations.seen_by(token, bench.app, bench.provider, "acme/xero")
    assert seen is not None
    assert seen.every == (Organisation("1", "A [2J B"),)


def test_a_signal_while_the_token_is_stored_acts_after_the_browser_was_told(
    bench: Any, consent: Any
) -> None:
    """Ctrl-C in the very moment of storing: all is stored, the page says so, then it acts."""
    person = Person(consent)
    put = bench.vault.put

    def interrupted(key: str, value: str) -> None:
        signal.raise_signal(signal.SIGINT)
        put(key, value)

    bench.vault.put = interrupted
    with pytest.raises(KeyboardInterrupt):
        run(bench, person)
    bench.vault.put = put
    assert bench.stored() is not None
    assert bench.config.connection("acme/xero").organisation is not None
    assert "Xero is connected" in person.pages[0].text
