"""Renewing a connection's authorisation: consent, code, token, organisation, and only then change.

Whatever fails on the way leaves the connection, its token and its grant as they were.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syncdoctor.auth.authorisation import (
    Authorisation,
    authorise,
    code_in,
    is_loopback,
    redirect_uri,
)
from syncdoctor.auth.grant import Grant, prove_and_keep
from syncdoctor.auth.loopback import Loopback
from syncdoctor.auth.organisations import Choose, Selection, lister_of
from syncdoctor.auth.outcome import failed_page, interrupted_page, joined_page
from syncdoctor.auth.pages import Page
from syncdoctor.auth.surroundings import Surroundings
from syncdoctor.auth.token_requests import TokenRequests, oauth_of
from syncdoctor.auth.typed_lines import TypedLines
from syncdoctor.engine.data_centre import named_in, placed
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Cancelled, Guarded, SyncdoctorError, UsageError
from syncdoctor.model import App, Connection, Organisation, Ownership

if TYPE_CHECKING:
    from syncdoctor.auth.pending import Pending, PendingSignIns
    from syncdoctor.auth.vault import Vault
    from syncdoctor.config import Config

TIMEOUT_S = 300.0
UNHEARD_PORT = 8765


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-in is about and how it may go. Times are in seconds."""

    connection: Connection
    app: App
    provider: Provider
    state_dir: Path
    organisation: str | None = None  # id or name
    allow_other_organisation: bool = False
    timeout_s: float = TIMEOUT_S
    surroundings: Surroundings = field(default_factory=Surroundings)
    typed_from: int | None = None  # the descriptor at which a redirect URL may be pasted


@dataclass(frozen=True, slots=True)
class Reconnected:
    """What came of it: the connection as it is now saved, and what became of the old grant."""

    connection: Connection
    organisation: Organisation | None
    revoked_old: bool
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class _Redirect:
    parameters: Mapping[str, str]
    show: Callable[[Page], None]


def reconnect(
    sign_in: SignIn,
    vault: Vault,
    config: Config,
    *,
    open_browser: Callable[[str], None] | None,
    choose: Choose,
    announce: Callable[[str], None],
) -> Reconnected:
    """Renew an authorisation with a person at a browser.

    Args:
        sign_in: what it is about.
        vault: where the token goes.
        config: where the organisation goes.
        open_browser: opens a URL, None where no browser should be opened.
        choose: picks one of several organisations.
        announce: shows a line to the person.

    Raises:
        SyncdoctorError: nothing has changed; ``hint`` is the next command.
    """
    with ExitStack() as stack:
        requests = stack.enter_context(closing(begin(sign_in, vault)))
        loopback = _listen(sign_in, stack, announce)
        uri = loopback.redirect_uri if loopback else redirect_uri(sign_in.app, sign_in.provider)
        authorisation = authorise(sign_in.app, sign_in.provider, uri)
        answers: queue.Queue[_Redirect] = queue.Queue()
        if loopback is not None:
            show = loopback.show
            loopback.listen(
                authorisation.answered_by, lambda given: answers.put(_Redirect(given, show))
            )
        _invite(sign_in, authorisation, loopback, announce)
        with ExitStack() as typing:  # ends before a choice is asked for at the same terminal
            if sign_in.typed_from is not None:
                give = _paste_into(answers, authorisation, announce)
                typing.enter_context(TypedLines(sign_in.typed_from, give))
            if open_browser is not None:
                _open(open_browser, authorisation.url)
            redirect = _await(answers, sign_in, announce)
        announce("The answer has come; checking it.")
        return _finish(sign_in, vault, config, requests, authorisation, redirect, choose)


def begin(sign_in: SignIn, vault: Vault) -> TokenRequests:
    """Check everything that can be checked before a person is sent to sign in."""
    from syncdoctor.wire.client import Client

    connection, provider = sign_in.connection, sign_in.provider
    oauth_of(provider)
    if "reconnect" not in provider.actions:
        raise UsageError(
            f"{connection.target} cannot be reconnected.",
            f"A connection of this type can: {', '.join(provider.actions) or 'nothing'}.",
        )
    if connection.ownership is Ownership.BORROWED or connection.settings.get("token_command"):
        raise Guarded(
            f"The token of {connection.target} is borrowed: the product owns it.",
            "Reconnect in the product.",
        )
    if sign_in.organisation is not None and lister_of(provider) is None:
        raise UsageError(
            f"{provider.name} does not say which {provider.organisation_word} was joined, "
            "so none can be asked for.",
            f"syncdoctor reconnect {connection.target}",
        )
    vault.check()
    return TokenRequests(sign_in.app, provider, vault, Client(provider, sign_in.app))


def begin_without_person(
    sign_in: SignIn, vault: Vault, waiting: PendingSignIns
) -> tuple[str, Pending]:
    """Begin a sign-in that somebody completes later; the URL to open, and what is kept."""
    begin(sign_in, vault).close()
    uri = redirect_uri(sign_in.app, sign_in.provider)
    if urlsplit(uri).port == 0:  # nobody listens: any port that is not in use by chance will do
        parts = urlsplit(uri)
        uri = parts._replace(netloc=f"{parts.hostname}:{UNHEARD_PORT}").geturl()
    authorisation = authorise(sign_in.app, sign_in.provider, uri)
    return authorisation.url, waiting.keep(sign_in.connection, authorisation)


