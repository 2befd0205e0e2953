"""The generated page of the providers: what each of them supports, from its facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from syncdoctor.engine.provider import Limits, Provider
from syncdoctor.model import CredentialKind, State
from syncdoctor.render.scenarios_page import Met

CREDENTIALS = {
    CredentialKind.OAUTH: "sign-in in the browser",
    CredentialKind.TOKEN: "access token",
    CredentialKind.KEY: "API key",
    CredentialKind.SECRET: "signing secret",
    CredentialKind.FEED: "address of an iCal feed",
}
YEAR_S = 31_536_000


def providers_page(providers: Iterable[Provider], met: Met) -> str:
    """Two tables, with a row for each provider.

    Args:
        providers: their facts.
        met: what the walk over all scenarios kept; the states are those that it met.
    """
    known = sorted(providers, key=lambda provider: provider.name)
    lines = [
        "# Providers",
        "",
        "What each provider supports, made from its `facts.toml`; each name leads to the page that",
        "says where the facts come from. The states are those that were met when every",
        "[scenario](scenarios.md) was played.",
        "",
        "| provider | records | actions | settings that must be chosen | states |",
        "| --- | --- | --- | --- | --- |",
        *(_supports(provider, met) for provider in known),
        "",
        "How each is spoken to. Limits count for each organisation unless it says otherwise.",
        "",
        "| provider | credential | renewed | calls | records in a request | key of a request |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_speaks(provider) for provider in known),
        "",
        "By the key of a request the provider knows one again that is sent twice because its",
        "answer was lost. Where there is none, a record is asked for before it is made.",
    ]
    return "\n".join(lines) + "\n"


def _supports(provider: Provider, met: Met) -> str:
    shown = {row["state"] for row in met.get(provider.id, {}).values()}
    return _row(
        f"[{provider.name}](providers/{provider.id}.md)",
        _words(provider.record_kinds),
        _words(provider.actions),
        _codes(provider.required_settings),
        _codes(state for state in State if state in shown) if shown else "not played",
    )


def _speaks(provider: Provider) -> str:
    batch = provider.limits.batch
    return _row(
        provider.name,
        _words(CREDENTIALS[kind] for kind in provider.credentials),
        _renewed(provider),
        _words(_calls(provider.limits)),
        f"{batch:,}",
        _codes([provider.idempotency_header] if provider.idempotency_header else []),
    )


def _renewed(provider: Provider) -> str:
    facts = provider.oauth
    if facts is None or facts.access_lifetime_s >= YEAR_S:
        return "never"
    lifetime = f"every {facts.access_lifetime_s // 60} minutes"
    if facts.renewals is not None:
        minutes = facts.renewals.seconds // 60
        within = "a minute" if minutes == 1 else f"{minutes} minutes"
        return f"{lifetime}, at most {facts.renewals.count} times in {within}"
    return lifetime


def _calls(limits: Limits) -> Iterator[str]:
    for number, words in (
        (limits.concurrent, "at once"),
        (limits.per_second, "a second"),
        (limits.per_minute, "a minute"),
        (limits.per_hour, "an hour"),
        (limits.per_day, "a day"),
    ):
        if number is not None:
            yield f"{number:,} {words}"
    if limits.counted_for == "app":
        yield "for the whole app"


def _words(items: Iterable[str]) -> str:
    return ", ".join(items) or "—"


def _codes(items: Iterable[str]) -> str:
    return _words(f"`{item}`" for item in items)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
