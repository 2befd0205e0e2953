"""Which organisation a new grant is for: asked, compared with the one before, chosen.

A provider that can list what a token sees has a module ``providers/NAME/organisations.py`` with
``from_answer(body, event=None) -> tuple[Organisation, ...]`` and, where the provider knows such
things, ``event_of(access_token)`` and ``link_of(body, organisation_id)``. What is asked is the
probe ``identity`` of its facts. Where a redirect names the organisation, the module has
``from_redirect(parameters) -> Organisation | None`` and, if that organisation may refuse a token
that works, ``wants_more(status, body) -> str | None``: what is still to be given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.auth.token import REFUSING_STATUSES, said
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import Guarded, NotFound
from syncdoctor.model import App, Connection, Organisation

if TYPE_CHECKING:
    from syncdoctor.auth.token import Token
    from syncdoctor.wire.client import Answer, Client
    from syncdoctor.wire.limits import Limiter

Choose = Callable[[Sequence[Organisation]], Organisation]


class Lister(Protocol):
    """A provider's module ``organisations``."""

    def from_answer(self, body: Any, event: str | None = None) -> tuple[Organisation, ...]:
        """The organisations in the answer; with ``event``, those of that consent alone."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a token may see: all organisations, and those that this very consent was for."""

    every: tuple[Organisation, ...]
    consented: tuple[Organisation, ...]
    remark: str | None = None  # what a person has still to do


def lister_of(provider: Provider) -> Lister | None:
    """The provider's module, or None when its organisations cannot be listed."""
    name = f"syncdoctor.providers.{provider.id.replace('-', '_')}.organisations"
    try:
        found = find_spec(name)
    except ModuleNotFoundError:
        found = None
    module: Any = import_module(name) if found else None
    lister: Lister | None = module
    return lister


def identity_answer(client: Client, provider: Provider) -> Answer:
    """Ask the provider what the token may see."""
    probe = next((p for p in provider.probes if p.name == "identity"), None)
    if probe is None:
        return client.send("GET", base="connections")
    return client.send(probe.method, probe.path, base=probe.base)


@dataclass(frozen=True, slots=True)
class Told:
    """What is known besides the token: the redirect's parameters, headers to send, the limits."""

    redirect: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    limiter: Limiter | None = None


def seen_by(
    token: Token, app: App, provider: Provider, target: str, told: Told | None = None
) -> Seen | None:
    """What a new token may see; None when the provider cannot say.

    Raises:
        TokenRefused, TokenDelayed: the new token did not work, so that it is not proven.
    """
    from syncdoctor.wire.client import Client
    from syncdoctor.wire.limits import too_many

    lister = lister_of(provider)
    if lister is None:
        return None  # the connection goes on with the organisation that it had
    told = told or Told()
    named = _named_in(lister, told.redirect)
    with Client(
        provider,
        app,
        token=lambda _: token.access_token,
        organisation=named,
        limiter=told.limiter,
        tries=3,
    ) as client:
        client.keep_secret(token.access_token, token.refresh_token or "")
        client.also_send(told.headers)
        answer = identity_answer(client, provider)
    wanted = _wanted(lister, named, answer)
    if named is not None and (answer.ok or wanted):
        return Seen((named,), (named,), wanted)
    if not answer.ok or not isinstance(answer.body, (dict, list)):
        words, again = said(answer.exchange), f"syncdoctor reconnect {target}"
        if answer.status in REFUSING_STATUSES and not too_many(provider, answer.exchange):
            raise TokenRefused(
                f"{provider.name} did not accept the new token: {words}. Nothing has changed.",
                f"syncdoctor diagnose {target}",
                exchange=answer.exchange,
            )
        raise TokenDelayed(
            f"{provider.name} did not say which {provider.organisation_word} was joined: {words}."
            " Nothing has changed.",
            again,
            exchange=answer.exchange,
        )
    every = _printable(lister.from_answer(answer.body))
    event_of = getattr(lister, "event_of", None)
    event = event_of(token.access_token) if event_of else None
    consented = lister.from_answer(answer.body, event) if event else ()
    return Seen(every, _printable(consented) or every)