def complete(
    sign_in: SignIn,
    vault: Vault,
    config: Config,
    authorisation: Authorisation,
    pasted: str,
    *,
    choose: Choose,
    spent: Callable[[], None],
) -> Reconnected:
    """Finish a sign-in that was begun earlier, with the redirect URL that the person pasted.

    ``spent`` is called once the URL was found right: its code can be used only once.
    """
    parameters = authorisation.parameters_of(pasted)
    with closing(begin(sign_in, vault)) as requests:
        spent()
        redirect = _Redirect(parameters, lambda _: None)
        return _finish(sign_in, vault, config, requests, authorisation, redirect, choose)


def _listen(sign_in: SignIn, stack: ExitStack, announce: Callable[[str], None]) -> Loopback | None:
    """The callback server; None where the redirect does not come to this machine."""
    uri = redirect_uri(sign_in.app, sign_in.provider)
    pasting = sign_in.typed_from is not None
    if oauth_of(sign_in.provider).redirect == "https" or not is_loopback(uri):
        if not pasting:
            raise UsageError(
                f"{sign_in.provider.name} sends the answer to {uri}, which has to be pasted here.",
                f"syncdoctor reconnect {sign_in.connection.target} --non-interactive",
            )
        return None
    try:
        return stack.enter_context(Loopback(uri))
    except UsageError as error:
        if not pasting:
            raise
        announce(f"{error.message} Paste the address instead.")
        return None


def _invite(
    sign_in: SignIn,
    authorisation: Authorisation,
    loopback: Loopback | None,
    announce: Callable[[str], None],
) -> None:
    announce(f"Sign in to {sign_in.provider.name} for {sign_in.connection.target} here:")
    announce(authorisation.url)
    tunnel = sign_in.surroundings.tunnel(loopback.port) if loopback else None
    if tunnel:
        announce("If the browser is on another machine, run this there first:")
        announce(tunnel)
    if sign_in.typed_from is not None and (tunnel or not loopback):
        first = "Or" if loopback else "Then"  # nothing but a pasted address can come
        announce(f"{first} paste here the whole address that the browser ends at, and press Enter.")
    announce(f"Waiting {_span(sign_in.timeout_s)}; Ctrl-C cancels.")


def _paste_into(
    answers: queue.Queue[_Redirect],
    authorisation: Authorisation,
    announce: Callable[[str], None],
) -> Callable[[str], None]:
    def give(line: str) -> None:
        try:
            parameters = authorisation.parameters_of(line)
        except UsageError as error:
            announce(f"{error.message} {error.hint}")
            return
        answers.put(_Redirect(parameters, lambda _: None))

    return give


def _open(open_browser: Callable[[str], None], url: str) -> None:
    """Open the browser beside the waiting: a text browser would hold the terminal."""

    def run() -> None:
        with suppress(Exception):  # the URL was printed; a browser that fails is no failure
            open_browser(url)

    threading.Thread(target=run, name="open-browser", daemon=True).start()


def _span(seconds: float) -> str:
    whole = seconds >= 60 and seconds % 60 == 0  # noqa: PLR2004 - a minute
    number, word = (seconds / 60, "minute") if whole else (seconds, "second")
    return f"{number:g} {word}{'' if number == 1 else 's'}"


def _await(
    answers: queue.Queue[_Redirect], sign_in: SignIn, announce: Callable[[str], None]
) -> _Redirect:
    try:
        return answers.get(timeout=sign_in.timeout_s)
    except KeyboardInterrupt:
        announce("Cancelled. Nothing has changed.")
        raise
    except queue.Empty:
        raise Cancelled(
            f"Nobody signed in within {_span(sign_in.timeout_s)}. Nothing has changed.",
            f"syncdoctor reconnect {sign_in.connection.target}",
        ) from None


def _finish(
    sign_in: SignIn,
    vault: Vault,
    config: Config,
    requests: TokenRequests,
    authorisation: Authorisation,
    redirect: _Redirect,
    choose: Choose,
) -> Reconnected:
    """From the redirect to the stored token; the browser is told only when all is done."""
    connection, provider = sign_in.connection, sign_in.provider
    try:
        code = code_in(
            redirect.parameters, authorisation.redirect_uri, provider.id, connection.target
        )
        requests.ask_at(placed(provider, named_in(provider, redirect.parameters)))
        where = (sign_in.state_dir, vault, config, requests, redirect.parameters)
        grant = Grant(connection, sign_in.app, provider, *where)
        selection = Selection(sign_in.organisation, sign_in.allow_other_organisation, choose)
        kept = prove_and_keep(
            grant,
            lambda: requests.exchange(code, authorisation.redirect_uri, authorisation.verifier),
            selection,
            lambda joined: redirect.show(joined_page(joined, provider)),
        )
    except SyncdoctorError as error:
        redirect.show(failed_page(error))
        raise
    except BaseException:
        redirect.show(interrupted_page())
        raise
    return Reconnected(kept.connection, kept.organisation, kept.revoked_old, kept.remark)
