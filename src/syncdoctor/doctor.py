"""The order of the steps: what is known, the token, the probes, the judgement, the state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from syncdoctor import local_checks
from syncdoctor.auth.credential import word
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.judge import judge, recalled
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import UsageError
from syncdoctor.model import (
    Cause,
    Check,
    Confidence,
    Connection,
    CredentialKind,
    Diagnosis,
    Exchange,
    Finding,
    Severity,
    State,
)
from syncdoctor.resync.verdicts import OF_RECORDS
from syncdoctor.session import Session
from syncdoctor.states import STATE_OF, UNASKED, Case
from syncdoctor.wire import status_page
from syncdoctor.wire.address import nowhere

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)
# What must be mended first comes first: without a sign-in no setting can be looked at.
_STATES = (
    State.INACTIVE,
    State.RECONNECT_NEEDED,
    State.UNKNOWN,
    State.SETUP_NEEDED,
    State.VERIFYING,
    State.LAST_SYNC_FAILED,
)
_SURENESS = (Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE)

Open = Callable[[Connection], Session]
Told = Callable[[Check], None]


def diagnose(
    case: Case,
    catalogue: Catalogue,
    open_session: Open,
    *,
    only: Iterable[str] | None = None,
    told: Told | None = None,
    write: Callable[[Case], Check] | None = None,
) -> Diagnosis:
    """Check one connection and judge what was found.

    ``write`` makes the check that writes a draft; without it nothing is changed anywhere.

    Raises:
        StoreError: when the token store cannot be read; nothing else can be checked then.
    """
    wanted = None if only is None else set(only)
    checks = [c for c in local_checks.run(case) if wanted is None or c.name in wanted]
    for check in checks:
        _tell(told, check)
    asked = _asked(case, open_session, wanted, told)
    if any(check.name == local_checks.DOUBLES for check in asked):  # the provider knows better
        checks = [c for c in checks if c.name != local_checks.DOUBLES or c.outcome != "ok"]
    checks.extend(asked)
    if write is not None:
        checks.append(_written(case, checks, write))
        _tell(told, checks[-1])
    found = conclude(case, catalogue, checks)
    feed = case.connection.credential is CredentialKind.FEED  # whose host has no page of its own
    outage = (
        wanted is None
        and not feed
        and any(f.cause is Cause.PROVIDER_OUTAGE for f in found.findings)
    )
    if outage or (wanted is not None and status_page.NAME in wanted):
        page = _status_page(case, open_session)
        _tell(told, page)
        found = _with_status_page(case, catalogue, found, page)
    return found


def _status_page(case: Case, open_session: Open) -> Check:
    """What the provider's public status page says; a stand-in has none unless the app names it."""
    with open_session(case.connection) as session:
        own = session.client.app.urls
    url = own.get("status") or (None if own.get("api") else case.provider.urls.get("status"))
    if url is None:
        return Check(status_page.NAME, "skipped", "there is no status page to read")
    return status_page.read(url)


def _with_status_page(case: Case, catalogue: Catalogue, found: Diagnosis, page: Check) -> Diagnosis:
    """The diagnosis with the page's word: an outage that was met and is published is certain."""
    checks = [*found.checks, page]
    if not any(f.cause is Cause.PROVIDER_OUTAGE for f in found.findings):
        return conclude(case, catalogue, checks)
    findings = found.findings
    if page.facts.get("incident_published"):
        findings = tuple(
            replace(f, confidence=Confidence.CERTAIN, also=())
            if f.cause is Cause.PROVIDER_OUTAGE
            else f
            for f in findings
        )
    return replace(found, checks=tuple(checks), findings=findings)


def conclude(case: Case, catalogue: Catalogue, checks: list[Check]) -> Diagnosis:
    """Judge the checks and add them up to a state."""
    findings = _ranked(_findings(case, catalogue, checks))
    if not any(finding.severity is Severity.ERROR for finding in findings):
        findings = [*_of_last_sync(case, catalogue, checks), *findings]
    return Diagnosis(
        target=case.connection.target,
        state=_state(findings, checks),
        findings=tuple(findings),
        checks=tuple(checks),
        ruled_out=_ruled_out(case.provider, findings, checks),
        at=datetime.now(UTC),
        exchanges=tuple(c.exchange for c in checks if c.exchange is not None),
    )


def judge_exchanges(case: Case, catalogue: Catalogue, exchanges: Iterable[Exchange]) -> Diagnosis:
    """The diagnosis of exchanges from a file: nothing is asked, nobody is called."""
    checks = [
        Check(f"exchange-{number}", "given", exchange.url or "as given", exchange)
        for number, exchange in enumerate(exchanges, 1)
    ]
    return conclude(case, catalogue, checks)


def _written(case: Case, checks: list[Check], write: Callable[[Case], Check]) -> Check:
    """The write test, where the token allows one."""
    if any(check.name == "token" and check.outcome != "ok" for check in checks):
        return Check("write-test", "skipped", "no draft was made: there is no valid token")
    return write(case)


def _tell(told: Told | None, check: Check) -> None:
    if told is not None:
        told(check)


