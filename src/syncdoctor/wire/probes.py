"""Runs a provider's read-only probes. A probe that crashes is a result, and takes none down."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import quote

from syncdoctor.engine.provider import Probe, Provider
from syncdoctor.errors import CouldNotCheck, SignInNeeded, TemporaryFailure
from syncdoctor.model import Check, Connection
from syncdoctor.wire.client import Answer, Client

OK = "ok"
PROBLEM = "problem"
SKIPPED = "skipped"
CRASHED = "crashed"
TIMED_OUT = "timed-out"
BAD_FACTS = (
    "organisation_missing",
    "setting_missing",
    "setting_gone",
    "permission_missing",
    "verification",
)

_SETTING = re.compile(r"\{(\w+)\}")

FactReader = Callable[[str, Any, Connection], Mapping[str, Any]]


def fact_reader(provider: Provider) -> FactReader:
    """The provider's own reading of its probes' answers; one that knows nothing if it has none.

    A module that has ``facts_at`` in place of ``facts`` is told the time first.
    """
    room = _room(provider)
    if timed := getattr(room, "facts_at", None):
        return lambda *asked: timed(datetime.now(UTC), *asked)
    reader: FactReader = room.facts if room else _knows_nothing
    return reader


def refusal_reader(provider: Provider) -> FactReader:
    """The provider's own reading of a probe that was refused, where it has a ``refusal``.

    By then a refused token was renewed, and the probes that this one needs were answered.
    """
    reader: FactReader = getattr(_room(provider), "refusal", _knows_nothing)
    return reader


def choices(client: Client, provider: Provider, setting: str) -> list[tuple[str, str]]:
    """What the provider offers for a setting, value and name; empty when nobody can say.

    Raises:
        CouldNotCheck: when the provider did not answer.
    """
    room = _room(provider)
    source = getattr(room, "CHOSEN_FROM", {}).get(setting)
    probe = next((p for p in provider.probes if p.name == source), None)
    if room is None or probe is None:
        return []
    answer = client.send(probe.method, probe.path, base=probe.base)
    if not answer.ok:
        raise CouldNotCheck(
            f"{provider.name} did not say what may be chosen for {setting.replace('_', ' ')}.",
            "syncdoctor diagnose TARGET",
        )
    offered: list[tuple[str, str]] = room.choices(setting, answer.body)
    return offered


def _room(provider: Provider) -> ModuleType | None:
    try:
        return import_module(f"syncdoctor.providers.{provider.id.replace('-', '_')}.probes")
    except ModuleNotFoundError:
        return None


def _knows_nothing(_probe: str, _body: Any, _connection: Connection) -> Mapping[str, Any]:
    return {}


def run(
    client: Client,
    connection: Connection,
    *,
    only: Iterable[str] | None = None,
    told: Callable[[Check], None] | None = None,
) -> tuple[Check, ...]:
    """Ask every probe of the client's provider in order.

    Args:
        only: names of the probes to ask, with those that they need; None for all.
        told: called with each check when it is known.
    """
    wanted = _with_needs(client.provider.probes, only)
    read_facts = fact_reader(client.provider)
    checks: dict[str, Check] = {}
    for probe in client.provider.probes:
        if probe.name not in wanted:
            continue
        failed = [need for need in probe.needs if need in checks and checks[need].outcome != OK]
        if failed:
            check = Check(probe.name, SKIPPED, f"not asked: {failed[0]} failed")
        elif client.time_is_up:
            late = f"not asked: the {client.line.total_s:.0f} s for all checks were over"
            check = Check(probe.name, TIMED_OUT, late)
        else:
            check = _ask(client, connection, probe, read_facts)
        checks[probe.name] = check
        if told is not None:
            told(check)
    return tuple(checks.values())


def _ask(client: Client, connection: Connection, probe: Probe, read_facts: FactReader) -> Check:
    path = _path(probe, connection)
    if path is None:
        return Check(probe.name, SKIPPED, "not asked: a setting that it needs was not chosen")
    try:
        answer = client.send(probe.method, path, base=probe.base)
        _must_be_whole(answer, client.provider)
        read = read_facts if answer.ok else refusal_reader(client.provider)
        facts = dict(read(probe.name, answer.body, connection))
    except (SignInNeeded, TemporaryFailure) as error:
        # The token was refused half-way and could not be renewed.
        unasked = error.exchange is None and isinstance(error, TemporaryFailure)
        outcome = TIMED_OUT if unasked else PROBLEM  # our own limit, which says nothing of it
        return Check(probe.name, outcome, error.message, error.exchange)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # The answer has a shape that nobody knows: said as such, the other probes go on.
        return Check(
            probe.name,
            CRASHED,
            f"the answer could not be read ({type(error).__name__})",
            client.exchanges[-1] if client.exchanges else None,
        )
    if answer.status in probe.fine:
        return Check(probe.name, OK, probe.summary)  # an answer, but none that a rule may judge
    seen = str(facts.pop("seen", probe.summary))
    noted = str(facts.pop("noted", probe.summary))
    outcome = _outcome(answer, facts)
    wrong = outcome == PROBLEM and answer.ok
    return Check(probe.name, outcome, seen if wrong else noted, answer.exchange, facts)


def _must_be_whole(answer: Answer, provider: Provider) -> None:
    """Half a body, or a gateway's page, says nothing: the APIs that are signed in to speak JSON."""
    if answer.ok and isinstance(answer.body, str) and provider.oauth is not None:
        raise ValueError("no JSON")


def _path(probe: Probe, connection: Connection) -> str | None:
    """The probe's path with the connection's settings in it; None when one was not chosen."""
    try:
        return _SETTING.sub(lambda found: quote(str(connection.settings[found[1]]), ""), probe.path)
    except KeyError:
        return None


def _outcome(answer: Answer, facts: Mapping[str, Any]) -> str:
    # Without an organisation the probes that rest on this one would only say so in other words.
    bad = facts.get("organisation_chosen") is False or any(facts.get(fact) for fact in BAD_FACTS)
    return OK if answer.ok and not bad else PROBLEM


def _with_needs(probes: tuple[Probe, ...], only: Iterable[str] | None) -> set[str]:
    if only is None:
        return {probe.name for probe in probes}
    wanted = set(only)
    for probe in reversed(probes):
        if probe.name in wanted:
            wanted.update(probe.needs)
    return wanted