def seen_in(provider: Provider, body: Any) -> Seen | None:
    """What the answer of the identity probe shows; None when it can show nothing."""
    lister = lister_of(provider)
    if lister is None:
        return None
    every = _printable(lister.from_answer(body))
    # A connection that needs no organisation goes on without one that nobody named.
    return Seen(every, every) if every or "organisation" in provider.required_settings else None


def _named_in(lister: Lister, redirect: Mapping[str, str]) -> Organisation | None:
    """The organisation that a redirect names, where the provider's redirects do."""
    from_redirect = getattr(lister, "from_redirect", None)
    named = from_redirect(redirect) if from_redirect else None
    return _printable((named,))[0] if named else None


def _wanted(lister: Lister, named: Organisation | None, answer: Answer) -> str | None:
    """What the named organisation asks for besides the token, which is none of its failures."""
    wants_more = getattr(lister, "wants_more", None)
    if named is None or answer.ok or wants_more is None:
        return None
    words: str | None = wants_more(answer.status, answer.body)
    return words


def _printable(organisations: Sequence[Organisation]) -> tuple[Organisation, ...]:
    """Names come from outside and reach a terminal: no control characters, nothing invisible."""
    return tuple(
        Organisation(o.id, " ".join("".join(c if c.isprintable() else " " for c in o.name).split()))
        for o in organisations
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """How the organisation is to be chosen."""

    wanted: str | None  # id or name
    allow_other: bool
    choose: Choose


def select(
    seen: Seen, connection: Connection, provider: Provider, selection: Selection
) -> Organisation:
    """The organisation that the connection is for from now on.

    Raises:
        TokenRefused: the token sees none.
        NotFound: the wanted one is not among those that it sees, or not the only one of its name.
        Guarded: it is another than before, and that was not allowed.
    """
    before, word = connection.organisation, provider.organisation_word
    if not seen.every:
        raise TokenRefused(
            f"The sign-in gave access to no {word}. Nothing has changed.",
            f"Sign in again and choose the {word}: syncdoctor reconnect {connection.target}",
        )
    if selection.wanted is not None:
        chosen = _named(selection.wanted, seen.every, word)
    elif before is not None:
        same = [o for o in seen.every if o.id == before.id]
        if not same and not selection.allow_other:
            raise _another(before, seen.consented, connection, word)
        chosen = same[0] if same else _one_of(seen.consented, selection)
    else:
        chosen = _one_of(seen.consented, selection)
    if before is not None and chosen.id != before.id and not selection.allow_other:
        raise _another(before, (chosen,), connection, word)
    return chosen


def _named(wanted: str, organisations: Sequence[Organisation], word: str) -> Organisation:
    exact = [o for o in organisations if o.id == wanted]
    found = exact or [o for o in organisations if o.name.casefold() == wanted.casefold()]
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{o.name} ({o.id})" for o in found or organisations)
    what = "is the name of several" if found else "is not among those that the sign-in gave"
    raise NotFound(f"{wanted!r} {what}: {known}.", f"--organisation with the id of the {word}")


def _one_of(organisations: Sequence[Organisation], selection: Selection) -> Organisation:
    return organisations[0] if len(organisations) == 1 else selection.choose(organisations)


def _another(
    before: Organisation, now: Sequence[Organisation], connection: Connection, word: str
) -> Guarded:
    names = ", ".join(f"{o.name} ({o.id})" for o in now)
    return Guarded(
        f"{connection.target} is for the {word} {before.name} ({before.id}), "
        f"but the sign-in was for {names}. Nothing has changed.",
        f"Sign in again and choose {before.name}; if the change is meant: "
        f"syncdoctor reconnect {connection.target} --allow-other-organisation",
    )