def _asked(
    case: Case, open_session: Open, wanted: set[str] | None, told: Told | None
) -> list[Check]:
    """The token's check and the provider's probes."""
    from syncdoctor.wire import probes

    names = {probe.name for probe in case.provider.probes}
    if wanted is not None and not wanted & {"token", local_checks.DOUBLES, *names}:
        return []
    if nowhere(case.provider, case.connection):
        return []  # the workspace's own checks say so
    with open_session(case.connection) as session:
        token = _token_check(session, case.connection)
        _tell(told, token)
        if token.outcome != probes.OK:
            return [token]
        if case.connection.credential is CredentialKind.FEED:
            return [token, *_feed_checks(case, session, told)]
        only = None if wanted is None else wanted & names
        found = [token, *probes.run(session.client, case.connection, only=only, told=told)]
        good = all(check.outcome == probes.OK for check in found)
        doubles = local_checks.ask_for_doubles(case, session.client) if good else None
        return [*found, doubles] if doubles else found


def _feed_checks(case: Case, session: Session, told: Told | None) -> Iterator[Check]:
    """A feed is read, and nothing else; what is fresh follows the rhythm of the tier."""
    from syncdoctor.wire import feed

    tier = local_checks.tier_of(case)
    rhythm = timedelta(hours=tier[1]) if tier else None
    try:
        found = feed.checks(session.keeper.access_token(), datetime.now(UTC), rhythm)
    except UsageError as error:
        found = (Check("feed", "problem", error.message, facts={"feed": "unreadable"}),)
    for check in found:
        _tell(told, check)
        yield check


def _token_check(session: Session, connection: Connection) -> Check:
    try:
        session.keeper.access_token()
    except (TokenRefused, TokenDelayed) as error:
        facts = {} if error.exchange else _token_facts(session, error)
        return Check("token", "problem", error.message, error.exchange, facts)
    fine = "the token is valid, renewed where need be"
    if connection.credential is not CredentialKind.OAUTH:
        fine = f"the {word(connection)} is in the store"
    return Check("token", "ok", fine)


def _token_facts(session: Session, error: Exception) -> dict[str, bool]:
    absent = session.keeper.stored() is None
    return {"no_token": absent, "refresh_token_lapsed": isinstance(error, TokenRefused)}


def _findings(case: Case, catalogue: Catalogue, checks: list[Check]) -> Iterator[Finding]:
    for check in checks:
        if check.name == local_checks.SOURCE and check.outcome == "problem" and not check.facts:
            yield local_checks.no_source(case, check)
        nothing_seen = check.exchange is None and not check.facts
        if nothing_seen or check.outcome in {"skipped", "to-ask", "timed-out"}:
            continue
        exchange = check.exchange or Exchange(provider=case.provider.id)
        for finding in judge(
            catalogue,
            case.guide,
            exchange,
            facts=check.facts,
            connection=case.connection,
            provider=case.provider.id,
        ):
            # A good answer shows what is wrong by what it holds: the check says it in words.
            shown = check.facts and not check.facts.get("after_refresh")
            said = check.summary if shown else finding.said
            yield replace(finding, check=check.name, said=said)


def _of_last_sync(case: Case, catalogue: Catalogue, checks: list[Check]) -> Iterator[Finding]:
    """What ended the last sync; where the checks disprove it, a resync is what is left to do."""
    failed = next((check for check in checks if check.facts.get("last_sync_failed")), None)
    if failed is None:
        return
    cause = case.last_sync.cause if case.last_sync else None
    of_connection = cause in {*STATE_OF, Cause.SIGNATURE_INVALID}
    disproved = cause not in OF_RECORDS and cause in _disproved(case.provider, checks)
    if cause is None or of_connection or disproved:
        yield local_checks.failed_sync(case, failed)
    else:
        finding = recalled(catalogue, case.guide, case.connection, cause, failed.summary)
        yield replace(finding, check=failed.name)


def _ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first, then what must be mended first; of equal ones that of the earlier check."""
    first: dict[tuple[str | None, Cause], Finding] = {}
    for finding in findings:
        first.setdefault((finding.rule, finding.cause), finding)
    return sorted(
        first.values(),
        key=lambda f: (
            _ORDER.index(f.severity),
            _STATES.index(_state_of(f)),
            _SURENESS.index(f.confidence),
        ),
    )


def _state_of(finding: Finding) -> State:
    if finding.check in local_checks.OF_SYNCS:
        return State.LAST_SYNC_FAILED
    return STATE_OF.get(finding.cause, State.LAST_SYNC_FAILED)


def _told(finding: Finding) -> bool:
    """Whether an answer told it: what is seen in the product alone says what may go wrong."""
    made = finding.exchange
    return made is not None and (bool(made.url) or made.status is not None)


def _state(findings: list[Finding], checks: list[Check]) -> State:
    """The state that the findings add up to; ``findings`` are ranked."""
    if any(check.facts.get("connection_disabled") for check in checks):
        return State.INACTIVE
    for finding in findings:
        if finding.severity is Severity.ERROR or (
            finding.severity is Severity.WARNING and finding.cause in STATE_OF and _told(finding)
        ):
            return _state_of(finding)
    if any(check.facts.get("last_sync_failed") for check in checks):
        return State.LAST_SYNC_FAILED
    unasked = any(check.outcome in UNASKED for check in checks)
    return State.UNKNOWN if unasked else State.HEALTHY


def _ruled_out(
    provider: Provider, findings: list[Finding], checks: list[Check]
) -> tuple[Cause, ...]:
    """The other meanings of the first finding that a probe's good answer disproves."""
    if not findings:
        return ()
    disproved = _disproved(provider, checks)
    return tuple(cause for cause in findings[0].also if cause in disproved)


def _disproved(provider: Provider, checks: list[Check]) -> set[str]:
    """The causes that the probes would have met, whose answers were good."""
    fine = {check.name for check in checks if check.outcome == "ok"}
    return {cause for probe in provider.probes if probe.name in fine for cause in probe.tells}
