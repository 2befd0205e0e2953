"""The doctor's round: many connections diagnosed at the same time, none waiting for another's."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import partial
from threading import Semaphore
from typing import Protocol

from httpx2 import BaseTransport

from syncdoctor.doctor import diagnose
from syncdoctor.engine.catalogue import Catalogue
from syncdoctor.errors import SyncdoctorError
from syncdoctor.model import Check, Connection, Diagnosis
from syncdoctor.session import Session
from syncdoctor.states import Case
from syncdoctor.wire.lanes import in_lanes
from syncdoctor.wire.line import Line
from syncdoctor.wire.proxies import certificates

# How many calls to one provider are under way at the same time. 16 keep two thirds of the calls
# that a provider takes from one app in a minute (Xero: 10,000) free even when it answers in 300 ms.
JOBS = 16
CALL_S, TOTAL_S = 10.0, 30.0

Result = Diagnosis | SyncdoctorError


class Opener(Protocol):
    """Opens a connection's session, over a line that is lent to it or over its own."""

    def __call__(self, connection: Connection, line: Line | None = None) -> Session:
        """The session, a context manager."""


def diagnose_all(
    cases: Iterable[Case],
    catalogue: Catalogue,
    open_session: Opener,
    *,
    jobs: int = JOBS,
    call_s: float = CALL_S,
    total_s: float = TOTAL_S,
    write: Callable[[Case], Check] | None = None,
) -> Generator[tuple[Case, Result], None, None]:
    """Each case with its diagnosis, as soon as it is known; close the iterator to ask no more.

    A failure is the result of its own alone, and a provider that hangs or drops calls holds up
    its own connections alone.

    Args:
        jobs: how many calls to each provider are under way at the same time. A few more of its
            connections are in work, so that the next call is ready when an answer has come.
        call_s: seconds for one step of a call: to connect, to read on.
        total_s: seconds for the probes of one connection; what is left then is ``timed-out``.
        write: the write test, where one was asked for.
    """
    cases = list(cases)
    turns = {lane: Semaphore(jobs) for lane in {_lane(case) for case in cases}}

    def one(case: Case, transport: BaseTransport) -> Result:
        line = Line(transport, call_s, total_s, turns[_lane(case)])
        try:
            return diagnose(case, catalogue, partial(open_session, line=line), write=write)
        except SyncdoctorError as error:
            return error.about(case.connection.target)

    return in_lanes(cases, _lane, one, at_once=jobs + jobs // 8, meanwhile=certificates)


def _lane(case: Case) -> str:
    """Whose servers are asked; those of feeds are anybody's."""
    return f"{case.provider.id} {case.connection.credential}"
