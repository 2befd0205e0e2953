"""The order of the steps: what is known, the token, the probes, the judgement, the state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from syncdoctor import local_checks
from syncdoctor.auth.errors import TokenDelayed, TokenRefused
from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.engine.judge import judge
from syncdoctor.engine.provider import Provider
from syncdoctor.errors import SyncdoctorError
from syncdoctor.model import (
    Cause,
    Check,
    Confidence,
    Connection,
    Diagnosis,
    Exchange,
    Finding,
    Severity,
    State,
)
from syncdoctor.session import Session
from syncdoctor.states import STATE_OF, Case
from syncdoctor.wire import status_page

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
) -> Diagnosis:
    """Check one connection and judge what was found.

    Raises:
        StoreError: when the token store cannot be read; nothing else can be checked then.
    """
    wanted = None if only is None else set(only)
    checks = [c for c in local_checks.run(case) if wanted is None or c.name in wanted]
    for check in checks:
        _tell(told, check)
    checks.extend(_asked(case, open_session, wanted, told))
    found = conclude(case, catalogue, checks)
    outage = wanted is None and any(f.cause is Cause.PROVIDER_OUTAGE for f in found.findings)
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


def diagnose_all(
    cases: list[Case], catalogue: Catalogue, open_session: Open, *, at_once: int
) -> Iterator[tuple[Case, Diagnosis | SyncdoctorError]]:
    """Diagnose many connections at the same time; a failure is the result of its own alone."""

    def one(case: Case) -> Diagnosis | SyncdoctorError:
        try:
            return diagnose(case, catalogue, open_session)
        except SyncdoctorError as error:
            return error

    with ThreadPoolExecutor(max_workers=at_once) as pool:
        yield from zip(cases, pool.map(one, cases), strict=True)


def _tell(told: Told | None, check: Check) -> None:
    if told is not None:
        told(check)


def _asked(
    case: Case, open_session: Open, wanted: set[str] | None, told: Told | None
) -> list[Check]:
    """The token's check and the provider's probes."""
    from syncdoctor.wire import probes

    names = {probe.name for probe in case.provider.probes}
    if wanted is not None and not wanted & {"token", *names}:
        return []
    with open_session(case.connection) as session:
        token = _token_check(session)
        _tell(told, token)
        if token.outcome != probes.OK:
            return [token]
        only = None if wanted is None else wanted & names
        return [token, *probes.run(session.client, case.connection, only=only, told=told)]


def _token_check(session: Session) -> Check:
    try:
        session.keeper.access_token()
    except (TokenRefused, TokenDelayed) as error:
        facts = {} if error.exchange else _token_facts(session, error)
        return Check("token", "problem", error.message, error.exchange, facts)
    return Check("token", "ok", "the token is valid, renewed where need be")


def _token_facts(session: Session, error: Exception) -> dict[str, bool]:
    absent = session.keeper.stored() is None
    return {"no_token": absent, "refresh_token_lapsed": isinstance(error, TokenRefused)}


def _findings(case: Case, catalogue: Catalogue, checks: list[Check]) -> Iterator[Finding]:
    for check in checks:
        if check.outcome in {"skipped", "to-ask"}:
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
            said = check.summary if check.facts else finding.said
            yield replace(finding, check=check.name, said=said)


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
    return State.UNKNOWN if any(check.outcome == "crashed" for check in checks) else State.HEALTHY


def _ruled_out(
    provider: Provider, findings: list[Finding], checks: list[Check]
) -> tuple[Cause, ...]:
    """The other meanings of the first finding that a probe's good answer disproves."""
    if not findings:
        return ()
    fine = {check.name for check in checks if check.outcome == "ok"}
    disproved = {cause for p in provider.probes if p.name in fine for cause in p.tells}
    return tuple(cause for cause in findings[0].also if cause in disproved)
